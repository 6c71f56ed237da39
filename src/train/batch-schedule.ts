/** @file Batch sizes that change on the way: what `batchSize` of `fit` takes besides a number. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Schedule } from '../optim/schedules/schedule.ts';
import { noiseGrowth, normGrowth } from './batch-growth.ts';
import type { Callback } from './callback.ts';

/** A run has a plan for each size, all made before the first step: no more than so many. */
export const MOST_SIZES = 16;

/** The rows of a step as a function of step and epoch; or sizes among which a callback chooses. */
export interface BatchSchedule {
  readonly name: string;
  /** Plain JSON: what the constructor was called with, defaults in place. */
  readonly options: JsonObject;
  /** The first size. */
  readonly from: number;
  /** All sizes, ascending, at most 16; those above the number of rows are all rows. */
  readonly sizes: readonly number[];
  /** Rows of a step; both from 0. Pure. Left out: the first size, until `control.batchSize` is set. */
  readonly at?: ((step: number, epoch: number) => number) | undefined;
  /** What the learning rate is multiplied by, besides; default 1. Pure. */
  readonly rateAt?: ((step: number, epoch: number) => number) | undefined;
  /** What looks at the run and sets `control.batchSize`. */
  readonly watch?: (() => Callback) | undefined;
}

const SIZE = { min: 1, integer: true };
const FACTOR = { min: 1, openMin: true };

/** from, from · factor, … up to max, each a whole number. @throws SaddlepointError `option` for more than 16. */
function geometric(where: string, from: number, factor: number, max: number): number[] {
  const sizes: number[] = [];
  for (let size = from; size < max; size *= factor) {
    const whole = Math.round(size);
    if (whole !== sizes.at(-1)) sizes.push(whole);
    if (sizes.length >= MOST_SIZES)
      throw new SaddlepointError(
        'option',
        `${where}: from ${from} to ${max} by a factor of ${factor} there are more than ${MOST_SIZES} sizes, each a plan`,
        `a factor of ${Math.ceil((max / from) ** (1 / (MOST_SIZES - 2)) * 100) / 100} or more, or a smaller max`,
      );
  }
  return [...sizes, max];
}

/** The options that growing schedules share, checked. */
function growth(
  where: string,
  { from = 1, factor = 2, max }: { readonly from?: number; readonly factor?: number; readonly max: number },
) {
  checkNumber(`${where}.from`, from, SIZE);
  checkNumber(`${where}.max`, max, { ...SIZE, min: from });
  checkNumber(`${where}.factor`, factor, FACTOR);
  return { from, factor, max, sizes: geometric(where, from, factor, max) };
}

/** When a schedule grows: after each epoch, or after so many steps. */
export interface GrowOptions {
  /** The first size: a whole number ≥ 1, default 1. */
  readonly from?: number;
  /** > 1; default 2. */
  readonly factor?: number;
  /** 'epoch' (default), or a number of steps ≥ 1. */
  readonly every?: 'epoch' | number;
  /** The largest size, ≥ from; more than there are rows means all rows. */
  readonly max: number;
}

/**
 * Sizes that grow by equal factors: SGD at first, towards the full batch in the end.
 *
 * @throws SaddlepointError `option` for values out of range, or more than 16 sizes.
 * @see Byrd et al. 2012, "Sample size selection in optimization methods for machine learning", section 4; Friedlander & Schmidt
 *   2012 (a linear rate where the batch grows geometrically).
 * @example fit(model, data, { loss, batchSize: batchSchedule.grow({ from: 1, factor: 2, every: 'epoch', max: 8000 }) })
 */
function grow(options: GrowOptions): BatchSchedule {
  const where = 'batchSchedule.grow';
  checkKnownOptions(where, options, ['from', 'factor', 'every', 'max']);
  const { from, factor, max, sizes } = growth(where, options);
  const { every = 'epoch' } = options;
  if (every !== 'epoch') checkNumber(`${where}.every`, every, SIZE);
  return {
    ...{ name: 'grow', options: { from, factor, every, max }, from, sizes },
    at(step, epoch) {
      const turns = every === 'epoch' ? epoch : Math.floor(step / every);
      return sizes[Math.min(turns, sizes.length - 1)] as number;
    },
  };
}

/**
 * Sizes from given steps on.
 *
 * @param list pairs [step, size], steps ascending from 0; at most 16 different sizes.
 * @throws SaddlepointError `option` for another list.
 * @example batchSchedule.steps([[0, 32], [500, 128]])
 */
