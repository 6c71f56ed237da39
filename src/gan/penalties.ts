/** @file What keeps a critic's slope small: penalties of its gradient with respect to the rows that it judges. */
import { grad } from '../autodiff/grad.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, sqrt, square, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { uniformWithKey } from '../ops/random.ts';
import { mean, sum } from '../ops/reduce.ts';
import { keyOf } from '../train/model-calls.ts';

/** Keeps the norm's gradient finite where the critic is flat. */
const EPSILON = 1e-12;

/** A critic as a function of rows: `m.critic`, or one that is told more: `(x) => m.critic(withLabels(x, y, 10))`. */
export type Critic = (x: Tensor) => Tensor;

/** ‖∇D(x)‖² of each row: [n]. Each score must depend on its own row alone, so without batch normalization. */
function squaredSlopes(critic: Critic, at: Tensor): Tensor {
  const slope = grad((x: Tensor) => sum(critic(x)), at) as Tensor;
  const n = at.shape[0] as number;
  return sum(square(reshape(slope, [n, sizeOf(slope.shape) / n])), 1);
}

/**
 * weight · mean (‖∇D(x)‖ − target)² (Gulrajani et al. 2017, equation 3): draws the critic's slope to 1 at these rows, which
 * usually lie `between` data and what is made.
 *
 * @param critic a function of rows, whose scores are of their own row alone: batch normalization would make it wrong.
 * @param at rows [n, …].
 * @param options weight: λ ≥ 0, default 10; target: the slope, ≥ 0, default 1 (0 for the penalty of Thanh-Tung et al. 2019).
 * @returns a scalar that is added to the critic's loss.
 * @example add(loss.critic(m.critic(x), m.critic(fake)), gradientPenalty(m.critic, between(m, x, fake), { weight: 10 }))
 */
export function gradientPenalty(
  critic: Critic,
  at: Tensor,
  options: { readonly weight?: number; readonly target?: number } = {},
): Tensor {
  checkKnownOptions('gradientPenalty', options, ['weight', 'target']);
  const weight = checkNumber('gradientPenalty.weight', options.weight ?? 10, { min: 0 });
  const target = checkNumber('gradientPenalty.target', options.target ?? 1, { min: 0 });
  const norm = sqrt(add(squaredSlopes(critic, at), EPSILON));
  return mul(weight, mean(square(sub(norm, target))));
}

/**
 * Rows at places between data and what is made: ε x + (1 − ε) G(z), with ε drawn from [0, 1) for each row (Gulrajani et al. 2017,
 * algorithm 1).
 *
 * @param models the models of a player's loss: they carry the turn's random key.
 * @throws SaddlepointError `shape` if the two differ in shape; `option` for other models.
 */
export function between(models: object, real: Tensor, fake: Tensor): Tensor {
  if (!sameShape(fake.shape, real.shape)) {
    throw new SaddlepointError(
      'shape',
      `between: the generator gives ${showShape(fake.shape)}, x is ${showShape(real.shape)}`,
      'let the last layer of the generator give rows of the shape of x',
    );
  }
  const key = keyOf(models);
  if (key === undefined) {
    throw new SaddlepointError(
      'option',
      'between: expected the models that a loss gets, for their random numbers',
      'hand on the first argument of the loss, or a copy of it: { ...m, critic: m.judge }',
    );
  }
  const shape = [real.shape[0] as number, ...real.shape.slice(1).map(() => 1)];
  const shares = uniformWithKey(key, shape, streamOf('wassersteinCritic'));
  return add(mul(shares, real), mul(sub(1, shares), fake));
}

interface ZeroCentered {
  /** γ ≥ 0; default 10, as in the paper's images; 1 for points in a plane. */
  readonly gamma?: number;
}

/** γ/2 · mean ‖∇D‖². */
function zeroCentered(name: string, critic: Critic, at: Tensor, options: ZeroCentered): Tensor {
  checkKnownOptions(name, options, ['gamma']);
  const gamma = checkNumber(`${name}.gamma`, options.gamma ?? 10, { min: 0 });
  return mul(gamma / 2, mean(squaredSlopes(critic, at)));
}

/**
 * R1: γ/2 · mean ‖∇D(x)‖² at rows of data (Mescheder et al. 2018, equation 9), added to the critic's loss. With it the
 * non-saturating game converges where it circles without.
 *
 * @param critic as of `gradientPenalty`.
 * @param real rows of data [n, …].
 * @example critic: { loss: (m, { x, z }) => add(loss.critic(m.critic(x), m.critic(m.generator(z))), ganLosses.r1(m.critic, x, { gamma: 1 })) }
 */
export const r1 = (critic: Critic, real: Tensor, options: ZeroCentered = {}): Tensor =>
  zeroCentered('r1', critic, real, options);

/** R2: the same at rows that the generator made (Mescheder et al. 2018, equation 10). */
export const r2 = (critic: Critic, fake: Tensor, options: ZeroCentered = {}): Tensor =>
  zeroCentered('r2', critic, fake, options);
