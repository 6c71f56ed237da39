/** @file `ablate`: which trick helped, by how much, and is that more than the noise between seeds? */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Layer } from '../nn/layer.ts';
import { readTricks } from '../train/apply-tricks.ts';
import type { Callback } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data, FitOptions } from '../train/options.ts';
import { type RecordOptions, type Records, readRecords } from '../train/records.ts';
import type { Run } from '../train/run.ts';
import type { Trick } from '../train/trick.ts';
import { Ablation, type ArmRun } from './ablation.ts';

/** Which arms are compared: see `AblateOptions.mode`. */
export type AblationMode = 'leave-one-out' | 'add-one-in' | 'factorial';
const MODES = ['leave-one-out', 'add-one-in', 'factorial'] as const;

export interface AblateOptions {
  /** How many seeds, from 0, or which ones; at least 2, default 5. All arms have the same, so that differences are paired. */
  readonly seeds?: number | readonly number[];
  /**
   * 'leave-one-out' (default): all tricks, and all but each; 'add-one-in': none, and each alone; 'factorial': every subset of at
   * most 6.
   */
  readonly mode?: AblationMode;
  /** What is compared: 'accuracy' (default where the run measures it) or 'loss', or another metric of the run. */
  readonly measure?: string;
  /** Rows to measure on, records where it trains on records; default: the validation rows, by the weights of the best epoch. */
  readonly held?: Data | Records;
  /** A part of the runs, of so many, for other processes or machines: [0, 4] … [3, 4]; see `Ablation.merge`. Default: all. */
  readonly shard?: readonly [part: number, of: number];
  /** Called after each run. */
  readonly onRun?: (run: ArmRun) => void;
}

/** Tricks that a factorial may have: 2^6 arms. */
const MOST = 6;

interface Arm {
  readonly name: string;
  readonly tricks: readonly (Trick | Callback)[];
}

/**
 * Trains a model with and without each of its tricks, from the same seeds, and compares.
 *
 * @param options of `fit`, with `tricks`: at least one; their names are those of the arms. Where its `signal` ends it, what was
 *   measured stays: a comparison of the seeds that are complete, two at least; of a shard the runs that were made.
 * @returns a table: mean, standard error, the paired difference to the arm that is compared with, with an interval of two
 *   standard errors, and a sign only where the interval leaves out 0; else 'no effect seen'.
 * @throws SaddlepointError `option` for options out of range, no tricks, tricks that clash, and nothing to measure on;
 *   `aborted` where fewer than two seeds were complete; what `fit` throws.
 * @example console.log(String(await ablate(model, data, { ...options, tricks: [mixup(0.2), sam(0.05)] }, { seeds: 5 })));
 */
export async function ablate(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
  settings?: AblateOptions,
): Promise<Ablation>;
/** As `ablate`, of the model and the options that `fit` makes of records. */
export async function ablate(records: Records, options: RecordOptions, settings?: AblateOptions): Promise<Ablation>;
export async function ablate(
  model: Layer | TrainedModel | Records,
  data: Data | RecordOptions,
  third: FitOptions | AblateOptions = {},
  fourth: AblateOptions = {},
): Promise<Ablation> {
  const ofRecords = 'target' in Object(data);
  const options = (ofRecords ? data : third) as FitOptions | RecordOptions;
  const settings = (ofRecords ? third : fourth) as AblateOptions;
  checkKnownOptions('ablate', settings, ['seeds', 'mode', 'measure', 'held', 'shard', 'onRun']);
  const mode = checkName('ablate.mode', settings.mode ?? 'leave-one-out', MODES);
  const seeds = seedsOf(settings.seeds ?? 5);
  const { tricks = [], signal } = options;
  checkTricks(tricks, mode);
  const { held } = settings;
  const { metrics, validation } = ofRecords
    ? readRecords(model as Records, data as RecordOptions).options
    : (options as FitOptions);
  if (held === undefined && validation === undefined)
    throw new SaddlepointError('option', 'ablate: there are no rows to measure on', '{ validation: 0.2 }, or { held }');
  const measure = settings.measure ?? (metrics?.some(({ name }) => name === 'accuracy') ? 'accuracy' : 'loss');
  const [part, of] = shardOf(settings.shard ?? [0, 1]);
  const arms = armsOf(tricks, mode);
  const train = (own: Pick<FitOptions, 'tricks' | 'seed' | 'progress'>): Promise<Run> =>
    ofRecords
      ? (fit(model as Records, { ...(data as RecordOptions), ...own }) as unknown as Promise<Run>)
      : fit(model as Layer, data as Data, { ...(options as FitOptions), ...own });
  const runs: ArmRun[] = [];
  // Seed by seed, so that an interrupted comparison is one of fewer seeds.
  const plan = seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed }))).filter((_, i) => i % of === part);
  for (const { arm, seed } of plan) {
    if (signal?.aborted) break;
    const began = performance.now();
    const run = await train({ tricks: arm.tricks, seed, progress: false });
    // Half of a training is none.
    if (run.ending === 'aborted') break;
    const seconds = (performance.now() - began) / 1000;
    const value = await measuredOf(run, measure, held);
    const done: ArmRun = { ...{ arm: arm.name, seed, value, seconds, bytes: run.bytes } };
    runs.push(done);
    settings.onRun?.(done);
  }
  const whole = new Ablation({ mode, measure, arms: arms.map(({ name }) => name), seeds, runs });
  return of > 1 || runs.length === plan.length ? whole : whole.ofCompleteSeeds();
}