function steps(list: readonly (readonly [step: number, size: number])[]): BatchSchedule {
  const where = 'batchSchedule.steps';
  if (
    !Array.isArray(list) ||
    list.some((pair, i) => !(Number.isInteger(pair?.[0]) && (i === 0 ? pair[0] === 0 : pair[0] > list[i - 1][0]))) ||
    list.length === 0
  )
    throw new SaddlepointError(
      'option',
      `${where}: expected pairs with ascending steps, got ${show(list)}`,
      '[[0, 32]]',
    );
  for (const [, size] of list) checkNumber(where, size, SIZE);
  const sizes = [...new Set(list.map(([, size]) => size))].sort((a, b) => a - b);
  if (sizes.length > MOST_SIZES)
    throw new SaddlepointError('option', `${where}: ${sizes.length} sizes, ${MOST_SIZES} at most: each is a plan`);
  return {
    ...{
      name: 'steps',
      options: { list: list.map((pair) => [...pair]) },
      from: (list[0] as [number, number])[1],
      sizes,
    },
    at: (step) => (list.filter(([begins]) => begins <= step).at(-1) as [number, number])[1],
  };
}

/**
 * Grows the batch where a schedule would lower the learning rate: both divide the noise of the steps alike, and the larger
 * batch takes fewer steps. What is left of the fall beyond `max` lowers the rate.
 *
 * @param schedule of the learning rate by *epochs*, from 0; only its fall since epoch 0 counts. The optimizer keeps its own
 *   constant rate.
 * @param options from: the first size, ≥ 1; max: the largest; epochs: how many to look ahead for sizes, default 1000.
 * @throws SaddlepointError `option` for values out of range, a rate that is 0 at the start, or more than 16 sizes.
 * @see Smith, Kindermans, Ying & Le 2018, "Don't decay the learning rate, increase the batch size".
 * @example batchSchedule.instead(multiStepDecay({ learningRate: 0.05, milestones: [6, 11], factor: 0.2 }), { from: 32, max: 800 })
 */
function instead(
  schedule: Schedule,
  options: { readonly from: number; readonly max: number; readonly epochs?: number },
): BatchSchedule {
  const where = 'batchSchedule.instead';
  checkKnownOptions(where, options, ['from', 'max', 'epochs']);
  const from = checkNumber(`${where}.from`, options.from, SIZE);
  const max = checkNumber(`${where}.max`, options.max, { ...SIZE, min: from });
  const epochs = checkNumber(`${where}.epochs`, options.epochs ?? 1000, SIZE);
  if (typeof schedule !== 'function' || !(schedule(0) > 0))
    throw new SaddlepointError('option', `${where}: expected a schedule that begins above 0, got ${show(schedule)}`);
  const at = (epoch: number): number =>
    Math.max(from, Math.min(max, Math.round((from * schedule(0)) / schedule(epoch))));
  const sizes = [...new Set(Array.from({ length: epochs }, (_, epoch) => at(epoch)))].sort((a, b) => a - b);
  if (sizes.length > MOST_SIZES)
    throw new SaddlepointError(
      'option',
      `${where}: ${sizes.length} sizes in ${epochs} epochs, ${MOST_SIZES} at most: each is a plan`,
      'take a schedule that falls in steps, such as multiStepDecay',
    );
  return {
    ...{ name: 'instead', from, sizes },
    options: { schedule: { name: schedule.name, options: schedule.options }, from, max },
    at: (_, epoch) => at(epoch),
    rateAt: (_, epoch) => ((schedule(epoch) / schedule(0)) * at(epoch)) / from,
  };
}

/**
 * AdaBatch: the batch doubles after every so many epochs, and the learning rate falls a little, so that the noise of the steps
 * falls by both: with the defaults by 0.75 / 2 = 0.375.
 *
 * @param options from: the first size; every: epochs between two changes, ≥ 1, default 20; factor: of the size, default 2;
 *   rateFactor: of the learning rate, > 0, default 0.75; max: the largest size, beyond which the rate stays, too.
 * @throws SaddlepointError `option` for values out of range, or more than 16 sizes.
 * @see Devarakonda, Naumov & Garland 2017, "AdaBatch: adaptive batch sizes for training deep neural networks", section 4.
 * @example batchSchedule.adaBatch({ from: 128, every: 20, max: 2048 })
 */
function adaBatch(options: {
  readonly from: number;
  readonly max: number;
  readonly every?: number;
  readonly factor?: number;
  readonly rateFactor?: number;
}): BatchSchedule {
  const where = 'batchSchedule.adaBatch';
  checkKnownOptions(where, options, ['from', 'max', 'every', 'factor', 'rateFactor']);
  const { from, factor, max, sizes } = growth(where, options);
  const every = checkNumber(`${where}.every`, options.every ?? 20, SIZE);
  const rateFactor = checkNumber(`${where}.rateFactor`, options.rateFactor ?? 0.75, { min: 0, openMin: true });
  const turn = (epoch: number): number => Math.min(Math.floor(epoch / every), sizes.length - 1);
  return {
    ...{ name: 'adaBatch', options: { from, factor, max, every, rateFactor }, from, sizes },
    at: (_, epoch) => sizes[turn(epoch)] as number,
    rateAt: (_, epoch) => rateFactor ** turn(epoch),
  };
}

