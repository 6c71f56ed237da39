/** @file Lowering of the softmax of attention. */
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import type { MaskedSoftmaxAttributes } from '../../../ops/masked-softmax.ts';
import { bitsOf } from '../../../plan/format.ts';
import { MaskedSoftmaxField, Opcode, SoftmaxGradientField } from '../../../plan/opcodes.ts';
import { input, type Lowering, output } from './context.ts';
import { collapse, lastTwo, offsetsOf, stepsOf } from './steps.ts';

const inOrder = (shape: readonly number[]): number[] => shape.map((_, axis) => axis);

/** The words that say which columns a row sees. */
function visibility(node: Node): { columns: number; queries: number; offset: number; scale: number } {
  const { causal, scale } = node.attributes as MaskedSoftmaxAttributes;
  const [queries, columns] = output(node).shape.slice(-2) as [number, number];
  return { columns, queries: causal ? queries : 0, offset: causal ? columns - queries : 0, scale: bitsOf(scale) };
}

export const maskedSoftmax: Lowering = (node, { address, emit }) => {
  const { shape } = output(node);
  const mask = node.inputs[1] as Value | undefined;
  const { columns, queries, offset, scale } = visibility(node);
  const rank = shape.length;
  const own = stepsOf(shape, inOrder(shape), rank);
  // Without a mask all rows are alike.
  const masks = mask === undefined ? own.map(() => 0) : stepsOf(mask.shape, inOrder(mask.shape), rank);
  const rows = shape
    .slice(0, -1)
    .map((count, axis) => ({ count, steps: [own[axis] as number, masks[axis] as number] }));
  const axes = mask === undefined ? [{ count: sizeOf(shape) / columns, steps: [columns, 0] }] : collapse(rows);
  const [outer, inner] = lastTwo(axes, 2);
  for (const [scores, toMask] of offsetsOf(axes.slice(0, -2), 2) as [number, number][]) {
    emit(Opcode.maskedSoftmax, MaskedSoftmaxField.words, {
      [MaskedSoftmaxField.destination]: address(output(node)) + 4 * scores,
      [MaskedSoftmaxField.source]: address(input(node, 0)) + 4 * scores,
      [MaskedSoftmaxField.mask]: mask === undefined ? 0 : address(mask) + 4 * toMask,
      [MaskedSoftmaxField.outer]: outer.count,
      [MaskedSoftmaxField.inner]: inner.count,
      [MaskedSoftmaxField.columns]: columns,
      [MaskedSoftmaxField.maskOuter]: outer.steps[1] as number,
      [MaskedSoftmaxField.maskInner]: inner.steps[1] as number,
      [MaskedSoftmaxField.queries]: queries,
      [MaskedSoftmaxField.offset]: offset,
      [MaskedSoftmaxField.scale]: scale,
    });
  }
};

export const softmaxGradient: Lowering = (node, { address, emit }) => {
  const { columns, queries, offset, scale } = visibility(node);
  emit(Opcode.softmaxGradient, SoftmaxGradientField.words, {
    [SoftmaxGradientField.destination]: address(output(node)),
    [SoftmaxGradientField.weights]: address(input(node, 0)),
    [SoftmaxGradientField.cotangent]: address(input(node, 1)),
    [SoftmaxGradientField.rows]: sizeOf(output(node).shape) / columns,
    [SoftmaxGradientField.columns]: columns,
    [SoftmaxGradientField.queries]: queries,
    [SoftmaxGradientField.offset]: offset,
    [SoftmaxGradientField.scale]: scale,
  });
};
