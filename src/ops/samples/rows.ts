/** @file Samples of gradients by rows, the updates that take them, and products with rows of a table. */
import type { Attributes } from '../../graph/node.ts';
import { COMPOSED, EXACT, f32, given, i32, type Sample, type SampleInput, SUMMED, sample } from './sample.ts';

interface Gradient {
  readonly rows: number;
  readonly elements: number;
  readonly inputs: readonly SampleInput[];
}

/** A gradient by rows of indices that repeat, in no order; `group` 1: without weights. */
function gradient(rows: number, elements: number, count: number, group: number): Gradient {
  const index = Array.from({ length: count }, (_, i) => (i * i * 5 + (i >> 1)) % rows);
  const order = index.map((_, i) => i).sort((i, j) => (index[i] as number) - (index[j] as number));
  const vectors = f32([count / group, elements]);
  const weights = group === 1 ? [] : [f32([count])];
  return { rows, elements, inputs: [given(index, 'i32'), given(order, 'i32'), vectors, ...weights] };
}

const GRADIENTS = [
  gradient(7, 1, 5, 1),
  gradient(9, 5, 12, 3),
  gradient(40, 4, 33, 1),
  gradient(3, 31, 20, 5),
  gradient(1, 3, 4, 2),
  // Six rows that one vector moves go side by side, some of them the same.
  gradient(5, 8, 24, 12),
  gradient(9, 12, 14, 7),
];

const unordered = GRADIENTS.map(({ inputs: [index, , ...rest], ...sizes }) => ({
  ...sizes,
  inputs: [index as SampleInput, ...rest],
}));

const orders = (rows: number, count: number): Sample =>
  sample(
    EXACT,
    [
      given(
        Array.from({ length: count }, (_, i) => (i * i * 7919) % rows),
        'i32',
      ),
    ],
    { rows },
  );

/** A table with slots, of which the last is positive, scalars, and a gradient. */
const update = (
  slots: number,
  scalars: readonly number[],
  attributes: Attributes = {},
  gradients = GRADIENTS,
): Sample[] =>
  gradients.map(({ rows, elements, inputs }) => {
    const shape = [rows, elements];
    const blocks = Array.from({ length: 1 + slots }, (_, i) =>
      i > 0 && i === slots ? f32(shape, 0.01, 0.5) : f32(shape),
    );
    return sample(COMPOSED, [...blocks, given(scalars), ...inputs], attributes);
  });

/** [rows, d, n, k] */
const PRODUCTS = [
  [4, 3, 2, 1],
  [9, 5, 3, 2],
  [30, 33, 4, 6],
  [7, 100, 2, 7],
  [5, 16, 3, 13],
] as [number, number, number, number][];

const products = (factors: (n: number, k: number, d: number) => SampleInput): Sample[] =>
  PRODUCTS.map(([rows, d, n, k]) => sample(SUMMED, [f32([rows, d]), i32([n, k], rows), factors(n, k, d)]));

export const ROWS = {
  // One pass of the sort, two and three.
  rowOrder: [orders(1, 5), orders(5, 33), orders(2048, 1), orders(30_000, 1000), orders(5_000_000, 100)],
  rowNorm: GRADIENTS.map(({ rows, inputs }) => sample(SUMMED, inputs, { rows })),
  occurrenceNorm: [
    sample(SUMMED, [f32([3, 5]), f32([12])]),
    sample(SUMMED, [f32([1, 33]), f32([1])]),
    sample(SUMMED, [f32([20, 4]), f32([40])]),
  ],
  rowSgd: update(0, [0.1, 1], {}, unordered),
  rowAdagrad: [
    ...update(1, [0.1], { epsilon: 1e-3, initial: 0 }),
    ...update(1, [0.1], { epsilon: 1e-3, initial: 0.25 }),
  ],
  rowLazyAdam: update(2, [0.1, 1e-3], { beta1: 0.9, beta2: 0.999 }),
  gatherDot: products((n, _, d) => f32([n, d])),
  gatherSum: products((n, k) => f32([n, k])),
  gatherLogistic: PRODUCTS.map(([rows, d, n, k]) =>
    sample(SUMMED, [f32([rows, d]), i32([n, k], rows), f32([n, d]), f32([n, k], 0, 1), f32([])]),
  ),
  scatterAddOuter: [
    sample(SUMMED, [i32([2, 3], 4), f32([2, 3]), f32([2, 5])], { rows: 4 }),
    sample(SUMMED, [i32([3, 1], 2), f32([3, 1]), f32([3, 33])], { rows: 2 }),
  ],
};
