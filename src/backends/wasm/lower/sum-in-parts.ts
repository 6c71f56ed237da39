/**
 * @file Sums over all but the channels of images or sequences, as of a convolution's bias: of four parts of the rows first, then of
 * the four. Threads take parts, as they do of filter gradients (conv.ts), where a cut by channels would let each read every line.
 */
import { sizeOf } from '../../../core/shape.ts';
import type { Node } from '../../../graph/node.ts';
import { Constant, Opcode, ReduceField, type ReduceFunction } from '../../../plan/opcodes.ts';
import { input, type Lowering, output } from './context.ts';
import { reduce } from './structured.ts';

const PARTS = 4;
/** Fewer elements than this are as soon read by one thread. */
const LEAST_ELEMENTS = 4096;

/** By sizes alone, so that bits do not depend on threads. */
function isInParts(node: Node): boolean {
  const { shape } = input(node, 0);
  const { length } = node.attributes.axes as number[];
  const rows = sizeOf(shape.slice(0, length));
  const isLeading = (node.attributes.axes as number[]).every((axis, i) => axis === i);
  return isLeading && length > 1 && length < shape.length && rows % PARTS === 0 && sizeOf(shape) >= LEAST_ELEMENTS;
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
    const { address, emit } = context;
    const inner = sizeOf(output(node).shape);
    const parts = context.scratch(node);
    const emitReduce = (destination: number, source: number, outer: number, k: number): void =>
      emit(Opcode.reduce, ReduceField.words, {
        [ReduceField.destination]: destination,
        [ReduceField.source]: source,
        [ReduceField.outer]: outer,
        [ReduceField.k]: k,
        [ReduceField.inner]: inner,
        [ReduceField.operation]: which,
        [ReduceField.step]: inner,
      });
    emitReduce(parts, address(input(node, 0)), PARTS, sizeOf(input(node, 0).shape) / inner / PARTS);
    emitReduce(address(output(node)), parts, 1, PARTS);
  };
