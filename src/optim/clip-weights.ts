/** @file A limit of the weights themselves, behind an optimizer: how the first Wasserstein critics were kept from growing. */
import { checkNumber } from '../core/errors.ts';
import { add, clip, sub } from '../ops/elementwise.ts';
import type { Transform } from './transform.ts';

/**
 * Keeps every parameter within [−limit, limit] after each step: stands behind the optimizer in a chain, whose update it shortens.
 * All leaves are clipped, biases and gains too, as in the paper.
 *
 * @param limit > 0, in units of the weights; the paper takes 0.01 for images of 64 pixels a side. A gradient penalty uses a
 *   critic better (Gulrajani et al. 2017, section 3).
 * @throws SaddlepointError `option` for a limit out of range.
 * @see Arjovsky, Chintala, Bottou: "Wasserstein GAN", 2017, algorithm 1.
 * @example chain(rmsprop({ learningRate: 5e-5 }), clipWeights(0.01))
 */
export function clipWeights(limit: number): Transform {
  checkNumber('clipWeights', limit, { min: 0, openMin: true });
  return {
    ...{ name: 'clipWeights', options: { limit }, slots: [], scalarCount: 0 },
    scalars: () => [],
    update: ({ gradient, parameters }) => ({
      update: sub(clip(add(parameters, gradient), -limit, limit), parameters),
      slots: {},
    }),
  };
}
