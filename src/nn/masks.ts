/** @file What layers do with masks of padded sequences, [n, steps] with 0 at padding; `layer.ts` says how they travel. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { notEqual, where } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { max } from '../ops/reduce.ts';
import { type Layer, layer, layerError, withMask } from './layer.ts';

/** The mask with axes of 1 up to the rank of x [n, steps, …]. */
export const alongSteps = (mask: Tensor, x: Tensor): Tensor =>
  reshape(mask, [...mask.shape, ...x.shape.slice(2).map(() => 1)]);

/** x with another value, default 0, at steps that do not count; x itself without a mask. */
export const countedSteps = (x: Tensor, mask: Tensor | undefined, otherwise = 0): Tensor =>
  mask === undefined ? x : where(alongSteps(mask, x), x, otherwise);

/**
 * Marks padded steps: a step whose features all equal `value` does not count. The numbers stay as they are; the mask travels with
 * them through layers that keep [n, steps, …] to recurrent layers (which carry the state over such steps), attention, pooling
 * over time and the loss.
 *
 * Input and output [n, steps, features]. Use `embedding(…, { maskId })` for ids.
 *
 * @param value default 0, as in Keras. Inputs are scaled by `fit` before any layer sees them: give `standardize: false`, or a
 *   value that padding has after scaling.
 * @throws SaddlepointError `shape` with the layer's path for other ranks.
 * @example sequential([masking(-1), lstm(32), dense(2)])
 */
export function masking(value = 0, options: { readonly name?: string } = {}): Layer {
  checkNumber('masking.value', value, {});
  checkKnownOptions('masking', options, ['name']);
  return layer(
    'masking',
    { value },
    (x, context) => {
      if (x.shape.length !== 3) {
        const message = `masking: expected [n, steps, features], got ${showShape(x.shape)}`;
        throw layerError('shape', context, message, 'one number a step is one feature: [n, steps, 1]');
      }
      const counts = max(notEqual(x, value), -1);
      // A tensor of its own: the input is also what others hold.
      return withMask(reshape(reshape(x, [...x.shape, 1]), x.shape), counts);
    },
    options.name,
  );
}
