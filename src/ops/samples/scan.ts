/** @file Samples of the loop: forward and reverse, carries that trade places, turns without sequences, integers. */
import type { Spec } from '../../graph/node.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { traceBody } from '../../graph/trace.ts';
import { add, mul, square, tanh } from '../elementwise.ts';
import { gather } from '../indexing.ts';
import { matmul } from '../matmul.ts';
import { exposed } from '../scan.ts';
import { COMPOSED, f32, i32, type Sample, type SampleInput, sample } from './sample.ts';

/** A loop over inputs whose sequences have `length` rows. */
function loop(
  inputs: readonly SampleInput[],
  [carries, sequences, length]: readonly [number, number, number],
  f: (inputs: readonly Tensor[]) => readonly Tensor[],
): Sample[] {
  const specs = inputs.map(({ shape, dtype }, i): Spec => {
    const isSequence = i >= carries && i < carries + sequences;
    return { shape: isSequence ? shape.slice(1) : shape, dtype };
  });
  const body = exposed(traceBody(specs, '', f).graph, carries);
  return [false, true].map((reverse) => sample(COMPOSED, inputs, { body, carries, sequences, length, reverse }));
}

export const SCAN: Sample[] = [
  ...loop([f32([3], -1, 1), f32([4, 3], -1, 1), f32([3], -1, 1)], [1, 1, 4], (all) => {
    const [h, x, w] = all as [Tensor, Tensor, Tensor];
    const next = tanh(add(mul(h, w), x));
    return [next, mul(next, x)];
  }),
  ...loop([f32([2]), f32([2]), f32([3, 2], -1, 1)], [2, 1, 3], (all) => {
    const [a, b, x] = all as [Tensor, Tensor, Tensor];
    return [b, add(a, mul(x, b)), a];
  }),
  ...loop([f32([2, 2], -1, 1), f32([2, 2], -1, 1)], [1, 0, 5], (all) => {
    const [h, w] = all as [Tensor, Tensor];
    return [tanh(matmul(h, w))];
  }),
  ...loop([f32([2]), i32([4], 3), f32([3, 2], -1, 1)], [1, 1, 4], (all) => {
    const [sum, index, table] = all as [Tensor, Tensor, Tensor];
    return [add(sum, square(gather(table, index))), sum];
  }),
  ...loop([f32([1], -1, 1)], [1, 0, 1], ([h]) => [square(h as Tensor)]),
];
