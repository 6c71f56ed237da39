/**
 * @file Sums over all but the channels of images or sequences, as of a convolution's bias: of four parts of the rows first, then of
 * the four. Threads take parts, as they do of filter gradients (conv.ts), where a cut by channels would let each read every line.
 */
import { sizeOf } from '../../../core/shape.ts';
import type { Node } from '../../../graph/node.ts';
import { Constant, Opcode, ReduceField, type ReduceFunction } from '../../../plan/opcodes.ts';
import { input, type Lowering, type LoweringContext, output } from './context.ts';
import { reduce } from './structured.ts';

const PARTS = 4;
/** Fewer elements than this are as soon read by one thread. */
const LEAST_ELEMENTS = 4096;

/** By sizes alone, so that bits do not depend on threads. */
function isInParts(node: Node): boolean {
  const { shape } = input(node, 0);
  const axes = node.attributes.axes as number[];
  const keepsChannels = axes.length > 1 && axes.length < shape.length && axes.every((axis, i) => axis === i);
  const rows = sizeOf(shape.slice(0, axes.length));
  return keepsChannels && rows % PARTS === 0 && sizeOf(shape) >= LEAST_ELEMENTS;
}

/** f32 [outer, k, inner], contiguous, to [outer, inner]. */
export function emitReduce(
  { emit }: LoweringContext,
  operation: ReduceFunction,
  addresses: { readonly destination: number; readonly source: number },
  sizes: { readonly outer: number; readonly k: number; readonly inner: number },
): void {
  emit(Opcode.reduce, ReduceField.words, {
    [ReduceField.destination]: addresses.destination,
    [ReduceField.source]: addresses.source,
    [ReduceField.outer]: sizes.outer,
    [ReduceField.k]: sizes.k,
    [ReduceField.inner]: sizes.inner,
    [ReduceField.operation]: operation,
    [ReduceField.step]: sizes.inner,
  });
}

export const partScratch = (node: Node): number =>
  isInParts(node) ? 4 * PARTS * sizeOf(output(node).shape) + Constant.slackBytes : 0;

/** @param which one whose result over parts of one size is that over their results: sum or mean */
export const reduceInParts =
  (which: ReduceFunction): Lowering =>
  (node, context) => {
    if (!isInParts(node)) {
      reduce(which)(node, context);
      return;
    }
    const [source, destination] = [context.address(input(node, 0)), context.address(output(node))];
    const inner = sizeOf(output(node).shape);
    const parts = context.scratch(node);
    const k = sizeOf(input(node, 0).shape) / inner / PARTS;
    emitReduce(context, which, { destination: parts, source }, { outer: PARTS, k, inner });
    emitReduce(context, which, { destination, source: parts }, { outer: 1, k: PARTS, inner });
  };
