/** @file What tricks that mix rows draw: a share from a symmetric beta distribution, and a partner for every row. */
import { checkNumber } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { cast } from './cast.ts';
import { add, div, exp, floor, greaterEqual, log, maximum, mul, sigmoid, sqrt, sub } from './elementwise.ts';
import { reshape, slice } from './movement.ts';
import { uniformWithKey } from './random.ts';
import { cos } from './trigonometric.ts';

/** Half the smallest uniform deviate: stands for 0, whose logarithm is infinite. */
const LEAST = 2 ** -25;

/**
 * Deviates of the symmetric beta distribution Beta(α, α), in [0, 1], without rejection: an element's bits depend on its place alone.
 * Beta(α + 1, α + 1) by Ulrich's formula ½ + ½ √(1 − U^{2 / (2α + 1)}) cos 2πV gives the shares of two gamma deviates of shape
 * α + 1; those times U^{1/α} have shape α (Devroye 1986, IX.3.1 and IX.3.4).
 *
 * @param key i32 [seed, step, iteration], see `randomKey`.
 * @param stream names the place of use, see `streamOf`.
 * @param alpha > 0: small ones put most of the weight near 0 and 1, 1 is uniform, large ones lie near ½.
 * @throws SaddlepointError `option` for another α.
 * @example betaWithKey(randomKey(1), [64], streamOf('share'), 0.2)
 */
export function betaWithKey(key: Tensor, shape: Shape, stream: number, alpha: number): Tensor {
  checkNumber('betaWithKey.alpha', alpha, { min: 0, openMin: true });
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const all = maximum(uniformWithKey(key, [4, size], stream), LEAST);
  const [u, v, first, second] = [0, 1, 2, 3].map((i) => reshape(slice(all, [i, 0], [1, size]), shape)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const radius = sqrt(sub(1, exp(mul(log(u), 2 / (2 * alpha + 1)))));
  const offset = mul(radius, cos(mul(v, 2 * Math.PI)));
  const logit = (x: Tensor): Tensor => log(div(maximum(add(1, x), LEAST), maximum(sub(1, x), LEAST)));
  return sigmoid(add(logit(offset), mul(sub(log(first), log(second)), 1 / alpha)));
}

/**
 * For each of n rows another one, each row once: the rows in their order, moved on by a random number of places from 1 to n − 1.
 * Rows come shuffled, so that is a random pairing in which no row meets itself. A single row is its own partner.
 *
 * @returns i32 [n].
 */
export function partnersWithKey(key: Tensor, rows: number, stream: number): Tensor {
  const places = tensor(Float32Array.from({ length: rows }, (_, i) => i));
  const shift = add(floor(mul(uniformWithKey(key, [1], stream), Math.max(rows - 1, 0))), Math.min(1, rows - 1));
  const at = add(places, shift);
  return cast(sub(at, mul(greaterEqual(at, rows), rows)), 'i32');
}
