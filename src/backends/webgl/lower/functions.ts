/** @file The error function and its inverse by functions of tfjs, whose own has only half the digits: for backends without shaders. */
import type { Tensor, Tfjs } from '../tfjs.ts';

type Core = Tfjs['core'];

/** Coefficients from the highest power down; assembly/extended-constants.ts says what they are. */
const polynomial = (core: Core, x: Tensor, coefficients: readonly number[]): Tensor =>
  coefficients
    .slice(1)
    .reduce(
      (sum, coefficient) => core.add(core.mul(sum, x), core.scalar(coefficient)),
      core.fill(x.shape, coefficients[0] as number) as Tensor,
    );

const NEAR = [
  -7.42462635e-6, 0.0001031723, -0.000832415128, 0.00520749902, -0.0268594995, 0.112836584, -0.376126289, 0.128379166,
];
const FAR = [0.000172206041, -0.002716847, 0.0140419202, -0.0140116261, -0.0579814501, -0.147419021, 1.00149667];

export function erf(core: Core, x: Tensor): Tensor {
  const t = core.minimum(core.abs(x), core.scalar(4));
  const near = core.add(core.mul(polynomial(core, core.square(t), NEAR), t), t);
  const power = core.square(core.square(core.square(polynomial(core, t, FAR))));
  const y = core.where(core.less(t, core.scalar(1.25)), near, core.sub(core.scalar(1), power));
  return core.where(core.equal(x, core.scalar(0)), x, core.where(core.less(x, core.scalar(0)), core.neg(y), y));
}

const CENTER = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

export function erfinv(core: Core, y: Tensor): Tensor {
  const one = core.scalar(1);
  const a = core.abs(y);
  const w = core.neg(core.log(core.mul(core.sub(one, a), core.add(one, a))));
  const center = polynomial(core, core.sub(w, core.scalar(2.5)), CENTER);
  const tail = polynomial(core, core.sub(core.sqrt(w), core.scalar(3)), TAIL);
  const inside = core.mul(core.where(core.less(w, core.scalar(5)), center, tail), y);
  // Infinite at ±1, NaN beyond.
  const beyond = core.div(y, core.sqrt(core.sub(one, a)));
  return core.where(core.less(a, one), inside, beyond);
}
