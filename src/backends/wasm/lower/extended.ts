/** @file How ops are lowered that a dense network has no use for. */
import {
  BinaryFunction as B,
  Opcode,
  ReduceFunction as R,
  RowMethod,
  UnaryFunction as U,
} from '../../../plan/opcodes.ts';
import * as attention from './attention.ts';
import { batchMatmul, batchMatmulScratch } from './batch-matmul.ts';
import type { Lowering, LoweringTable } from './context.ts';
import * as conv from './conv.ts';
import { cumulativeSum, topK } from './cumulative.ts';
import { binary, unary } from './elementwise.ts';
import { group, groupScratch } from './group.ts';
import { planLoop, scan } from './loop.ts';
import * as movement from './movement.ts';
import * as normalize from './normalize.ts';
import { pool } from './pool.ts';
import * as rows from './rows.ts';
import * as structured from './structured.ts';
import { partScratch, reduceInParts } from './sum-in-parts.ts';
import type { ExtendedComposite, ExtendedPrimitive } from './table.ts';
import * as training from './training.ts';

const LOWERINGS = {
  floor: unary(U.floor),
  expm1: unary(U.expm1),
  pow: binary(B.pow),
  round: unary(U.round),
  sin: unary(U.sin),
  cos: unary(U.cos),
  atan: unary(U.atan),
  atan2: binary(B.atan2),
  erf: unary(U.erf),
  erfinv: unary(U.erfinv),
  min: structured.reduce(R.min),
  prod: structured.reduce(R.prod),
  transpose: movement.transpose,
  batchMatmul,
  maskedSoftmax: attention.maskedSoftmax,
  softmaxGradient: attention.softmaxGradient,
  standardize: normalize.standardize,
  standardizeGradient: normalize.standardizeGradient,
  slice: movement.slice,
  pad: movement.pad,
  concat: movement.concat,
  split: movement.split,
  scatterAdd: structured.scatterAdd,
  cumulativeSum,
  topK,
  oneHot: structured.oneHot,
  rowOrder: rows.rowOrder,
  rowNorm: rows.rowNorm,
  occurrenceNorm: rows.occurrenceNorm,
  rowSgd: rows.rowSgd,
  rowAdagrad: rows.rowUpdate(RowMethod.adagrad),
  rowLazyAdam: rows.rowUpdate(RowMethod.lazyAdam),
  gatherDot: rows.gatherProduct(Opcode.gatherDot),
  gatherSum: rows.gatherProduct(Opcode.gatherSum),
  gatherLogistic: rows.gatherLogistic,
  randomUniform: training.random(Opcode.randomUniform),
  scan,
  sum: reduceInParts(R.sum),
  mean: reduceInParts(R.mean),
  conv2d: conv.conv,
  convLinear: conv.convLinear,
  conv2dInputGradient: conv.convInputGradient,
  conv2dFilterGradient: conv.convFilterGradient,
  maxPool: pool(Opcode.maxPool),
  maxPoolGradient: pool(Opcode.maxPoolGradient),
  maxPoolGather: pool(Opcode.maxPoolGather),
  averagePool: pool(Opcode.averagePool),
  averagePoolGradient: pool(Opcode.averagePoolGradient),
  randomNormal: training.random(Opcode.randomNormal),
} satisfies Record<ExtendedPrimitive | ExtendedComposite | 'sum' | 'mean', Lowering>;

export const EXTENDED: LoweringTable = {
  planLoop,
  lowerings: { ...LOWERINGS, elementwiseGroup: group },
  scratchBytes: {
    elementwiseGroup: groupScratch,
    batchMatmul: batchMatmulScratch,
    rowOrder: rows.rowOrderScratch,
    rowNorm: rows.rowNormScratch,
    rowAdagrad: rows.rowUpdateScratch,
    rowLazyAdam: rows.rowUpdateScratch,
    standardize: normalize.standardizeScratch,
    standardizeGradient: normalize.standardizeScratch,
    sum: partScratch,
    mean: partScratch,
    conv2d: conv.convScratch,
    convLinear: conv.convScratch,
    conv2dInputGradient: conv.convScratch,
    conv2dFilterGradient: conv.convScratch,
  },
};
