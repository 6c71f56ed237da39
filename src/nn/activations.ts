/**
 * @file Activations: functions of tensors, their names, and the layer that applies one. Forms are chosen so that values and
 * gradients stay finite for inputs of any usual size, NaN passes through, and gradients at kinks are those of PyTorch.
 *
 * A `where` hides a branch but not its gradient's 0 · ∞, so branches are kept from overflowing where they are not chosen.
 */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { normalizeAxis, showShape } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import {
  abs,
  add,
  div,
  exp,
  expm1,
  float,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log1p,
  mul,
  neg,
  relu,
  sigmoid,
  sign,
  square,
  sub,
  tanh,
  where,
} from '../ops/elementwise.ts';
import { erf } from '../ops/erf.ts';
import { matmul } from '../ops/matmul.ts';
import { slice } from '../ops/movement.ts';
import { logSoftmax, softmax } from '../ops/softmax.ts';
import { type Layer, layer } from './layer.ts';

/** x for x > 0, else slope · x; gradient `slope` at 0. Default slope 0.01 (Maas et al. 2013). */
export const leakyRelu = (x: TensorLike, slope = 0.01): Tensor => where(greater(x, 0), x, mul(x, slope));
/** x for x > 0, else slope · x with a learnt slope, which broadcasts with x (He et al. 2015, eq. 1). */
export const prelu = (x: TensorLike, slope: TensorLike): Tensor => where(greater(x, 0), x, mul(x, slope));
/** max(x, 0)² (So et al. 2021). */
export const squaredRelu = (x: TensorLike): Tensor => square(relu(x));
/** x held within [0, 6]; gradient 0 at both ends. */
export const relu6 = (x: TensorLike): Tensor => held(x, 0, 6);
/** x for x > 0, else α(eˣ − 1). Default α = 1 (Clevert et al. 2016, eq. 15). */
export const elu = (x: TensorLike, alpha = 1): Tensor => where(greater(x, 0), x, mul(expm1(negativePart(x)), alpha));
/** x for x > 0, else α(exp(x / α) − 1): elu with a continuous slope. Default α = 1 (Barron 2017, eq. 2). */
export const celu = (x: TensorLike, alpha = 1): Tensor =>
  where(greater(x, 0), x, mul(expm1(div(negativePart(x), alpha)), alpha));
