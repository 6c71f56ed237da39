/**
 * @file The one error class of the library and its helpers. Every error says what was given, what was expected, where, and
 * what to do; `code` is stable and meant for programs, the message for people.
 */

/** What kind of mistake it was; stable names to branch on. */
export type ErrorCode =
  | 'shape' // shapes that do not fit an op or a layer
  | 'dtype' // a type of element that an op cannot take
  | 'option' // an option outside its legal values
  | 'data' // training or prediction data that cannot be used
  | 'trace' // a traced tensor used outside its trace, or as a number
  | 'divergence' // loss or gradient became NaN or infinite
  | 'memory' // more memory needed than allowed
  | 'file' // a damaged, truncated or foreign file
  | 'busy' // a second call while the first still runs
  | 'disposed' // use after dispose
  | 'deviceLost' // the GPU took back its context, and what lay in it
  | 'aborted' // stopped by an AbortSignal before anything was done
  | 'internal'; // a fault of this library

/**
 * Any error that this library throws on purpose.
 *
 * @example
 * try { matmul(a, b); } catch (error) { if (error.code === 'shape') … }
 */
export class SaddlepointError extends Error {
  readonly code: ErrorCode;
  /** What to do about it: the last line of the message. */
  readonly help: string | undefined;

  constructor(code: ErrorCode, message: string, help?: string, options?: ErrorOptions) {
    super(help === undefined ? message : `${message}\n  help: ${help}`, options);
    this.name = 'SaddlepointError';
    this.code = code;
    this.help = help;
  }
}

/** Fails with code `internal`: a state that only a fault in this library can reach. */
export function unreachable(what: string): never {
  throw new SaddlepointError('internal', `internal error: ${what}`, 'this is a fault in saddlepoint; please report it');
}

/** The value, or an internal error that names `what` is missing. */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) unreachable(`${what} is missing`);
  return value;
}

/** Optimal string alignment distance (insertions, deletions, substitutions, swaps of neighbors), for suggesting near names. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => (rows[i] as number[])[j] as number;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : substituted;
      row.push(Math.min(substituted, swapped, at(i - 1, j) + 1, (row[j - 1] as number) + 1));
    }
  }
  return at(a.length, b.length);
}

/** A line such as `did you mean 'relu'? Legal: …` for a name that is none of the legal ones. */
export function suggest(given: string, legal: readonly string[]): string {
  const near = nearest(given, legal);
  const list = `legal: ${legal.join(', ')}`;
  return near === undefined ? list : `did you mean '${near}'? ${list}`;
}

/** The name nearest to one that is not there, unless none is near. */
export const nearest = (given: string, legal: readonly string[]): string | undefined =>
  legal
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0]?.name;

/** Checks that an option is one of the legal names. */
export function checkName<T extends string>(option: string, given: unknown, legal: readonly T[]): T {
  if (typeof given === 'string' && (legal as readonly string[]).includes(given)) return given as T;
  throw new SaddlepointError('option', `${option}: unknown value ${show(given)}`, suggest(String(given), legal));
}

/** Refuses options that nothing reads, since a misspelt option would otherwise be ignored without a word. */
export function checkKnownOptions(where: string, options: object, legal: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!legal.includes(key))
      throw new SaddlepointError('option', `${where}: unknown option '${key}'`, suggest(key, legal));
  }
}

/** Checks a numeric option against a range; both ends are included unless `open` is given. */
export function checkNumber(
  option: string,
  given: unknown,
  range: { min?: number; max?: number; integer?: boolean; openMin?: boolean; openMax?: boolean },
): number {
  const {
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    integer = false,
    openMin = false,
    openMax = false,
  } = range;
  const legal =
    typeof given === 'number' &&
    Number.isFinite(given) &&
    (openMin ? given > min : given >= min) &&
    (openMax ? given < max : given <= max) &&
    (!integer || Number.isInteger(given));
  if (legal) return given;
  const bounds = [
    min > Number.NEGATIVE_INFINITY ? `${openMin ? '>' : '≥'} ${min}` : '',
    max < Number.POSITIVE_INFINITY ? `${openMax ? '<' : '≤'} ${max}` : '',
  ].filter((bound) => bound !== '');
  const expected = `${integer ? 'an integer' : 'a finite number'}${bounds.length > 0 ? ` ${bounds.join(' and ')}` : ''}`;
  throw new SaddlepointError('option', `${option}: expected ${expected}, got ${show(given)}`);
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (value === null || typeof value !== 'object') return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as unknown as { length: number }).length})`;
  if (Array.isArray(value)) return value.length > 8 ? `array of ${value.length}` : `[${value.map(show).join(', ')}]`;
  return `{ ${Object.keys(value).slice(0, 6).join(', ')} }`;
}

/** The value, if it is true or false. `more` names what else the option takes. */
export function checkSwitch(option: string, given: unknown, more = ''): boolean {
  if (typeof given === 'boolean') return given;
  throw new SaddlepointError('option', `${option}: expected true or false${more}, got ${show(given)}`);
}
