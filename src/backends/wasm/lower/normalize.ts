/** @file Lowering of normalizations. */
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import type { StandardizeAttributes } from '../../../ops/standardize.ts';
import { bitsOf } from '../../../plan/format.ts';
import { Opcode, StandardizeField, StandardizeGradientField } from '../../../plan/opcodes.ts';
import { standardizeScratchBytes } from '../../../plan/sizes.ts';
import { input, type Lowering, output } from './context.ts';

/** The first output seen as [outer, k, inner], k being the axes' elements. */
function sizesOf(node: Node): { outer: number; k: number; inner: number } {
  const { shape } = node.outputs[0] as Value;
  const { axes } = node.attributes as StandardizeAttributes;
  const [first, behind] = [axes[0] as number, (axes.at(-1) as number) + 1];
  return {
    outer: sizeOf(shape.slice(0, first)),
    k: sizeOf(shape.slice(first, behind)),
    inner: sizeOf(shape.slice(behind)),
  };
}

export const standardizeScratch = (node: Node): number => standardizeScratchBytes(sizesOf(node).inner);

export const standardize: Lowering = (node, { address, scratch, emit }) => {
  const { outer, k, inner } = sizesOf(node);
  const { epsilon } = node.attributes as StandardizeAttributes;
  const [y, variance, mean] = node.outputs as [Value, Value, Value | undefined];
  emit(Opcode.standardize, StandardizeField.words, {
    [StandardizeField.destination]: address(y),
    [StandardizeField.variance]: address(variance),
    [StandardizeField.mean]: mean === undefined ? 0 : address(mean),
    [StandardizeField.source]: address(input(node, 0)),
    [StandardizeField.outer]: outer,
    [StandardizeField.k]: k,
    [StandardizeField.inner]: inner,
    [StandardizeField.epsilon]: bitsOf(epsilon),
    [StandardizeField.scratch]: scratch(node),
  });
};

export const standardizeGradient: Lowering = (node, { address, scratch, emit }) => {
  const { outer, k, inner } = sizesOf(node);
  const { epsilon, center } = node.attributes as StandardizeAttributes;
  emit(Opcode.standardizeGradient, StandardizeGradientField.words, {
    [StandardizeGradientField.destination]: address(output(node)),
    [StandardizeGradientField.normalized]: address(input(node, 0)),
    [StandardizeGradientField.variance]: address(input(node, 1)),
    [StandardizeGradientField.cotangent]: address(input(node, 2)),
    [StandardizeGradientField.outer]: outer,
    [StandardizeGradientField.k]: k,
    [StandardizeGradientField.inner]: inner,
    [StandardizeGradientField.epsilon]: bitsOf(epsilon),
    [StandardizeGradientField.center]: Number(center),
    [StandardizeGradientField.scratch]: scratch(node),
  });
};
