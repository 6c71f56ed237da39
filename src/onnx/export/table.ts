/** @file Every op and what it becomes in ONNX: a new op does not compile without a row here. */
import type { OpName } from '../../ops/table.ts';
import * as elementwise from './elementwise.ts';
import { binaryNode, comparison, type Exporter, overLast, reduction, unary, unaryNode } from './elementwise.ts';
import * as images from './images.ts';
import { scan } from './scan.ts';
import * as structured from './structured.ts';

/** Why an op has no place in a model that only predicts. */
export interface Refusal {
  readonly refused: string;
}

/** A writer; or 'decompose', for composites whose parts are written; or why there is none. */
export type ExportRule = Exporter | 'decompose' | Refusal;

const gradientOnly: Refusal = { refused: 'it is part of a gradient' };
const training: Refusal = { refused: 'it updates parameters' };
const random: Refusal = { refused: 'it draws random numbers' };

export const EXPORT_RULES = {
  constant: structured.constant,
  cast: structured.cast,
  identity: structured.identity,
  neg: unaryNode('Neg'),
  abs: unaryNode('Abs'),
  sign: unaryNode('Sign'),
  floor: unaryNode('Floor'),
  square: unary((x, out) => out.one('Mul', [x, x])),
  reciprocal: unaryNode('Reciprocal'),
  sqrt: unaryNode('Sqrt'),
  exp: unaryNode('Exp'),
  expm1: elementwise.expm1,
  log: unaryNode('Log'),
  log1p: elementwise.log1p,
  tanh: unaryNode('Tanh'),
  sigmoid: unaryNode('Sigmoid'),
  relu: unaryNode('Relu'),
  round: unaryNode('Round'),
  sin: unaryNode('Sin'),
  cos: unaryNode('Cos'),
  tan: unaryNode('Tan'),
  asin: unaryNode('Asin'),
  acos: unaryNode('Acos'),
  atan: unaryNode('Atan'),
  sinh: unaryNode('Sinh'),
  cosh: unaryNode('Cosh'),
  asinh: unaryNode('Asinh'),
  acosh: unaryNode('Acosh'),
  erf: unaryNode('Erf'),
  erfinv: { refused: 'ONNX has no such operator' },
  add: binaryNode('Add'),
  sub: binaryNode('Sub'),
  mul: binaryNode('Mul'),
  div: binaryNode('Div'),
  pow: binaryNode('Pow'),
  atan2: elementwise.atan2,
  maximum: binaryNode('Max'),
  minimum: binaryNode('Min'),
  equal: comparison('Equal'),
  notEqual: comparison('Equal', true),
  less: comparison('Less'),
  lessEqual: comparison('LessOrEqual'),
  greater: comparison('Greater'),
  greaterEqual: comparison('GreaterOrEqual'),
  select: elementwise.select,
  sum: reduction('ReduceSum', true),
  mean: reduction('ReduceMean'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  prod: reduction('ReduceProd'),
  l2Norm: elementwise.l2Norm,
  argmax: elementwise.argmax,
  cumulativeSum: elementwise.cumulativeSum,
  topK: structured.topK,
  softmax: overLast('Softmax'),
  logSoftmax: overLast('LogSoftmax'),
  reshape: structured.reshape,
  transpose: structured.transpose,
  broadcastTo: structured.broadcastTo,
  slice: structured.slice,
  pad: structured.pad,
  concat: structured.concat,
  split: structured.split,
  matmul: structured.gemm,
  linear: structured.gemm,
  batchMatmul: structured.batchMatmul,
  gather: structured.gather,
  scatterAdd: structured.scatterAdd,
  oneHot: structured.oneHot,
  segment: structured.segment,
  pack: structured.pack,
  scan,
  conv2d: images.conv,
  convLinear: images.conv,
  conv2dInputGradient: images.convTranspose,
  maxPool: images.maxPool,
  averagePool: images.averagePool,
  standardize: images.standardize,
  gatherRows: 'decompose',
  gatherDot: 'decompose',
  gatherSum: 'decompose',
  maskedSoftmax: 'decompose',
  softmaxCrossEntropy: 'decompose',
  sigmoidCrossEntropy: 'decompose',
  randomUniform: random,
  randomNormal: random,
  dropoutMask: random,
  reluGradient: gradientOnly,
  tanhGradient: gradientOnly,
  sigmoidGradient: gradientOnly,
  conv2dFilterGradient: gradientOnly,
  maxPoolGradient: gradientOnly,
  maxPoolGather: gradientOnly,
  averagePoolGradient: gradientOnly,
  softmaxGradient: gradientOnly,
  standardizeGradient: gradientOnly,
  softmaxCrossEntropyGradient: gradientOnly,
  gatherLogistic: gradientOnly,
  scatterAddOuter: gradientOnly,
  rowOrder: gradientOnly,
  guard: training,
  adamUpdate: training,
  adamStep: training,
  sgdUpdate: training,
  sgdStep: training,
  rowNorm: training,
  occurrenceNorm: training,
  rowSgd: training,
  rowAdagrad: training,
  rowLazyAdam: training,
} as const satisfies Record<OpName, ExportRule>;

export function exportRule(name: string): ExportRule {
  return (EXPORT_RULES as Readonly<Record<string, ExportRule>>)[name] ?? { refused: 'it is not known' };
}

/** Ops that stay whole on the way: those with a writer, and those that are refused by their own name. */
export const WHOLE = { has: (name: string): boolean => exportRule(name) !== 'decompose' };
