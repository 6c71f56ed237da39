/** @file Lowering of what goes through the elements of a row in order: running sums, and the largest ones. */
import { sizeOf } from '../../../core/shape.ts';
import type { Value } from '../../../graph/node.ts';
import { CumulativeSumField, Opcode, TopKField } from '../../../plan/opcodes.ts';
import { input, type Lowering, output } from './context.ts';

export const cumulativeSum: Lowering = (node, { address, emit }) => {
  const { shape } = output(node);
  const axis = node.attributes.axis as number;
  emit(Opcode.cumulativeSum, CumulativeSumField.words, {
    [CumulativeSumField.destination]: address(output(node)),
    [CumulativeSumField.source]: address(input(node, 0)),
    [CumulativeSumField.outer]: sizeOf(shape.slice(0, axis)),
    [CumulativeSumField.k]: shape[axis] as number,
    [CumulativeSumField.inner]: sizeOf(shape.slice(axis + 1)),
    [CumulativeSumField.reverse]: Number(node.attributes.reverse),
  });
};

export const topK: Lowering = (node, { address, emit }) => {
  const [indices, places] = node.outputs as [Value, Value];
  const { shape } = input(node, 0);
  const columns = shape[shape.length - 1] as number;
  emit(Opcode.topK, TopKField.words, {
    [TopKField.indices]: address(indices),
    [TopKField.places]: address(places),
    [TopKField.source]: address(input(node, 0)),
    [TopKField.rows]: sizeOf(shape) / columns,
    [TopKField.columns]: columns,
    [TopKField.k]: node.attributes.k as number,
  });
};