/** λ · elu(x, α) with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 14). */
export const selu = (x: TensorLike): Tensor => mul(elu(x, 1.6732632423543772), 1.0507009873554805);
/** x times the chance that a standard normal deviate is below x: ½x(1 + erf(x/√2)) (Hendrycks & Gimpel 2016, section 2). */
export const gelu = (x: TensorLike): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))): the tanh form of GELU (Hendrycks & Gimpel 2016, section 2). */
export function geluTanh(x: TensorLike): Tensor {
  const inner = mul(mul(x, add(mul(square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}
/** x · sigmoid(x), also called swish (Elfwing et al. 2018). */
export const silu = (x: TensorLike): Tensor => mul(x, sigmoid(x));
/** x · tanh(softplus(x)) (Misra 2019). */
export const mish = (x: TensorLike): Tensor => mul(x, tanh(softplus(x)));
/** log(1 + e^(βx)) / β, without overflow and exact for large negative x. Default β = 1. */
export function softplus(x: TensorLike, beta = 1): Tensor {
  const scaled = beta === 1 ? float(x) : mul(x, beta);
  const total = add(positivePart(scaled), log1pExpNegAbs(scaled));
  return beta === 1 ? total : div(total, beta);
}
/** x / (1 + |x|) */
export const softsign = (x: TensorLike): Tensor => div(x, add(abs(x), 1));
/** log sigmoid(x), without overflow. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(x)));
/** x − tanh x */
export const tanhShrink = (x: TensorLike): Tensor => sub(x, tanh(x));
/** x held within [−1, 1]; gradient 0 at both ends. */
export const hardTanh = (x: TensorLike): Tensor => held(x, -1, 1);
/** x / 6 + ½ held within [0, 1] (Howard et al. 2019). */
export const hardSigmoid = (x: TensorLike): Tensor => held(add(div(x, 6), 0.5), 0, 1);
/** x · hardSigmoid(x); gradient −½ at −3 and 1½ at 3 (Howard et al. 2019). */
export const hardSwish = (x: TensorLike): Tensor =>
  where(less(x, -3), 0, where(greater(x, 3), x, mul(x, add(div(x, 6), 0.5))));
/** 0 for |x| ≤ limit, else x. Default limit 0.5. */
export const hardShrink = (x: TensorLike, limit = 0.5): Tensor => where(lessEqual(abs(x), limit), 0, x);
/** 0 for |x| ≤ limit, else x moved toward 0 by limit. Default limit 0.5. */
export const softShrink = (x: TensorLike, limit = 0.5): Tensor =>
  where(lessEqual(abs(x), limit), 0, sub(x, mul(sign(x), limit)));
/** x for x > limit, else value. */
export const threshold = (x: TensorLike, limit: number, value: number): Tensor => where(lessEqual(x, limit), value, x);
/** softmax(−x) along an axis (default: the last). */
export const softmin = (x: TensorLike, axis = -1): Tensor => softmax(neg(x), axis);
/** The first half along an axis (default: the last) times the sigmoid of the second (Dauphin et al. 2017). */
export function glu(x: TensorLike, axis = -1): Tensor {
  const t = float(x);
  const at = normalizeAxis('glu', axis, t.shape.length);
  const size = t.shape[at] as number;
  if (size % 2 !== 0)
    throw new SaddlepointError('shape', `glu: axis ${axis} of ${showShape(t.shape)} has no two equal halves`);
  const sizes = t.shape.map((dimension, i) => (i === at ? size / 2 : dimension));
  const half = (start: number): Tensor =>
    slice(
      t,
      t.shape.map((_, i) => (i === at ? start : 0)),
      sizes,
    );
  return mul(half(0), sigmoid(half(size / 2)));
}
/** silu(x · w) · (x · v), with w and v [in, out] (Shazeer 2020, eq. 6). */
export const swiglu = (x: TensorLike, w: TensorLike, v: TensorLike): Tensor => mul(silu(matmul(x, w)), matmul(x, v));

/** x where x ≥ 0, else 0, with gradient 1 at 0. */
const positivePart = (x: TensorLike): Tensor => where(greaterEqual(x, 0), x, 0);
const negativePart = (x: TensorLike): Tensor => where(greater(x, 0), 0, x);

/**
 * log(1 + e^−|x|), whose derivatives of every order are right at 0 too when added to `positivePart`: the sign is a constant
 * that is never 0, where |x| has none.
 */
function log1pExpNegAbs(x: Tensor): Tensor {
  return log1p(exp(mul(x, where(greaterEqual(x, 0), -1, 1))));
}

/** x held within [min, max], gradient 0 at both ends, NaN passed on. */
const held = (x: TensorLike, min: number, max: number): Tensor =>
  where(lessEqual(x, min), min, where(greaterEqual(x, max), max, x));

/** The activations that an option or a file names; each is called with x alone. */
export const activations = {
  relu,
  leakyRelu,
  relu6,
  squaredRelu,
  elu,
  celu,
  selu,
  gelu,
  geluTanh,
  silu,
  mish,
  softplus,
  softsign,
  sigmoid,
  logSigmoid,
  hardSigmoid,
  hardSwish,
  tanh,
  hardTanh,
  tanhShrink,
  hardShrink,
  softShrink,
  softmax,
  logSoftmax,
  softmin,
} as const satisfies Record<string, (x: Tensor) => Tensor>;

export type ActivationName = keyof typeof activations;

/**
 * The activation of that name.
 * @throws SaddlepointError `option` with near names and the whole list.
 */
export function activationNamed(option: string, name: string): (x: Tensor) => Tensor {
  if (Object.hasOwn(activations, name)) return activations[name as ActivationName];
  throw new SaddlepointError(
    'option',
    `${option}: unknown activation ${show(name)}`,
    suggest(String(name), Object.keys(activations)),
  );
}

/** A layer that applies a named activation: [n, ...] to [n, ...]. Softmax and its kin act along the last axis. */
export function activation(name: ActivationName, options: { readonly name?: string } = {}): Layer {
  const f = activationNamed('activation', name);
  return layer('activation', { activation: name }, (x) => f(x), options.name);
}
