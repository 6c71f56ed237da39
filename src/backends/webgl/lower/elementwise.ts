/**
 * @file Elementwise ops, each as an expression of GLSL in a, b and c and, for backends without shaders, by functions of tfjs; the
 * latter follow its rules where those of NaN, signs of zeros and precision differ.
 */
import { type Shape, sizeOf } from '../../../core/shape.ts';
import { planBroadcast } from '../../../passes/broadcast.ts';
import { type GlslName, glslSources } from '../glsl.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { erf, erfinv } from './functions.ts';

type Core = Tfjs['core'];

interface Elementwise {
  /** An expression. */
  readonly glsl: string;
  readonly calls?: readonly GlslName[];
  plain(core: Core, a: Tensor, b: Tensor, c: Tensor): Tensor;
}

const number = (core: Core, test: Tensor): Tensor => core.cast(test, 'float32');
const one = (core: Core): Tensor => core.scalar(1);

export const ELEMENTWISE = {
  identity: { glsl: 'a', plain: (core, a) => core.clone(a) },
  neg: { glsl: '-a', plain: (core, a) => core.neg(a) },
  abs: { glsl: 'abs(a)', plain: (core, a) => core.abs(a) },
  sign: {
    glsl: 'isnan(a) || a == 0.0 ? a : a < 0.0 ? -1.0 : 1.0',
    // tfjs' own loses NaN, and the sign of zero.
    plain: (core, a) => core.where(core.logicalOr(core.isNaN(a), core.equal(a, core.scalar(0))), a, core.sign(a)),
  },
  floor: { glsl: 'floor(a)', plain: (core, a) => core.floor(a) },
  square: { glsl: 'a * a', plain: (core, a) => core.square(a) },
  reciprocal: { glsl: '1.0 / a', plain: (core, a) => core.div(one(core), a) },
  sqrt: { glsl: 'a == 0.0 ? a : sqrt(a)', plain: (core, a) => core.sqrt(a) },
  exp: { glsl: 'expOf(a)', calls: ['expOf'], plain: (core, a) => core.exp(a) },
  expm1: { glsl: 'expm1Of(a)', calls: ['expm1Of'], plain: (core, a) => core.expm1(a) },
  log: { glsl: 'logOf(a)', calls: ['logOf'], plain: (core, a) => core.log(a) },
  log1p: { glsl: 'log1pOf(a)', calls: ['log1pOf'], plain: (core, a) => core.log1p(a) },
  tanh: { glsl: 'tanhOf(a)', calls: ['tanhOf'], plain: (core, a) => core.tanh(a) },
  sigmoid: { glsl: 'sigmoidOf(a)', calls: ['sigmoidOf'], plain: (core, a) => core.sigmoid(a) },
  // NaN is not ≤ 0.
  relu: { glsl: 'a <= 0.0 ? 0.0 : a', plain: (core, a) => core.relu(a) },
  round: {
    glsl: 'withSign(roundEven(abs(a)), a)',
    calls: ['withSign'],
    // What rounds to zero keeps its sign.
    plain: (core, a) =>
      core.where(core.less(core.abs(core.round(a)), one(core)), core.mul(a, core.scalar(0)), core.round(a)),
  },
  sin: { glsl: 'a == 0.0 ? a : turned(a, 0u)', calls: ['turned'], plain: (core, a) => core.sin(a) },
  cos: { glsl: 'turned(a, 1u)', calls: ['turned'], plain: (core, a) => core.cos(a) },
  atan: { glsl: 'atanOf(a)', calls: ['atanOf'], plain: (core, a) => core.atan(a) },
  erf: { glsl: 'erfOf(a)', calls: ['erfOf'], plain: erf },
  erfinv: { glsl: 'erfinvOf(a)', calls: ['erfinvOf'], plain: erfinv },
  add: { glsl: 'a + b', plain: (core, a, b) => core.add(a, b) },
  sub: { glsl: 'a - b', plain: (core, a, b) => core.sub(a, b) },
  mul: { glsl: 'a * b', plain: (core, a, b) => core.mul(a, b) },
  div: { glsl: 'a / b', plain: (core, a, b) => core.div(a, b) },
  pow: {
    glsl: 'powOf(a, b)',
    calls: ['powOf'],
    // JavaScript has NaN for 1 to the power of NaN.
    plain: (core, a, b) => core.where(core.equal(a, one(core)), core.onesLike(core.add(a, b)), core.pow(a, b)),
  },
  atan2: { glsl: 'atan2Of(a, b)', calls: ['atan2Of'], plain: (core, a, b) => core.atan2(a, b) },
  // Of two zeros by the bits: one that is not −0 decides.
  maximum: {
    glsl: 'isnan(a) ? a : isnan(b) ? b : a == 0.0 && b == 0.0 ? uintBitsToFloat(floatBitsToUint(a) & floatBitsToUint(b)) : max(a, b)',
    plain: (core, a, b) => core.maximum(a, b),
  },
  minimum: {
    glsl: 'isnan(a) ? a : isnan(b) ? b : a == 0.0 && b == 0.0 ? uintBitsToFloat(floatBitsToUint(a) | floatBitsToUint(b)) : min(a, b)',
    plain: (core, a, b) => core.minimum(a, b),
  },
  equal: { glsl: 'float(a == b)', plain: (core, a, b) => number(core, core.equal(a, b)) },
  notEqual: { glsl: 'float(a != b)', plain: (core, a, b) => number(core, core.notEqual(a, b)) },
  less: { glsl: 'float(a < b)', plain: (core, a, b) => number(core, core.less(a, b)) },
  lessEqual: { glsl: 'float(a <= b)', plain: (core, a, b) => number(core, core.lessEqual(a, b)) },
  greater: { glsl: 'float(a > b)', plain: (core, a, b) => number(core, core.greater(a, b)) },
  greaterEqual: { glsl: 'float(a >= b)', plain: (core, a, b) => number(core, core.greaterEqual(a, b)) },
  reluGradient: {
    glsl: 'a <= 0.0 ? 0.0 : b',
    plain: (core, a, b) => core.where(core.lessEqual(a, core.scalar(0)), core.zerosLike(core.add(a, b)), b),
  },
  tanhGradient: {
    glsl: 'b * (1.0 - a * a)',
    plain: (core, a, b) => core.mul(b, core.sub(one(core), core.square(a))),
  },
  sigmoidGradient: {
    glsl: 'b * (a * (1.0 - a))',
    plain: (core, a, b) => core.mul(b, core.mul(a, core.sub(one(core), a))),
  },
  select: {
    glsl: 'a != 0.0 ? b : c',
    plain: (core, a, b, c) => core.where(core.notEqual(a, core.scalar(0)), b, c),
  },
  // What other lowerings are made of.
  /** 1 for NaN and infinities. */
  isBad: {
    glsl: 'float(isnan(a) || abs(a) > 3.40282346638528859e38)',
    plain: (core, a) => core.sub(one(core), number(core, core.isFinite(a))),
  },
  /** 1 for what is no place in a table of b rows. */
  isOutside: {
    glsl: 'float(!(a >= 0.0 && a < b))',
    plain: (core, a, b) =>
      core.sub(one(core), number(core, core.logicalAnd(core.greaterEqual(a, core.scalar(0)), core.less(a, b)))),
  },
  /** The place itself, or the nearest one. */
  inside: {
    glsl: 'min(max(a, 0.0), b - 1.0)',
    plain: (core, a, b) => core.maximum(core.minimum(a, core.sub(b, one(core))), core.scalar(0)),
  },
  /** 1 where a is the extreme value b: equal, or NaN as it is. */
  isExtreme: {
    glsl: 'float(a == b || (isnan(a) && isnan(b)))',
    plain: (core, a, b) =>
      number(core, core.logicalOr(core.equal(a, b), core.logicalAnd(core.isNaN(a), core.isNaN(b)))),
  },
  /** Held within ±2³¹ or 0 … 255, without its fraction; 0 for NaN. */
  toInteger: {
    glsl: 'isnan(a) ? 0.0 : trunc(min(max(a, -2147483648.0), 2147483648.0))',
    plain: (core, a) => truncated(core, core.clipByValue(a, -(2 ** 31), 2 ** 31)),
  },
  toByte: {
    glsl: 'isnan(a) ? 0.0 : trunc(min(max(a, 0.0), 255.0))',
    plain: (core, a) => truncated(core, core.clipByValue(a, 0, 255)),
  },
  /** (a / b)², the part of an element in a norm; 0 where the largest, b, is the norm. */
  normPart: {
    glsl: 'b > 0.0 && b <= 3.40282346638528859e38 ? (a / b) * (a / b) : 0.0',
    plain: (core, a, b) => core.where(isSize(core, b), core.square(core.div(a, b)), core.zerosLike(a)),
  },
  /** The norm from the sum of its parts, a, and the largest element, b. */
  norm: {
    glsl: 'b > 0.0 && b <= 3.40282346638528859e38 ? b * sqrt(a) : b',
    plain: (core, a, b) => core.where(isSize(core, b), core.mul(b, core.sqrt(a)), b),
  },
} as const satisfies Readonly<Record<string, Elementwise>>;

