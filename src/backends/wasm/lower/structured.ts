/** @file Lowering of reductions, products, softmax and indexing. */
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import { type LinearActivation, type MatmulAttributes, matmulSizes } from '../../../ops/matmul.ts';
import {
  Activation,
  ArgmaxField,
  Broadcast,
  CrossEntropyField,
  CrossEntropyGradientField,
  GatherField,
  L2NormField,
  MatmulField,
  OneHotField,
  Opcode,
  ReduceField,
  type ReduceFunction,
  ScatterAddField,
  SoftmaxField,
  SumSquaresField,
} from '../../../plan/opcodes.ts';
import { matmulScratchBytes, normSumsBytes } from '../../../plan/sizes.ts';
import { ELEMENT_TYPES, input, type Lowering, type LoweringContext, output } from './context.ts';

export const reduce =
  (which: ReduceFunction): Lowering =>
  (node, { address, emit }) => {
    const { shape } = input(node, 0);
    const axes = node.attributes.axes as number[];
    const [first, last] = [axes[0] as number, axes[axes.length - 1] as number];
    emit(Opcode.reduce, ReduceField.words, {
      [ReduceField.destination]: address(output(node)),
      [ReduceField.source]: address(input(node, 0)),
      [ReduceField.outer]: sizeOf(shape.slice(0, first)),
      [ReduceField.k]: sizeOf(shape.slice(first, last + 1)),
      [ReduceField.inner]: sizeOf(shape.slice(last + 1)),
      [ReduceField.operation]: which,
      [ReduceField.step]: sizeOf(shape.slice(last + 1)),
    });
  };

/** What a product multiplies. Lhsᵀ times one column is one row times lhs: tiles are 8 wide, and 4 high. */
function factorsOf(node: Node) {
  const { transposeLhs, transposeRhs } = node.attributes as MatmulAttributes;
  const [lhs, rhs] = [input(node, 0), input(node, 1)];
  const sizes = matmulSizes(lhs.shape, rhs.shape, { transposeLhs, transposeRhs });
  return sizes.n === 1 && transposeLhs && !transposeRhs && node.op.name === 'matmul'
    ? { lhs: rhs, rhs: lhs, lda: sizes.k, m: 1, k: sizes.k, n: sizes.m, transposeLhs: false, transposeRhs }
    : { lhs, rhs, lda: lhs.shape[1] as number, ...sizes, transposeLhs, transposeRhs };
}

function emitMatmul(node: Node, context: LoweringContext, bias: number, activation: Activation): void {
  const { lhs, rhs, lda, m, n, k, transposeLhs, transposeRhs } = factorsOf(node);
  context.emit(Opcode.matmul, MatmulField.words, {
    [MatmulField.destination]: context.address(output(node)),
    [MatmulField.lhs]: context.address(lhs),
    [MatmulField.rhs]: context.address(rhs),
    [MatmulField.bias]: bias,
    [MatmulField.m]: m,
    [MatmulField.n]: n,
    [MatmulField.k]: k,
    [MatmulField.lda]: lda,
    [MatmulField.ldb]: rhs.shape[1] as number,
    [MatmulField.ldc]: n,
    [MatmulField.transposeLhs]: Number(transposeLhs),
    [MatmulField.transposeRhs]: Number(transposeRhs),
    [MatmulField.activation]: activation,
    [MatmulField.scratch]: context.scratch(node),
  });
}

export const ACTIVATIONS: Readonly<Record<LinearActivation, Activation>> = {
  none: Activation.none,
  relu: Activation.relu,
  tanh: Activation.tanh,
  sigmoid: Activation.sigmoid,
};

export const matmulScratch = (node: Node): number => matmulScratchBytes(factorsOf(node));

export const matmul: Lowering = (node, context) => emitMatmul(node, context, 0, Activation.none);
export const linear: Lowering = (node, context) =>
  emitMatmul(
    node,
    context,
    context.address(input(node, 2)),
    ACTIVATIONS[node.attributes.activation as LinearActivation],
  );

export const l2NormScratch = (node: Node): number => normSumsBytes(sizeOf(input(node, 0).shape));

export const l2Norm: Lowering = (node, { address, scratch, emit }) => {
  const [source, count, sums] = [address(input(node, 0)), sizeOf(input(node, 0).shape), scratch(node)];
  emit(Opcode.sumSquares, SumSquaresField.words, {
    [SumSquaresField.destination]: sums,
    [SumSquaresField.source]: source,
    [SumSquaresField.count]: count,
  });
  emit(Opcode.l2Norm, L2NormField.words, {
    [L2NormField.destination]: address(output(node)),
    [L2NormField.sums]: sums,
    [L2NormField.source]: source,
    [L2NormField.count]: count,
  });
};

