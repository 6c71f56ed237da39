/**
 * @file How the ops of a dense network are lowered. The others stand in extended.ts, which is loaded when a program has one
 * of them; together they are every primitive and the composites that run whole. A missing row does not compile.
 */
import type { Graph } from '../../../graph/node.ts';
import type { CompositeName, PrimitiveName } from '../../../ops/table.ts';
import { BinaryFunction as B, ReduceFunction as R, UnaryFunction as U } from '../../../plan/opcodes.ts';
import type { Lowering, LoweringTable } from './context.ts';
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

/** Names alone: passes ask for them before the extended table is loaded. */
const EXTENDED_COMPOSITES = [
  'convLinear',
  'standardize',
  'standardizeGradient',
  'maskedSoftmax',
  'softmaxGradient',
  'gatherDot',
  'gatherSum',
  'gatherLogistic',
  'rowNorm',
  'occurrenceNorm',
  'rowSgd',
  'rowAdagrad',
  'rowLazyAdam',
] as const satisfies readonly CompositeName[];
export type ExtendedComposite = (typeof EXTENDED_COMPOSITES)[number];

export const fusedOps: ReadonlySet<string> = new Set([...Object.keys(FUSED), ...EXTENDED_COMPOSITES]);

/** Primitives that have their rows in extended.ts. */
export type ExtendedPrimitive =
  | 'floor'
  | 'expm1'
  | 'pow'
  | 'round'
  | 'sin'
  | 'cos'
  | 'atan'
  | 'atan2'
  | 'erf'
  | 'erfinv'
  | 'min'
  | 'prod'
  | 'transpose'
  | 'batchMatmul'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'split'
  | 'scatterAdd'
  | 'cumulativeSum'
  | 'topK'
  | 'concat'
  | 'oneHot'
  | 'rowOrder'
  | 'scan'
  | 'conv2d'
  | 'conv2dInputGradient'
  | 'conv2dFilterGradient'
  | 'maxPool'
  | 'maxPoolGradient'
  | 'maxPoolGather'
  | 'averagePool'
  | 'averagePoolGradient'
  | 'randomUniform'
  | 'randomNormal';

const PRIMITIVES = {
  constant: nothing,
  identity: nothing,
  reshape: nothing,
  segment: nothing,
  cast,
  neg: unary(U.neg),
  abs: unary(U.abs),
  sign: unary(U.sign),
  square: unary(U.square),
  reciprocal: unary(U.reciprocal),
  sqrt: unary(U.sqrt),
  exp: unary(U.exp),
  log: unary(U.log),
  log1p: unary(U.log1p),
  tanh: unary(U.tanh),
  sigmoid: unary(U.sigmoid),
  relu: unary(U.relu),
  add: binary(B.add),
  sub: binary(B.sub),
  mul: binary(B.mul),
  div: binary(B.div),
  maximum: binary(B.maximum),
  minimum: binary(B.minimum),
  equal: binary(B.equal),
  notEqual: binary(B.notEqual),
  less: binary(B.less),
  lessEqual: binary(B.lessEqual),
  greater: binary(B.greater),
  greaterEqual: binary(B.greaterEqual),
  reluGradient: binary(B.reluGradient),
  tanhGradient: binary(B.tanhGradient),
  sigmoidGradient: binary(B.sigmoidGradient),
  select,
  sum: structured.reduce(R.sum),
  mean: structured.reduce(R.mean),
  max: structured.reduce(R.max),
  l2Norm: structured.l2Norm,
  argmax: structured.argmax,
  broadcastTo: movement.broadcastTo,
  pack: movement.pack,
  matmul: structured.matmul,
  gather: structured.gather,
  dropoutMask: training.dropoutMask,
  guard: training.guard,
} satisfies Record<Exclude<PrimitiveName, ExtendedPrimitive>, Lowering>;

export const CORE: LoweringTable = {
  lowerings: { ...PRIMITIVES, ...FUSED },
  scratchBytes: {
    matmul: structured.matmulScratch,
    linear: structured.matmulScratch,
    l2Norm: structured.l2NormScratch,
  },
};

/** The rows for some graphs: the core's, and if they hold other ops all of them. */
export async function tableFor(graphs: readonly Graph[]): Promise<LoweringTable> {
  // A loop's body needs no look: the loop itself is not in the core.
  const isCore = graphs.every(({ nodes }) => nodes.every(({ op }) => op.name in CORE.lowerings));
  if (isCore) return CORE;
  const { EXTENDED } = await import('./extended.ts');
  return {
    ...EXTENDED,
    lowerings: { ...CORE.lowerings, ...EXTENDED.lowerings },
    scratchBytes: { ...CORE.scratchBytes, ...EXTENDED.scratchBytes },
  };
}
