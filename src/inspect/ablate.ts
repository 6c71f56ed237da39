/** @file `ablate`: which trick helped, by how much, and is that more than the noise between seeds? */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Layer } from '../nn/layer.ts';
import type { Callback } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data, FitOptions } from '../train/options.ts';
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
  /** Rows to measure on; default: the validation rows, by the weights of the best epoch. */
  readonly held?: Data;
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
 * @param options of `fit`, with `tricks`: at least one; their names are those of the arms.
 * @returns a table: mean, standard error, the paired difference to the arm that is compared with, with an interval of two
 *   standard errors, and a sign only where the interval leaves out 0; else 'no effect seen'.
 * @throws SaddlepointError `option` for options out of range, no tricks, and nothing to measure on; what `fit` throws.
 * @example console.log(String(await ablate(model, data, { ...options, tricks: [mixup(0.2), sam(0.05)] }, { seeds: 5 })));
 */
export async function ablate(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
  settings: AblateOptions = {},
): Promise<Ablation> {
  checkKnownOptions('ablate', settings, ['seeds', 'mode', 'measure', 'held', 'shard', 'onRun']);
  const mode = checkName('ablate.mode', settings.mode ?? 'leave-one-out', MODES);
  const seeds = seedsOf(settings.seeds ?? 5);
  const { tricks = [] } = options;
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
  const { held } = settings;
  if (held === undefined && options.validation === undefined)
    throw new SaddlepointError('option', 'ablate: there are no rows to measure on', '{ validation: 0.2 }, or { held }');
  const measure = settings.measure ?? (options.metrics?.some(({ name }) => name === 'accuracy') ? 'accuracy' : 'loss');
  const [part, of] = shardOf(settings.shard ?? [0, 1]);
  const arms = armsOf(tricks, mode);
  const runs: ArmRun[] = [];
  let next = 0;
  // Seed by seed, so that an interrupted comparison is one of fewer seeds.
  for (const seed of seeds)
    for (const arm of arms) {
      if (next++ % of !== part) continue;
      const began = performance.now();
      const run = await fit(model, data, { ...options, tricks: arm.tricks, seed, progress: false });
      const seconds = (performance.now() - began) / 1000;
      const value = await measuredOf(run, measure, held);
      const done: ArmRun = { ...{ arm: arm.name, seed, value, seconds, bytes: run.bytes } };
      runs.push(done);
      settings.onRun?.(done);
    }
  return new Ablation({ mode, measure, arms: arms.map(({ name }) => name), seeds, runs });
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

async function measuredOf(run: Run, measure: string, held: Data | undefined): Promise<number> {
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