/** What adaptive schedules have in common. */
export interface AdaptiveOptions {
  /** The first size: a whole number ≥ 1, default 32. */
  readonly from?: number;
  /** The largest, ≥ from; default 16 times the first. */
  readonly max?: number;
  /** Of one size to the next: > 1, default 2. */
  readonly factor?: number;
  /** Steps between two looks: a whole number ≥ 1, default 50. */
  readonly every?: number;
  /** Rows that a look takes the gradients of: a multiple of 16, default 256. Each costs as much as a row of a step. */
  readonly sample?: number;
  /**
   * What the variance is seen in: the gradients of 16 'parts' of the sample (default), or of its 'rows' (`control.rowGradients`; for
   * models of dense layers, where it costs no more and shows more; others take a pass a row).
   */
  readonly by?: 'parts' | 'rows';
}

function adaptive(
  where: string,
  { from = 32, max = 16 * from, factor = 2, every = 50, sample = 256, by = 'parts' }: AdaptiveOptions,
) {
  const sizes = growth(where, { from, factor, max }).sizes;
  checkNumber(`${where}.every`, every, SIZE);
  if (checkNumber(`${where}.sample`, sample, { min: 32, integer: true }) % 16 !== 0)
    throw new SaddlepointError('option', `${where}.sample: expected a multiple of 16, got ${sample}`);
  checkName(`${where}.by`, by, ['parts', 'rows']);
  return { from, sizes, json: { from, max, factor, every, sample, by } };
}

/**
 * Grows the batch when the sampling error of its gradient is larger than θ times the gradient: ‖Var‖₁ / B > θ² ‖g‖², both
 * estimated from the gradients of 16 parts of a sample, or of its rows; the new size is the smallest that would pass. It never
 * shrinks.
 *
 * @param options theta: in (0, 1), default 0.5; see `AdaptiveOptions`.
 * @throws SaddlepointError `option` for values out of range.
 * @see Byrd, Chin, Nocedal & Wu 2012, "Sample size selection in optimization methods for machine learning", eq. 3.4 and 3.8. They
 *   take the variance over the rows of the step's batch; here it is over a sample of its own.
 * @example batchSchedule.normTest({ theta: 0.5, from: 32 })
 */
function normTest(options: AdaptiveOptions & { readonly theta?: number } = {}): BatchSchedule {
  const where = 'batchSchedule.normTest';
  checkKnownOptions(where, options, ['theta', 'from', 'max', 'factor', 'every', 'sample', 'by']);
  const theta = checkNumber(`${where}.theta`, options.theta ?? 0.5, { min: 0, max: 1, openMin: true, openMax: true });
  const { from, sizes, json } = adaptive(where, options);
  return {
    ...{ name: 'normTest', options: { theta, ...json }, from, sizes },
    watch: () => normGrowth({ theta, sizes, ...json }),
  };
}

/**
 * Grows the batch with the noise scale of the gradient, which grows while a run learns: to the first size that is at least
 * `share` of it. It never shrinks.
 *
 * @param options share: > 0, default 1; see `AdaptiveOptions`.
 * @throws SaddlepointError `option` for values out of range.
 * @see McCandlish et al. 2018, "An empirical model of large-batch training", eq. 2.9 and section 2.2 (a batch of about the noise
 *   scale costs twice the rows and twice the steps of the least of both).
 * @example batchSchedule.byNoise({ from: 32, max: 1024 })
 */
function byNoise(options: AdaptiveOptions & { readonly share?: number } = {}): BatchSchedule {
  const where = 'batchSchedule.byNoise';
  checkKnownOptions(where, options, ['share', 'from', 'max', 'factor', 'every', 'sample', 'by']);
  const share = checkNumber(`${where}.share`, options.share ?? 1, { min: 0, openMin: true });
  const { from, sizes, json } = adaptive(where, options);
  return {
    ...{ name: 'byNoise', options: { share, ...json }, from, sizes },
    watch: () => noiseGrowth({ share, sizes, ...json }),
  };
}

/**
 * Sizes among which callbacks choose, by setting `control.batchSize`; the first of the list to begin with.
 *
 * @throws SaddlepointError `option` for what is no list of 1 … 16 whole numbers ≥ 1.
 * @example batchSchedule.manual([32, 64, 128])
 */
function manual(list: readonly number[]): BatchSchedule {
  const where = 'batchSchedule.manual';
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_SIZES)
    throw new SaddlepointError('option', `${where}: expected 1 to ${MOST_SIZES} sizes, got ${show(list)}`, '[32, 64]');
  for (const size of list) checkNumber(where, size, SIZE);
  const sizes = [...new Set(list)].sort((a, b) => a - b);
  return { name: 'manual', options: { list: [...list] }, from: list[0] as number, sizes };
}

/** Batch sizes that change on the way: for `batchSize` of `fit`. All plans are made before the first step. */
export const batchSchedule = { grow, steps, instead, adaBatch, normTest, byNoise, manual } as const;
