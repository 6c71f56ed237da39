/** @file How good probabilities are: their size, not only which is the largest. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { concat } from '../../ops/concat.ts';
import { equal, greaterEqual, less, log, maximum, mul, neg, square, sub } from '../../ops/elementwise.ts';
import { oneHot } from '../../ops/indexing.ts';
import { matmul } from '../../ops/matmul.ts';
import { broadcastTo, reshape, transpose } from '../../ops/movement.ts';
import { argmax, max, sum } from '../../ops/reduce.ts';
import { ceil } from '../../ops/rounding.ts';
import { softmax } from '../../ops/softmax.ts';
import type { Metric } from '../metrics.ts';
import { actualClasses } from './predicted-classes.ts';
import type { StreamingMetric } from './streaming.ts';

export interface ProbabilityOptions {
  /** Predictions are probabilities already; default false: logits, of which softmax is taken. */
  readonly fromProbabilities?: boolean;
}

/** Probabilities f32 [n, classes], and true classes as one-hot rows. */
function probabilities(name: string, prediction: Tensor, target: Tensor, { fromProbabilities }: ProbabilityOptions) {
  const actual = prediction.shape.length === 2 ? actualClasses(prediction, target) : undefined;
  if (actual === undefined || (prediction.shape[1] as number) < 2) {
    throw new SaddlepointError(
      'shape',
      `${name}: expected predictions [n, classes] and class numbers [n], got ${showShape(prediction.shape)} and ${printSpec(target)}`,
    );
  }
  const classes = prediction.shape[1] as number;
  return { p: fromProbabilities ? prediction : softmax(prediction), actual: oneHot(actual, classes), classes };
}

/** Σ (p − one-hot)² over the classes of each row: in [0, 2], 0 is perfect. @see Brier 1950. */
export function brierScore(options: ProbabilityOptions = {}): Metric<'brierScore'> {
  checkKnownOptions('brierScore', options, ['fromProbabilities']);
  return {
    name: 'brierScore',
    targets: ['class'],
    call(prediction, target) {
      const { p, actual } = probabilities('brierScore', prediction, target, options);
      return sum(square(sub(p, actual)), 1);
    },
  };
}

/**
 * −log of the probability of the true class. Of logits, `crossEntropy()` is the same and more exact; this is for predictions
 * that are probabilities, which are taken as they are, whatever they add up to.
 */
export function negativeLogLikelihood(options: ProbabilityOptions = {}): Metric<'negativeLogLikelihood'> {
  checkKnownOptions('negativeLogLikelihood', options, ['fromProbabilities']);
  return {
    name: 'negativeLogLikelihood',
    targets: ['class'],
    call(prediction, target) {
      const { p, actual } = probabilities('negativeLogLikelihood', prediction, target, options);
      return neg(log(sum(mul(p, actual), 1)));
    },
  };
}

/** The share of rows whose class is among the k largest scores; of equal scores, those of lower classes come first. */
export function topKAccuracy(k: number): Metric {
  checkNumber('topKAccuracy', k, { min: 1, integer: true });
  return {
    name: `top${k}Accuracy`,
    targets: ['class'],
    call(prediction, target) {
      const name = `topKAccuracy(${k})`;
      const { actual, classes } = probabilities(name, prediction, target, { fromProbabilities: true });
      const [n] = prediction.shape as [number];
      const own = reshape(sum(mul(prediction, actual), 1), [n, 1]);
      // Before it: larger scores, and equal ones of lower classes.
      const lower = tensor(
        Float32Array.from({ length: classes * classes }, (_, at) => Number(at % classes < Math.floor(at / classes))),
        [classes, classes],
      );
      const ahead = mul(
        greaterEqual(prediction, own),
        sub(1, mul(equal(prediction, own), sub(1, matmul(actual, lower)))),
      );
      return less(sum(ahead, 1), k);
    },
  };
}

export interface CalibrationOptions extends ProbabilityOptions {
  /** Bins of equal width, (0, 1/bins], … : a whole number ≥ 1, default 10. */
  readonly bins?: number;
}

/** For each bin of the largest probability: rows, right ones, and the sum of probabilities. */
function binned<Name extends string>(
  name: Name,
  options: CalibrationOptions,
  finish: (gaps: readonly { readonly rows: number; readonly gap: number }[]) => number,
): StreamingMetric<Name> {
  checkKnownOptions(name, options, ['bins', 'fromProbabilities']);
  const bins = checkNumber(`${name}.bins`, options.bins ?? 10, { min: 1, integer: true });
  return {
    name,
    targets: ['class'],
    sums(prediction, target) {
      const { p, actual } = probabilities(name, prediction, target, options);
      const [n] = p.shape as [number];
      const confidence = max(p, 1, { keepDims: true });
      const right = reshape(equal(argmax(p), argmax(actual)), [n, 1]);
      const numbers = tensor(Float32Array.from({ length: bins }, (_, i) => i + 1));
      const member = equal(maximum(ceil(mul(confidence, bins)), 1), numbers);
      const counted = concat([broadcastTo(tensor(1), [n, 1]), right, confidence], 1);
      return reshape(matmul(transpose(member), counted), [3 * bins]);
    },
    finish({ sums }) {
      const gaps = Array.from({ length: bins }, (_, i) => {
        const [rows, right, confidence] = sums.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
        return { rows, gap: rows === 0 ? 0 : Math.abs(right - confidence) / rows };
      });
      return finish(gaps);
    },
  };
}

/**
 * The mean gap between confidence and accuracy: Σ over bins of the largest probability, rows in it · |accuracy − mean
 * confidence| / rows.
 *
 * @see Guo et al. 2017, "On calibration of modern neural networks", eq. 3.
 */
export const expectedCalibrationError = (options: CalibrationOptions = {}) =>
  binned('expectedCalibrationError', options, (gaps) => {
    const rows = gaps.reduce((total, bin) => total + bin.rows, 0);
    return gaps.reduce((total, bin) => total + bin.rows * bin.gap, 0) / rows;
  });

/** The largest gap of a bin that has rows. @see Guo et al. 2017, eq. 5. */
export const maximumCalibrationError = (options: CalibrationOptions = {}) =>
  binned('maximumCalibrationError', options, (gaps) => Math.max(...gaps.map(({ gap }) => gap)));