/** The output (or input) seen as rows along the last axis. */
function rowsOf(shape: readonly number[]): { rows: number; columns: number } {
  const columns = shape[shape.length - 1] as number;
  return { rows: sizeOf(shape) / columns, columns };
}

export const argmax: Lowering = (node, { address, emit }) => {
  const { rows, columns } = rowsOf(input(node, 0).shape);
  emit(Opcode.argmax, ArgmaxField.words, {
    [ArgmaxField.destination]: address(output(node)),
    [ArgmaxField.source]: address(input(node, 0)),
    [ArgmaxField.rows]: rows,
    [ArgmaxField.columns]: columns,
  });
};

export const softmax =
  (log: 0 | 1): Lowering =>
  (node, { address, emit }) => {
    const { rows, columns } = rowsOf(output(node).shape);
    emit(Opcode.softmax, SoftmaxField.words, {
      [SoftmaxField.destination]: address(output(node)),
      [SoftmaxField.source]: address(input(node, 0)),
      [SoftmaxField.rows]: rows,
      [SoftmaxField.columns]: columns,
      [SoftmaxField.log]: log,
    });
  };

export const softmaxCrossEntropy: Lowering = (node, { address, emit }) => {
  const [losses, probabilities] = node.outputs;
  const { rows, columns } = rowsOf(input(node, 0).shape);
  emit(Opcode.crossEntropy, CrossEntropyField.words, {
    [CrossEntropyField.losses]: address(losses as Value),
    [CrossEntropyField.probabilities]: address(probabilities as Value),
    [CrossEntropyField.logits]: address(input(node, 0)),
    [CrossEntropyField.labels]: address(input(node, 1)),
    [CrossEntropyField.rows]: rows,
    [CrossEntropyField.columns]: columns,
  });
};

export const softmaxCrossEntropyGradient: Lowering = (node, { address, emit }) => {
  const { rows, columns } = rowsOf(output(node).shape);
  const cotangent = input(node, 2);
  emit(Opcode.crossEntropyGradient, CrossEntropyGradientField.words, {
    [CrossEntropyGradientField.destination]: address(output(node)),
    [CrossEntropyGradientField.probabilities]: address(input(node, 0)),
    [CrossEntropyGradientField.labels]: address(input(node, 1)),
    [CrossEntropyGradientField.cotangent]: address(cotangent),
    [CrossEntropyGradientField.mode]: cotangent.shape.length === 0 ? Broadcast.scalar : Broadcast.column,
    [CrossEntropyGradientField.rows]: rows,
    [CrossEntropyGradientField.columns]: columns,
  });
};

/** gather, and with shift and scale gatherRows. */
export const gather: Lowering = (node, { address, emit }) => {
  const [source, indices, shift, scale] = node.inputs;
  const table = source as Value;
  const rows = table.shape[0] as number;
  emit(Opcode.gather, GatherField.words, {
    [GatherField.destination]: address(output(node)),
    [GatherField.source]: address(table),
    [GatherField.indices]: address(indices as Value),
    [GatherField.count]: sizeOf((indices as Value).shape),
    [GatherField.rowElements]: sizeOf(table.shape) / rows,
    [GatherField.rows]: rows,
    [GatherField.sourceType]: ELEMENT_TYPES[table.dtype],
    [GatherField.destinationType]: ELEMENT_TYPES[output(node).dtype],
    [GatherField.shift]: shift === undefined ? 0 : address(shift),
    [GatherField.scale]: scale === undefined ? 0 : address(scale),
    [GatherField.mode]: shift !== undefined && shift.shape.length === 1 ? Broadcast.row : Broadcast.scalar,
  });
};

export const scatterAdd: Lowering = (node, { address, emit }) =>
  emit(Opcode.scatterAdd, ScatterAddField.words, {
    [ScatterAddField.destination]: address(output(node)),
    [ScatterAddField.indices]: address(input(node, 0)),
    [ScatterAddField.updates]: address(input(node, 1)),
    [ScatterAddField.count]: sizeOf(input(node, 0).shape),
    [ScatterAddField.rowElements]: sizeOf(node.attributes.rowShape as number[]),
    [ScatterAddField.rows]: node.attributes.rows as number,
  });

export const oneHot: Lowering = (node, { address, emit }) =>
  emit(Opcode.oneHot, OneHotField.words, {
    [OneHotField.destination]: address(output(node)),
    [OneHotField.indices]: address(input(node, 0)),
    [OneHotField.rows]: sizeOf(input(node, 0).shape),
    [OneHotField.depth]: node.attributes.depth as number,
  });
