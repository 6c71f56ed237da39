/** @file The record of a function of one number that is made of other ops, with a gradient that is better than theirs. */
import type { Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { NoAttributes, UnaryGradient } from './elementwise-record.ts';

export function unaryComposite<N extends string>(
  name: N,
  f: (x: Tensor) => Tensor,
  gradient: UnaryGradient,
): Op<NoAttributes> & { name: N } {
  return {
    name,
    kind: 'elementwise',
    infer: (inputs) => [inputs[0] as Spec],
    decompose: ([x]) => [f(x as Tensor)],
    gradient: ({ inputs, outputs, cotangents }) => [
      gradient(inputs[0] as Tensor, outputs[0] as Tensor, cotangents[0] as Tensor),
    ],
  };
}
