/**
 * @file The list behind `--tricks`, as it would stand in code: `mixup(0.2), sam`. It is read, never evaluated: names come from
 * the table, values are literals.
 *
 *   list   = call { ',' call }
 *   call   = name [ '(' [ value { ',' value } ] ')' ]
 *   value  = number | text | true | false | list of values | object of values | call of the table of values
 */
import { nearest } from '../core/errors.ts';
import { SaddlepointError, type Trick } from '../index.ts';
import { ELSEWHERE, type Maker, TRICKS, VALUES } from './trick-names.ts';

const TOKEN =
  /\s*(?:([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|('[^']*'|"[^"]*")|([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)|([(){}[\],:]))/y;

interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'mark' | 'end';
  readonly text: string;
  /** From 1. */
  readonly at: number;
}

/** How deep values may lie in one another. */
const DEPTH = 20;

/**
 * @returns the tricks in order.
 * @throws SaddlepointError `option` with the place in the text and what was expected there; a near name for one that is not
 *   known; what a trick says of its values.
 */
export function readTricksList(text: string): Trick[] {
  const tokens = tokensOf(text);
  let next = 0;
  const peek = (): Token => tokens[next] as Token;
  const isMark = (mark: string): boolean => peek().kind === 'mark' && peek().text === mark;
  const skip = (mark: string): boolean => {
    if (!isMark(mark)) return false;
    next++;
    return true;
  };
  const expect = (mark: string): void => {
    if (!skip(mark)) wrong(text, peek(), `'${mark}'`);
  };
  const until = <T>(mark: string, one: () => T): T[] => {
    const found: T[] = [];
    while (!skip(mark)) {
      if (found.length > 0) expect(',');
      found.push(one());
    }
    return found;
  };
  const call = <T>(makers: ReadonlyMap<string, Maker<T>>, depth: number): T => {
    const token = peek();
    if (token.kind !== 'name') wrong(text, token, 'a name');
    next++;
    const maker = makers.get(token.text) ?? unknown(token.text, [...makers.keys()]);
    const values = skip('(') ? until(')', () => value(depth + 1)) : [];
    if (values.length > maker.most)
      throw new SaddlepointError(
        'option',
        `--tricks: ${token.text} takes ${maker.most === 0 ? 'no value' : `at most ${maker.most}`}, got ${values.length}`,
        'options of a trick are one object, last: mixup(0.2, { perRow: true })',
      );
    return maker.make(...(values as never[]));
  };
  const value = (depth: number): unknown => {
    const token = peek();
    if (depth > DEPTH) wrong(text, token, `values at most ${DEPTH} deep`);
    if (token.kind === 'name' && !['true', 'false'].includes(token.text)) return call(VALUES, depth);
    next++;
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'text') return token.text.slice(1, -1);
    if (token.kind === 'name') return token.text === 'true';
    if (token.text === '[') return until(']', () => value(depth + 1));
    if (token.text === '{') return Object.fromEntries(until('}', () => entry(depth + 1)));
    return wrong(text, token, 'a value');
  };
  const entry = (depth: number): [string, unknown] => {
    const key = peek();
    if (key.kind !== 'name' && key.kind !== 'text') wrong(text, key, 'the name of an option');
    next++;
    expect(':');
    return [key.kind === 'text' ? key.text.slice(1, -1) : key.text, value(depth)];
  };
  const tricks: Trick[] = [];
  do tricks.push(call(TRICKS, 0));
  while (skip(','));
  if (peek().kind !== 'end') wrong(text, peek(), "',' or the end");
  return tricks;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      const rest = text.slice(start);
      const at = start + rest.length - rest.trimStart().length + 1;
      if (rest.trim() === '') return [...tokens, { kind: 'end', text: '', at }];
      wrong(
        text,
        { kind: 'mark', text: rest.trim()[0] as string, at },
        'names, numbers, texts in quotes, ( ) [ ] { } , :',
      );
    }
    const [, number, quoted, name, mark] = found;
    const own = number ?? quoted ?? name ?? mark ?? '';
    const kind = number !== undefined ? 'number' : quoted !== undefined ? 'text' : name !== undefined ? 'name' : 'mark';
    tokens.push({ kind, text: own, at: TOKEN.lastIndex - own.length + 1 });
  }
}

function wrong(text: string, { kind, text: own, at }: Token, expected: string): never {
  throw new SaddlepointError(
    'option',
    `--tricks: expected ${expected} at character ${at} of '${text}', got ${kind === 'end' ? 'the end' : `'${own}'`}`,
    "such as --tricks 'mixup(0.2), labelSmoothing(0.1), sam'",
  );
}

function unknown(name: string, known: readonly string[]): never {
  const elsewhere = ELSEWHERE.get(name);
  if (elsewhere !== undefined)
    throw new SaddlepointError(
      'option',
      `--tricks: '${name}' cannot be given here: ${elsewhere}`,
      'use ablate() of the library',
    );
  const near = nearest(name, known);
  throw new SaddlepointError(
    'option',
    `--tricks: there is no '${name}'`,
    `${near === undefined ? '' : `did you mean '${near}'? `}there are ${known.join(', ')}`,
  );
}
