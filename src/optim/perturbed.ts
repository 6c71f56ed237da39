/** @file Perturbed gradient descent: noise where the gradient is small, so that no saddle holds the run. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cast } from '../ops/cast.ts';
import { add, div, less, lessEqual, maximum, mul, pow, sub, where } from '../ops/elementwise.ts';
import { pack } from '../ops/group.ts';
import { reshape } from '../ops/movement.ts';
import { normalWithKey, uniformWithKey } from '../ops/random.ts';
import { l2Norm } from '../ops/reduce.ts';
import { byLeaf, leavesIn, scalarAt, sizeOfLeaf } from './blocks.ts';
import { type EvaluationInput, scalarsOf, slot, type Transform } from './transform.ts';

export interface PerturbedOptions {
  /** Of the ball that the noise is drawn from, in the units of the parameters: ≥ 0, default 0.01; 0: no noise. */
  readonly radius?: number;
  /** Noise comes where the norm of the gradient is below this: ≥ 0, default 1e-3. */
  readonly threshold?: number;
  /** Steps from one perturbation to the next, at least: a whole number ≥ 1, default 50. */
  readonly every?: number;
  /** Of the noise: a whole number in 0 … 2^32 − 1, default 0. */
  readonly seed?: number;
}

const OPTIONS = ['radius', 'threshold', 'every', 'seed'];

/** @internal The options with defaults in place. */
export function perturbedOptions(where: string, options: PerturbedOptions) {
  checkKnownOptions(where, options, OPTIONS);
  return {
    radius: checkNumber(`${where}.radius`, options.radius ?? 0.01, { min: 0 }),
    threshold: checkNumber(`${where}.threshold`, options.threshold ?? 1e-3, { min: 0 }),
    every: checkNumber(`${where}.every`, options.every ?? 50, { min: 1, integer: true }),
    seed: checkNumber(`${where}.seed`, options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true }),
  };
}

/**
 * Adds to the inner transform's update, where the norm of the gradient is below `threshold` and the last time is at least `every`
 * steps ago, a vector drawn uniformly from the ball of that radius. A saddle's neighborhood then lets go in some
 * log(dimension) steps, where gradient descent may stay for ever; a minimum is left by no more than the radius.
 *
 * The norm is that of the gradient it gets: of a minibatch, whose noise alone may be larger than the threshold. Row tables are
 * refused: the noise is for all parameters.
 *
 * @param inner what steps, such as `sgd({ learningRate: 0.1 })`.
 * @throws SaddlepointError `option` for options out of range.
 * @see Jin et al. 2017 (arXiv 1703.00887), algorithm 1. Deviations: noise is added behind the step of that gradient, not before it;
 *   there is no termination rule.
 * @example perturbed(sgd({ learningRate: 0.1 }), { radius: 0.01, threshold: 1e-3, every: 50 })
 */
export function perturbed(inner: Transform, options: PerturbedOptions = {}): Transform {
  if (typeof inner?.update !== 'function')
    throw new SaddlepointError('option', 'perturbed: expected an optimizer', 'perturbed(sgd({ learningRate: 0.1 }))');
  const { radius, threshold, every, seed } = perturbedOptions('perturbed', options);
  const slotsOf = (input: Pick<EvaluationInput, 'slots'>): Record<string, Tensor> =>
    Object.fromEntries(inner.slots.map((name) => [name, slot(input, 'perturbed', `inner.${name}`)]));
  return {
    name: 'perturbed',
    options: { radius, threshold, every, seed, inner: { name: inner.name, options: inner.options } },
    slots: [...inner.slots.map((name) => `inner.${name}`), 'wait'],
    // The step in two halves, exact in f32: the noise's key.
    scalarCount: inner.scalarCount + 2,
    learningRate: inner.learningRate,
    scalars: (step, scale) => [...inner.scalars(step, scale), step % KEY_HALF, Math.floor(step / KEY_HALF)],
    update(input) {
      const made = inner.update({
        ...input,
        slots: slotsOf(input),
        scalars: scalarsOf(input.scalars, 0, inner.scalarCount),
      });
      const leaves = leavesIn(input);
      const [first] = leaves;
      // One number is kept, in the first element of the block: steps until noise may come again.
      const kept = slot(input, 'perturbed', 'wait');
      const at = first?.offset ?? 0;
      const wait = scalarAt(kept, at);
      const norm = input.gradientNorm ?? l2Norm(input.gradient);
      const due = mul(less(norm, threshold), lessEqual(wait, 0));
      const key = cast(
        pack(
          [
            reshape(scalarAt(input.scalars, inner.scalarCount), []),
            reshape(scalarAt(input.scalars, inner.scalarCount + 1), []),
          ],
          [1, 2],
          3,
        ),
        'i32',
      );
      const noise = ball(key, streamOf('perturbed', seed), input.gradient.shape[0] as number, leaves, radius);
      const slots: Record<string, Tensor> = {
        wait: pack([where(due, every - 1, maximum(sub(wait, 1), 0))], [at], kept.shape[0] as number),
      };
      for (const name of inner.slots) slots[`inner.${name}`] = slot({ slots: made.slots }, inner.name, name);
      return { update: add(made.update, mul(noise, due)), slots };
    },
    ...(inner.evaluationParameters === undefined
      ? {}
      : {
          evaluationParameters: (input: EvaluationInput) =>
            inner.evaluationParameters?.({ ...input, slots: slotsOf(input) }) as Tensor,
        }),
  };
}

const KEY_HALF = 2 ** 24;

/** Uniform in a ball: a normal vector's direction, and the dimension's root of a uniform number for its length. */
function ball(key: Tensor, stream: number, size: number, leaves: ReturnType<typeof leavesIn>, radius: number): Tensor {
  const dimension = leaves.reduce((sum, leaf) => sum + sizeOfLeaf(leaf), 0);
  // Nothing between the leaves.
  const { noise } = byLeaf(leaves, { drawn: normalWithKey(key, [size], stream) }, ({ drawn }) => ({ noise: drawn }));
  const length = pow(uniformWithKey(key, [], streamOf('length', stream)), 1 / dimension);
  return mul(noise, div(mul(length, radius), maximum(l2Norm(noise), 1e-30)));
}