/** Refused at once, and not by the first arm that has them. */
function checkTricks(tricks: readonly (Trick | Callback)[], mode: AblationMode): void {
  if (tricks.length === 0)
    throw new SaddlepointError(
      'option',
      'ablate: there are no tricks to leave out',
      'options: { …, tricks: [mixup(0.2)] }',
    );
  if (mode === 'factorial' && tricks.length > MOST)
    throw new SaddlepointError(
      'option',
      `ablate.mode: factorial of ${tricks.length} tricks has ${2 ** tricks.length} arms; at most ${MOST} tricks are tried so`,
      "mode: 'leave-one-out'",
    );
  // Added one by one they never meet.
  readTricks(mode === 'add-one-in' ? [] : tricks);
}

function seedsOf(given: number | readonly number[]): readonly number[] {
  const seeds =
    typeof given === 'number'
      ? Array.from({ length: checkNumber('ablate.seeds', given, { min: 2, integer: true }) }, (_, i) => i)
      : given;
  if (!Array.isArray(seeds) || seeds.length < 2 || new Set(seeds).size < seeds.length)
    throw new SaddlepointError(
      'option',
      `ablate.seeds: expected two seeds or more, all different, got ${show(given)}`,
      'seeds: 5',
    );
  for (const seed of seeds) checkNumber('ablate.seeds', seed, { min: 0, max: 2 ** 32 - 1, integer: true });
  return seeds;
}

function shardOf(given: readonly [number, number]): readonly [number, number] {
  const [part, of] = given;
  checkNumber('ablate.shard', of, { min: 1, integer: true });
  checkNumber('ablate.shard', part, { min: 0, max: of - 1, integer: true });
  return [part, of];
}

/** The first is what others are compared with. */
function armsOf(tricks: readonly (Trick | Callback)[], mode: AblationMode): Arm[] {
  const counts = new Map<string, number>();
  const names = tricks.map(({ name = 'callback' }) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts.get(name) === 1 ? name : `${name} ${counts.get(name)}`;
  });
  const but = (i: number) => tricks.filter((_, j) => j !== i);
  if (mode === 'leave-one-out')
    return [{ name: 'all', tricks }, ...names.map((name, i) => ({ name: `without ${name}`, tricks: but(i) }))];
  const none = { name: 'none', tricks: [] };
  if (mode === 'add-one-in') return [none, ...names.map((name, i) => ({ name, tricks: [tricks[i] as Trick] }))];
  return Array.from({ length: 2 ** tricks.length }, (_, set) => {
    const chosen = names.flatMap((name, i) => ((set >> i) & 1 ? [{ name, trick: tricks[i] as Trick }] : []));
    return set === 0
      ? none
      : { name: chosen.map(({ name }) => name).join(' + '), tricks: chosen.map(({ trick }) => trick) };
  });
}

async function measuredOf(run: Run, measure: string, held: Data | Records | undefined): Promise<number> {
  const measured: object | undefined =
    held === undefined ? run.history[run.bestEpoch - 1]?.validation : await run.evaluate(held);
  const value = (measured as Readonly<Record<string, number>> | undefined)?.[measure];
  if (value !== undefined) return value;
  throw new SaddlepointError(
    'option',
    `ablate.measure: the run measures no '${measure}'`,
    `it has ${Object.keys(measured ?? {}).join(', ') || 'nothing'}; metrics: [accuracy()] adds one`,
  );
}
