/**
 * @file Losses of values: the mean over each row's elements. Predictions [n, ...] and targets of the same shape ([n] and
 * [n, 1] stand for each other); anything else is an error, never a broadcast.
 */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { abs, float, lessEqual, mul, square, sub, where } from '../../ops/elementwise.ts';
import { type Loss, likePrediction, rowMeans } from './loss.ts';

/** A loss of the difference of prediction and target: the mean over each row's elements. */
export function valueLoss(name: string, options: JsonObject, ofDifference: (difference: Tensor) => Tensor): Loss {
  return {
    name,
    target: 'value',
    options,
    call(prediction, target) {
      const x = float(prediction);
      return rowMeans(ofDifference(sub(x, likePrediction(name, x, target))));
    },
  };
}

/** (x − t)². Units: the square of the target's. */
export const meanSquaredError = (): Loss => valueLoss('meanSquaredError', {}, square);

/** |x − t|, less moved by outliers; gradient 0 where x = t. Units: the target's. */
export const meanAbsoluteError = (): Loss => valueLoss('meanAbsoluteError', {}, abs);

/**
 * ½(x − t)² where |x − t| ≤ delta, else delta(|x − t| − delta / 2): squares near the target, slopes of ±delta far from it.
 *
 * @param options delta: > 0, in the target's units; default 1, which suits standardized targets.
 * @see Huber 1964.
 */
export function huber(options: { readonly delta?: number } = {}): Loss {
  checkKnownOptions('huber', options, ['delta']);
  const delta = checkNumber('huber.delta', options.delta ?? 1, { min: 0, openMin: true });
  return valueLoss('huber', { delta }, (difference) => {
    const size = abs(difference);
    return where(lessEqual(size, delta), mul(square(difference), 0.5), mul(sub(size, delta / 2), delta));
  });
}