export type ElementwiseName = keyof typeof ELEMENTWISE;

const isSize = (core: Core, x: Tensor): Tensor =>
  core.logicalAnd(core.greater(x, core.scalar(0)), core.less(x, core.scalar(Number.POSITIVE_INFINITY)));

const truncated = (core: Core, x: Tensor): Tensor =>
  core.where(core.isNaN(x), core.zerosLike(x), core.mul(core.sign(x), core.floor(core.abs(x))));

const PARAMETERS = ['a', 'b', 'c'] as const;

function shaderOf({ glsl, calls = [] }: Elementwise, count: number): string {
  const parameters = PARAMETERS.slice(0, count);
  const reads = parameters.map((name) => `get${name.toUpperCase()}AtOutCoords()`);
  return `${glslSources(calls)}
float f(${parameters.map((name) => `float ${name}`).join(', ')}) { return ${glsl}; }
void main() { setOutput(f(${reads.join(', ')})); }`;
}

const shaders = new Map<string, string>();

/** One of the functions above, on tensors that broadcast to `shape` in one of the four forms of passes/broadcast.ts. */
export function elementwise(tfjs: Tfjs, name: ElementwiseName, inputs: readonly Tensor[], shape: Shape): Tensor {
  const { core } = tfjs;
  const plan = planBroadcast(
    inputs.map((input) => input.shape),
    shape,
  );
  if (plan === undefined) throw new Error(`${name}: ${inputs.map((input) => `[${input.shape}]`)} for [${shape}]`);
  const { rows, columns } = plan;
  const shapes = { same: [rows, columns], scalar: [1, 1], row: [1, columns], column: [rows, 1] };
  const seen = inputs.map((input, i) => core.reshape(input, shapes[plan.forms[i] as keyof typeof shapes]));
  const record: Elementwise = ELEMENTWISE[name];
  let result: Tensor;
  if (tfjs.hasShaders) {
    const key = `${name} ${inputs.length}`;
    const code = shaders.get(key) ?? shaderOf(record, inputs.length);
    shaders.set(key, code);
    result = tfjs.shader(code, seen, [rows, columns]);
  } else {
    result = record.plain(core, ...(seen as [Tensor, Tensor, Tensor]));
    // Where all operands are smaller than the result.
    if (result.size !== sizeOf(shape)) result = core.broadcastTo(result, [rows, columns]);
  }
  return core.reshape(result, [...shape]);
}
