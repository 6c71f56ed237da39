/** @file Lowering of what is done with rows of a table: their order, gradients by rows, updates, products. */
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import type { AdagradAttributes } from '../../../ops/rows.ts';
import type { AdamAttributes } from '../../../ops/update.ts';
import { bitsOf } from '../../../plan/format.ts';
import {
  GatherLogisticField,
  GatherProductField,
  Opcode,
  RowMethod,
  RowNormField,
  RowOrderField,
  RowSgdField,
  RowUpdateField,
  WeightedNormField,
} from '../../../plan/opcodes.ts';
import { rowGradientScratchBytes, rowOrderScratchBytes } from '../../../plan/sizes.ts';
import { input, type Lowering, type LoweringContext, output } from './context.ts';
import { inPlace } from './training.ts';

export const rowOrderScratch = (node: Node): number => rowOrderScratchBytes(sizeOf(input(node, 0).shape));

export const rowOrder: Lowering = (node, { address, scratch, emit }) =>
  emit(Opcode.rowOrder, RowOrderField.words, {
    [RowOrderField.destination]: address(output(node)),
    [RowOrderField.scratch]: scratch(node),
    [RowOrderField.indices]: address(input(node, 0)),
    [RowOrderField.count]: sizeOf(output(node).shape),
    [RowOrderField.rows]: node.attributes.rows as number,
  });

/** The words of a gradient by rows, the node's inputs from `first` on. */
function gradientFields({ inputs }: Node, first: number, { address }: LoweringContext): Record<number, number> {
  const [index, order, vectors, weights] = inputs.slice(first) as [Value, Value, Value, Value | undefined];
  const count = sizeOf(index.shape);
  const [groups, rowElements] = vectors.shape as [number, number];
  return {
    [RowNormField.indices]: address(index),
    [RowNormField.order]: address(order),
    [RowNormField.vectors]: address(vectors),
    [RowNormField.weights]: weights === undefined ? 0 : address(weights),
    [RowNormField.count]: count,
    [RowNormField.group]: count / groups,
    [RowNormField.rowElements]: rowElements,
  };
}

export const rowNormScratch = (node: Node): number => rowGradientScratchBytes(sizeOf(input(node, 0).shape));

/** The indices stand behind the blocks and the scalars. */
export const rowUpdateScratch = (node: Node): number =>
  rowGradientScratchBytes(sizeOf(input(node, node.outputs.length + 1).shape));

export const rowNorm: Lowering = (node, context) =>
  context.emit(Opcode.rowNorm, RowNormField.words, {
    ...gradientFields(node, 0, context),
    [RowNormField.destination]: context.address(output(node)),
    [RowNormField.scratch]: context.scratch(node),
    [RowNormField.rows]: node.attributes.rows as number,
  });

export const occurrenceNorm: Lowering = (node, { address, emit }) => {
  const [vectors, weights] = node.inputs as [Value, Value];
  const [count, rowElements] = vectors.shape as [number, number];
  emit(Opcode.weightedNorm, WeightedNormField.words, {
    [WeightedNormField.destination]: address(output(node)),
    [WeightedNormField.vectors]: address(vectors),
    [WeightedNormField.weights]: address(weights),
    [WeightedNormField.count]: count,
    [WeightedNormField.group]: sizeOf(weights.shape) / count,
    [WeightedNormField.rowElements]: rowElements,
  });
};

function factorsOf(method: RowMethod, { attributes }: Node): readonly number[] {
  if (method === RowMethod.adagrad) {
    const { epsilon, initial } = attributes as AdagradAttributes;
    return [epsilon, initial];
  }
  const { beta1, beta2 } = attributes as AdamAttributes;
  // Computed in double, as in `adamStep`.
  return [beta1, 1 - beta1, beta2, 1 - beta2];
}

export const rowUpdate =
  (method: RowMethod): Lowering =>
  (node, context) => {
    const blocks = node.outputs;
    const table = output(node);
    inPlace(
      blocks.map((to, i) => [input(node, i), to] as const),
      context,
    );
    const fields: Record<number, number> = {
      ...gradientFields(node, blocks.length + 1, context),
      [RowUpdateField.scratch]: context.scratch(node),
      [RowUpdateField.table]: context.address(table),
      [RowUpdateField.first]: context.address(blocks[1] as Value),
      [RowUpdateField.second]: blocks[2] === undefined ? 0 : context.address(blocks[2]),
      [RowUpdateField.scalars]: context.address(input(node, blocks.length)),
      [RowUpdateField.rows]: table.shape[0] as number,
      [RowUpdateField.method]: method,
      [RowUpdateField.to]: sizeOf(input(node, blocks.length + 1).shape),
    };
    factorsOf(method, node).forEach((factor, i) => {
      fields[RowUpdateField.factors + i] = bitsOf(factor);
    });
    context.emit(Opcode.rowUpdate, RowUpdateField.words, fields);
  };

export const rowSgd: Lowering = (node, context) => {
  const [table, scalars, index, vectors, weights] = node.inputs as [Value, Value, Value, Value, Value | undefined];
  inPlace([[table, output(node)]], context);
  const [count, [groups, rowElements]] = [sizeOf(index.shape), vectors.shape as [number, number]];
  context.emit(Opcode.rowSgd, RowSgdField.words, {
    [RowSgdField.table]: context.address(output(node)),
    [RowSgdField.indices]: context.address(index),
    [RowSgdField.vectors]: context.address(vectors),
    [RowSgdField.weights]: weights === undefined ? 0 : context.address(weights),
    [RowSgdField.count]: count,
    [RowSgdField.group]: count / groups,
    [RowSgdField.rowElements]: rowElements,
    [RowSgdField.rows]: table.shape[0] as number,
    [RowSgdField.scalars]: context.address(scalars),
    [RowSgdField.to]: rowElements,
  });
};

/** The words of a product with rows; `GatherLogisticField` begins with them. */
function productFields({ inputs, outputs }: Node, { address }: LoweringContext): Record<number, number> {
  const [table, index, factors] = inputs as [Value, Value, Value];
  const [count, group] = index.shape as [number, number];
  const [rows, rowElements] = table.shape as [number, number];
  return {
    [GatherProductField.destination]: address(outputs[0] as Value),
    [GatherProductField.table]: address(table),
    [GatherProductField.indices]: address(index),
    [GatherProductField.factors]: address(factors),
    [GatherProductField.count]: count,
    [GatherProductField.group]: group,
    [GatherProductField.rowElements]: rowElements,
    [GatherProductField.rows]: rows,
  };
}

export const gatherProduct =
  (opcode: Opcode.gatherDot | Opcode.gatherSum): Lowering =>
  (node, context) =>
    context.emit(opcode, GatherProductField.words, productFields(node, context));

export const gatherLogistic: Lowering = (node, context) => {
  const [, losses, weights, sums] = node.outputs as [Value, Value, Value, Value];
  context.emit(Opcode.gatherLogistic, GatherLogisticField.words, {
    ...productFields(node, context),
    [GatherLogisticField.targets]: context.address(input(node, 3)),
    [GatherLogisticField.scale]: context.address(input(node, 4)),
    [GatherLogisticField.losses]: context.address(losses),
    [GatherLogisticField.weights]: context.address(weights),
    [GatherLogisticField.sums]: context.address(sums),
  });
};
