/** @file Every op record, by name. For tests, tools and types; the library's own code imports the ops that it uses. */
import { constant } from '../graph/trace.ts';
import { batchMatmulOp } from './batch-matmul.ts';
import { castOp, identityOp } from './cast.ts';
import { concatOp, splitOp } from './concat.ts';
import { conv2dFilterGradientOp, conv2dInputGradientOp, conv2dOp, convLinearOp } from './conv.ts';
import { cumulativeSumOp } from './cumulative.ts';
import * as elementwise from './elementwise.ts';
import { erfinvOp, erfOp } from './erf.ts';
import { gatherLogisticOp } from './gather-logistic.ts';
import { gatherDotOp, gatherSumOp, scatterAddOuterOp } from './gather-product.ts';
import { packOp, segmentOp } from './group.ts';
import { acoshOp, asinhOp, coshOp, sinhOp } from './hyperbolic.ts';
import { gatherOp, gatherRowsOp, oneHotOp, scatterAddOp } from './indexing.ts';
import { maskedSoftmaxOp, softmaxGradientOp } from './masked-softmax.ts';
import { linearOp, matmulOp } from './matmul.ts';
import { broadcastToOp, padOp, reshapeOp, sliceOp, transposeOp } from './movement.ts';
import * as pool from './pool.ts';
import { dropoutMaskOp, normalOp, uniformOp } from './random.ts';
import { argmaxOp, l2NormOp, maxOp, meanOp, minOp, prodOp, sumOp } from './reduce.ts';
import { roundOp } from './rounding.ts';
import { occurrenceNormOp, rowAdagradOp, rowLazyAdamOp, rowNormOp, rowOrderOp, rowSgdOp } from './rows.ts';
import { scanOp } from './scan.ts';
import { sigmoidCrossEntropyOp } from './sigmoid-cross-entropy.ts';
import { logSoftmaxOp, softmaxCrossEntropyGradientOp, softmaxCrossEntropyOp, softmaxOp } from './softmax.ts';
import { standardizeGradientOp, standardizeOp } from './standardize.ts';
import { topKOp } from './top-k.ts';
import { acosOp, asinOp, atan2Op, atanOp, cosOp, sinOp, tanOp } from './trigonometric.ts';
import { adamStepOp, adamUpdateOp, guardOp, sgdStepOp, sgdUpdateOp } from './update.ts';

/** Ops with `evaluate`, which every backend must be able to run. */
export const primitives = {
  constant,
  cast: castOp,
  identity: identityOp,
  neg: elementwise.negOp,
  abs: elementwise.absOp,
  sign: elementwise.signOp,
  floor: elementwise.floorOp,
  square: elementwise.squareOp,
  reciprocal: elementwise.reciprocalOp,
  sqrt: elementwise.sqrtOp,
  exp: elementwise.expOp,
  expm1: elementwise.expm1Op,
  log: elementwise.logOp,
  log1p: elementwise.log1pOp,
  tanh: elementwise.tanhOp,
  sigmoid: elementwise.sigmoidOp,
  relu: elementwise.reluOp,
  round: roundOp,
  sin: sinOp,
  cos: cosOp,
  atan: atanOp,
  erf: erfOp,
  erfinv: erfinvOp,
  add: elementwise.addOp,
  sub: elementwise.subOp,
  mul: elementwise.mulOp,
  div: elementwise.divOp,
  pow: elementwise.powOp,
  atan2: atan2Op,
  maximum: elementwise.maximumOp,
  minimum: elementwise.minimumOp,
  equal: elementwise.equalOp,
  notEqual: elementwise.notEqualOp,
  less: elementwise.lessOp,
  lessEqual: elementwise.lessEqualOp,
  greater: elementwise.greaterOp,
  greaterEqual: elementwise.greaterEqualOp,
  reluGradient: elementwise.reluGradientOp,
  tanhGradient: elementwise.tanhGradientOp,
  sigmoidGradient: elementwise.sigmoidGradientOp,
  select: elementwise.selectOp,
  sum: sumOp,
  mean: meanOp,
  max: maxOp,
  min: minOp,
  prod: prodOp,
  l2Norm: l2NormOp,
  argmax: argmaxOp,
  cumulativeSum: cumulativeSumOp,
  topK: topKOp,
  reshape: reshapeOp,
  transpose: transposeOp,
  broadcastTo: broadcastToOp,
  slice: sliceOp,
  pad: padOp,
  concat: concatOp,
  split: splitOp,
  matmul: matmulOp,
  batchMatmul: batchMatmulOp,
  gather: gatherOp,
  scatterAdd: scatterAddOp,
  oneHot: oneHotOp,
  rowOrder: rowOrderOp,
  segment: segmentOp,
  pack: packOp,
  randomUniform: uniformOp,
  randomNormal: normalOp,
  dropoutMask: dropoutMaskOp,
  guard: guardOp,
  scan: scanOp,
  conv2d: conv2dOp,
  conv2dInputGradient: conv2dInputGradientOp,
  conv2dFilterGradient: conv2dFilterGradientOp,
  maxPool: pool.maxPoolOp,
  maxPoolGradient: pool.maxPoolGradientOp,
  maxPoolGather: pool.maxPoolGatherOp,
  averagePool: pool.averagePoolOp,
  averagePoolGradient: pool.averagePoolGradientOp,
} as const;

/** Ops with `decompose`, which a backend may run whole. */
export const composites = {
  tan: tanOp,
  asin: asinOp,
  acos: acosOp,
  sinh: sinhOp,
  cosh: coshOp,
  asinh: asinhOp,
  acosh: acoshOp,
  linear: linearOp,
  convLinear: convLinearOp,
  gatherRows: gatherRowsOp,
  gatherDot: gatherDotOp,
  gatherSum: gatherSumOp,
  gatherLogistic: gatherLogisticOp,
  scatterAddOuter: scatterAddOuterOp,
  maskedSoftmax: maskedSoftmaxOp,
  softmaxGradient: softmaxGradientOp,
  standardize: standardizeOp,
  standardizeGradient: standardizeGradientOp,
  softmax: softmaxOp,
  logSoftmax: logSoftmaxOp,
  softmaxCrossEntropy: softmaxCrossEntropyOp,
  softmaxCrossEntropyGradient: softmaxCrossEntropyGradientOp,
  sigmoidCrossEntropy: sigmoidCrossEntropyOp,
  adamUpdate: adamUpdateOp,
  adamStep: adamStepOp,
  sgdUpdate: sgdUpdateOp,
  sgdStep: sgdStepOp,
  rowNorm: rowNormOp,
  occurrenceNorm: occurrenceNormOp,
  rowSgd: rowSgdOp,
  rowAdagrad: rowAdagradOp,
  rowLazyAdam: rowLazyAdamOp,
} as const;

export type PrimitiveName = keyof typeof primitives;
export type CompositeName = keyof typeof composites;
export type OpName = PrimitiveName | CompositeName;
