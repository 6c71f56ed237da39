/** @file Which lowering each op has: every primitive, and the composites that run whole. A missing row does not compile. */
import type { CompositeName, PrimitiveName } from '../../../ops/table.ts';
import { BinaryFunction as B, Opcode, ReduceFunction as R, UnaryFunction as U } from '../../../plan/opcodes.ts';
import type { Lowering } from './context.ts';
import { binary, cast, select, unary } from './elementwise.ts';
import * as movement from './movement.ts';
import * as structured from './structured.ts';
import * as training from './training.ts';

/** Views and constants are addresses: nothing runs. */
const nothing: Lowering = () => undefined;

/** Composites that the machine runs whole. The others are decomposed. */
const FUSED = {
  linear: structured.linear,
  gatherRows: structured.gather,
  softmax: structured.softmax(0),
  logSoftmax: structured.softmax(1),
  softmaxCrossEntropy: structured.softmaxCrossEntropy,
  softmaxCrossEntropyGradient: structured.softmaxCrossEntropyGradient,
  adamStep: training.adamStep,
  sgdStep: training.sgdStep,
} satisfies Partial<Record<CompositeName, Lowering>>;

export const fusedOps: ReadonlySet<string> = new Set(Object.keys(FUSED));

const PRIMITIVES = {
  constant: nothing,
  identity: nothing,
  reshape: nothing,
  segment: nothing,
  cast,
  neg: unary(U.neg),
  abs: unary(U.abs),
  sign: unary(U.sign),
  floor: unary(U.floor),
  square: unary(U.square),
  reciprocal: unary(U.reciprocal),
  sqrt: unary(U.sqrt),
  exp: unary(U.exp),
  expm1: unary(U.expm1),
  log: unary(U.log),
  log1p: unary(U.log1p),
  tanh: unary(U.tanh),
  sigmoid: unary(U.sigmoid),
  relu: unary(U.relu),
  add: binary(B.add),
  sub: binary(B.sub),
  mul: binary(B.mul),
  div: binary(B.div),
  pow: binary(B.pow),
  maximum: binary(B.maximum),
  minimum: binary(B.minimum),
  equal: binary(B.equal),
  notEqual: binary(B.notEqual),
  less: binary(B.less),
  lessEqual: binary(B.lessEqual),
  greater: binary(B.greater),
  greaterEqual: binary(B.greaterEqual),
  select,
  sum: structured.reduce(R.sum),
  mean: structured.reduce(R.mean),
  max: structured.reduce(R.max),
  min: structured.reduce(R.min),
  prod: structured.reduce(R.prod),
  l2Norm: structured.l2Norm,
  argmax: structured.argmax,
  transpose: movement.transpose,
  broadcastTo: movement.broadcastTo,
  slice: movement.slice,
  pad: movement.pad,
  pack: movement.pack,
  matmul: structured.matmul,
  gather: structured.gather,
  scatterAdd: structured.scatterAdd,
  oneHot: structured.oneHot,
  randomUniform: training.random(Opcode.randomUniform),
  randomNormal: training.random(Opcode.randomNormal),
  dropoutMask: training.dropoutMask,
  guard: training.guard,
} satisfies Record<PrimitiveName, Lowering>;

export const LOWERINGS: Readonly<Record<string, Lowering>> = { ...PRIMITIVES, ...FUSED };
