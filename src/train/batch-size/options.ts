/** @file What `findBatchSize` is asked: its options with defaults in place, the sizes to try, memory as people write it. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show, suggest } from '../../core/errors.ts';
import type { Transform } from '../../optim/transform.ts';
import { MOST_SIZES } from '../batch-schedule.ts';
import type { FitOptions } from '../options.ts';

/** What shall be reached, and how soon a batch size does it is measured. */
export interface BatchSizeTarget {
  /** 'loss': of the training rows, a mean over the steps between two looks. 'validation.loss' or 'validation.' and a metric. */
  readonly metric: string;
  readonly value: number;
  /** Whether less is better. Default: 'min' for losses and errors by their name (…loss, …Error, …), 'max' for all else. */
  readonly mode?: 'min' | 'max';
}

/**
 * Options of the search and of `fit`; of the latter `epochs`, `callbacks`, `maxSeconds` and the bar play no part in it.
 * `batchSize` (a number, default 32) is what the optimizer's learning rate is meant for.
 */
export interface FindBatchSizeOptions extends FitOptions {
  /** Default: none, and speed and memory alone are measured. */
  readonly target?: BatchSizeTarget;
  /** What the largest batch may take: bytes, or '256MB', '1.5GiB' (MB = 10⁶ bytes, MiB = 2²⁰). Default: `memoryLimit`, or 2 GiB. */
  readonly memory?: number | string;
  /** About how long the search may take, > 0; default 60. A quarter goes to speed, an eighth to noise, the rest to the target. */
  readonly seconds?: number;
  /** The smallest size: a power of two, default 1. */
  readonly from?: number;
  /** The largest: a power of two, ≥ from; default: as many as are trained on. At most 16 sizes. */
  readonly to?: number;
  /** Examples between two looks at the target: a whole number ≥ 1; default: an eighth of the training rows. */
  readonly every?: number;
  /**
   * How the learning rate follows the batch: 'linear', 'squareRoot' or 'none'. Default 'auto': linear where the optimizer is
   * `sgd` or contains it, square root for Adam and all others.
   */
  readonly rule?: 'auto' | 'linear' | 'squareRoot' | 'none';
}

/** With defaults in place. */
export interface SearchOptions {
  readonly target: Required<BatchSizeTarget> | undefined;
  /** Bytes. */
  readonly memory: number;
  readonly seconds: number;
  readonly from: number;
  readonly to: number | undefined;
  readonly every: number | undefined;
  readonly rule: 'auto' | 'linear' | 'squareRoot' | 'none';
  /** The size that the learning rate is meant for. */
  readonly base: number;
  /** What is left for `fit`. */
  readonly fit: FitOptions;
}

const WHERE = 'findBatchSize';
const UNITS: Readonly<Record<string, number>> = {
  ...{ B: 1, KB: 1e3, MB: 1e6, GB: 1e9 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
};

/** @throws SaddlepointError `option` with the option's name, the value given and the legal values. */
export function readOptions(options: FindBatchSizeOptions): SearchOptions {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError(
      'option',
      `${WHERE}: expected options, got ${show(options)}`,
      'at least { loss } is needed',
    );
  const { target, memory, seconds = 60, from = 1, to, every, rule = 'auto', ...rest } = options;
  if (rest.resume !== undefined)
    throw new SaddlepointError('option', `${WHERE}: 'resume' is for one run of fit`, 'leave it out');
  const { callbacks, maxSeconds, resumable, epochs, batchSize = 32, ...fit } = rest;
  return {
    target: target && readTarget(target, options),
    memory: readMemory(memory ?? options.memoryLimit ?? 2 ** 31),
    seconds: checkNumber(`${WHERE}.seconds`, seconds, { min: 0, openMin: true }),
    from: checkPower('from', from, 1),
    to: to === undefined ? undefined : checkPower('to', to, from),
    every: every === undefined ? undefined : checkNumber(`${WHERE}.every`, every, { min: 1, integer: true }),
    rule: checkName(`${WHERE}.rule`, rule, ['auto', 'linear', 'squareRoot', 'none']),
    base: checkNumber(`${WHERE}.batchSize`, batchSize, { min: 1, integer: true }),
    fit,
  };
}

function checkPower(name: string, given: number, min: number): number {
  const size = checkNumber(`${WHERE}.${name}`, given, { min, integer: true });
  if (Number.isInteger(Math.log2(size))) return size;
  const near = 2 ** Math.round(Math.log2(size));
  throw new SaddlepointError('option', `${WHERE}.${name}: expected a power of two, got ${size}`, `such as ${near}`);
}

function readTarget(target: BatchSizeTarget, { metrics = [], validation }: FitOptions): Required<BatchSizeTarget> {
  const where = `${WHERE}.target`;
  if (typeof target !== 'object')
    throw new SaddlepointError(
      'option',
      `${where}: expected { metric, value }, got ${show(target)}`,
      "target: { metric: 'validation.accuracy', value: 0.94 }",
    );
  checkKnownOptions(where, target, ['metric', 'value', 'mode']);
  const { metric, mode = /(loss|error|likelihood|score)$/i.test(metric) ? 'min' : 'max' } = target;
  const legal = ['loss', ...['loss', ...metrics.map(({ name }) => name)].map((name) => `validation.${name}`)];
  if (!legal.includes(metric))
    throw new SaddlepointError(
      'option',
      `${where}.metric: unknown value ${show(metric)}`,
      suggest(String(metric), legal),
    );
  if (metric !== 'loss' && validation === undefined)
    throw new SaddlepointError(
      'option',
      `${where}.metric: '${metric}' needs rows held out`,
      `${WHERE}(model, data, { validation: 0.1, … })`,
    );
  return {
    metric,
    value: checkNumber(`${where}.value`, target.value, {}),
    mode: checkName(`${where}.mode`, mode, ['min', 'max']),
  };
}

/** Bytes. */
function readMemory(given: number | string): number {
  if (typeof given === 'number') return checkNumber(`${WHERE}.memory`, given, { min: 1 });
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([KMG]?i?B)\s*$/.exec(String(given)) ?? [];
  const factor = UNITS[unit ?? ''];
  if (factor !== undefined && Number(amount) > 0) return Number(amount) * factor;
  throw new SaddlepointError(
    'option',
    `${WHERE}.memory: expected bytes, or a number with a unit, got ${show(given)}`,
    `such as '256MB'; units: ${Object.keys(UNITS).join(', ')}`,
  );
}

/** Powers of two from `from` to `to`, none above the number of rows. @throws SaddlepointError `option` for none, or too many. */
export function sizesTo(rows: number, { from, to = 2 ** 52 }: Pick<SearchOptions, 'from' | 'to'>): number[] {
  if (from > rows)
    throw new SaddlepointError('option', `${WHERE}.from: ${from} rows a step of ${rows} rows to train on`, 'lower it');
  const sizes: number[] = [];
  for (let size = from; size <= Math.min(rows, to); size *= 2) sizes.push(size);
  if (sizes.length <= MOST_SIZES) return sizes;
  throw new SaddlepointError(
    'option',
    `${WHERE}: from ${from} to ${sizes.at(-1)} there are ${sizes.length} sizes, ${MOST_SIZES} at most: each is a plan`,
    `for example { from: ${sizes[sizes.length - MOST_SIZES]} }`,
  );
}

/** The rule of an optimizer, which may stand inside others. */
export function ruleOf({ name, options }: Transform): 'linear' | 'squareRoot' {
  const isSgd = /"name":"(sgd|asgd|scheduleFreeSgd)"/.test(JSON.stringify({ name, options }));
  return isSgd ? 'linear' : 'squareRoot';
}
