/**
 * @file Random draws made of uniform deviates, by key and stream as in random.ts: truncated normal, Bernoulli and Gumbel
 * deviates, and a permutation on the host. No draw has a gradient with respect to its key.
 */
import { hostErf } from '../core/erf.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import { broadcastShapes, type Shape, sameShape, showShape } from '../core/shape.ts';
import { type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { add, clip, float, less, log, maximum, mul, neg } from './elementwise.ts';
import { erfinv } from './erf.ts';
import { uniformWithKey } from './random.ts';

const WORD = { min: 0, max: 2 ** 32 - 1, integer: true };

/**
 * The key that random ops take: i32 [seed, step, iteration]. Equal keys give equal numbers; inside a compiled function pass
 * it as an argument, or every call draws the same.
 *
 * @param seed an integer in 0 … 2³² − 1, as `step` and `iteration` (default 0) are.
 * @throws SaddlepointError `option` for anything else.
 * @example uniformWithKey(randomKey(42), [2, 3], streamOf('noise'));
 */
export function randomKey(seed: number, step = 0, iteration = 0): Tensor {
  const words = Object.entries({ seed, step, iteration }).map(([name, word]) =>
    checkNumber(`randomKey.${name}`, word, WORD),
  );
  return tensor(Int32Array.from(words));
}

/**
 * Standard normal deviates given that they lie between `low` and `high`: the quantile function of the normal distribution at
 * uniform deviates, so without rejection: an element's bits depend on its place alone.
 *
 * @param key i32 [seed, step, iteration], see `randomKey`.
 * @param stream names the place of use, see `streamOf`.
 * @param options low, high: in standard deviations, default −2 and 2 (then the standard deviation is 0.8796), within −4 … 4:
 *   beyond, the 2²⁴ different uniform deviates are too coarse for the tails.
 * @throws SaddlepointError `option` for other bounds, or if low ≥ high.
 * @example mul(truncatedNormalWithKey(randomKey(1), [784, 128], streamOf('weights')), 0.05);
 */
export function truncatedNormalWithKey(
  key: Tensor,
  shape: Shape,
  stream: number,
  options: { readonly low?: number; readonly high?: number } = {},
): Tensor {
  checkKnownOptions('truncatedNormalWithKey', options, ['low', 'high']);
  const bound = { min: -4, max: 4 };
  const low = checkNumber('truncatedNormalWithKey.low', options.low ?? -2, bound);
  const high = checkNumber('truncatedNormalWithKey.high', options.high ?? 2, { ...bound, min: low, openMin: true });
  const from = hostErf(low * Math.SQRT1_2);
  const range = hostErf(high * Math.SQRT1_2) - from;
  const deviates = erfinv(add(mul(uniformWithKey(key, shape, stream), range), from));
  // Rounding could carry the outermost ones over the bounds.
  return clip(mul(deviates, Math.SQRT2), low, high);
}

/**
 * 1 with the given probability, else 0.
 *
 * @param probability a number in [0, 1], or a tensor of such that broadcasts to `shape`; 0 never and 1 always gives 1.
 * @throws SaddlepointError `option` for a number outside, `shape` for a tensor that does not fit.
 * @example bernoulliWithKey(randomKey(1), [4, 3], streamOf('mask'), [[0.1], [0.2], [0.5], [1]]);
 */
export function bernoulliWithKey(key: Tensor, shape: Shape, stream: number, probability: TensorLike): Tensor {
  if (typeof probability === 'number') checkNumber('bernoulliWithKey.probability', probability, { min: 0, max: 1 });
  const p = float(probability);
  if (!sameShape(broadcastShapes('bernoulliWithKey', p.shape, shape), shape)) {
    const given = showShape(p.shape);
    throw new SaddlepointError(
      'shape',
      `bernoulliWithKey: probabilities ${given} do not broadcast to ${showShape(shape)}`,
    );
  }
  return less(uniformWithKey(key, shape, stream), p);
}

/** Half the smallest uniform deviate: stands for 0, whose logarithm is infinite. */
const LEAST = 2 ** -25;

/**
 * Standard Gumbel deviates −log(−log u), between −2.86 and 16.64. The largest of `logits + gumbel` is at class i with the
 * probability softmax(logits)[i] (Gumbel 1954; Maddison et al. 2014): argmax(add(logits, gumbel)) draws classes.
 *
 * @example argmax(add(logits, gumbelWithKey(key, logits.shape, streamOf('sample'))));
 */
export function gumbelWithKey(key: Tensor, shape: Shape, stream: number): Tensor {
  return neg(log(neg(log(maximum(uniformWithKey(key, shape, stream), LEAST)))));
}

/**
 * A random order of 0 … n − 1, every order equally likely: Fisher–Yates on the host, the same on every engine.
 *
 * @param n an integer in 0 … 2³¹ − 1.
 * @param seed an integer in 0 … 2³² − 1, as are the next two.
 * @param stream default `streamOf('permutation')`.
 * @param step default 0.
 * @throws SaddlepointError `option` for anything else.
 * @example gather(rows, permutation(rows.shape[0], 42));
 */
export function permutation(n: number, seed: number, stream = streamOf('permutation'), step = 0): Int32Array {
  checkNumber('permutation.n', n, { min: 0, max: 2 ** 31 - 1, integer: true });
  for (const [name, word] of Object.entries({ seed, stream, step })) checkNumber(`permutation.${name}`, word, WORD);
  return randomPermutation(n, seed, stream, step);
}
