/** @file Samples of reductions, products, softmax, movement and indexing, over all their attribute values. */
import { type Shape, sizeOf } from '../../core/shape.ts';
import {
  allTypes,
  COMPOSED,
  DTYPES,
  EXACT,
  f32,
  given,
  i32,
  MULTIPLIED,
  moved,
  type Sample,
  type SampleInput,
  SIZES,
  SUMMED,
  sample,
  shapes,
  special,
  type Tolerance,
  u8,
} from './sample.ts';

/** Shapes with the axes that are reduced: one, several, all, not neighbors, over and beside axes of 1. */
const REDUCED = [
  ...SIZES.map((n) => [[n], [0]]),
  ...shapes('3,4|0 3,4|1 3,4|0,1 31,33|0 5,1000|1 2,3,4|1 2,3,4|0,2 2,3,4|1,2'),
  ...shapes('2,3,4,5|0,3 2,3,4,5|1,3 2,3,4,5|0,2 3,1,4|0,2 3,1,4|1 1,1|0,1'),
] as [number[], number[]][];

const reduction = (tolerance: Tolerance, from = -2, to = 2): Sample[] =>
  REDUCED.filter(([shape]) => tolerance !== MULTIPLIED || sizeOf(shape) <= 130).map(([shape, axes]) =>
    sample(tolerance, [f32(shape, from, to)], { axes }),
  );

/** Equals share the gradient. */
const ties = (x: readonly number[], gradient: readonly number[]): Sample =>
  special(sample(EXACT, [given(x)], { axes: [0] }), [gradient]);

interface Flags extends Readonly<Record<string, unknown>> {
  readonly transposeLhs: boolean;
  readonly transposeRhs: boolean;
}
const FLAGS: readonly Flags[] = [false, true].flatMap((transposeLhs) =>
  [false, true].map((transposeRhs) => ({ transposeLhs, transposeRhs })),
);
const matrices = ([m, n, k]: Shape, { transposeLhs, transposeRhs }: Flags): SampleInput[] => [
  f32((transposeLhs ? [k, m] : [m, k]) as number[], -1, 1),
  f32((transposeRhs ? [n, k] : [k, n]) as number[], -1, 1),
];
/** [m, n, k] */
const PRODUCTS = shapes('1,1,1 3,4,5 4,8,8 5,1,33 1,31,4 33,9,31 7,17,600').flat();

const permutations = (axes: readonly number[]): number[][] =>
  axes.length < 2
    ? [[...axes]]
    : axes.flatMap((first) => permutations(axes.filter((axis) => axis !== first)).map((rest) => [first, ...rest]));

const rowwise = shapes('1 5 3,4 4,1 33,31 2,1000 2,3,5').map(([shape]) =>
  sample(COMPOSED, [f32(shape as Shape, -5, 5)]),
);
/** [n, classes] */
const LOGITS = [
  [1, 1],
  [3, 4],
  [5, 33],
  [33, 10],
  [2, 1000],
] as [number, number][];

const gathered = (table: SampleInput, index: SampleInput): Sample => sample(EXACT, [table, index]);

const rowsOf = (source: (shape: Shape) => SampleInput): Sample[] => [
  sample(COMPOSED, [source([5, 33]), given([4, 0, 4], 'i32'), f32([]), f32([], 0.1, 1)]),
  sample(COMPOSED, [source([5, 7]), i32([2, 3], 5), f32([7]), f32([7], 0.1, 1)]),
  sample(COMPOSED, [source([4, 2, 3]), i32([3], 4), f32([6]), f32([6], 0.1, 1)]),
];

export const STRUCTURED = {
  sum: reduction(SUMMED),
  mean: reduction(SUMMED),
  max: [...reduction(EXACT), ties([2, 2, 1], [0.5, 0.5, 0]), ties([3, 3, 3, 3], [0.25, 0.25, 0.25, 0.25])],
  min: [...reduction(EXACT), ties([2, 1, 1], [0, 0.5, 0.5])],
  prod: reduction(MULTIPLIED, 0.7, 1.4),
  l2Norm: [
    ...[...SIZES.map((n) => [n]), [3, 4, 5], []].map((shape) => sample(SUMMED, [f32(shape, 0.5, 2)])),
    special(sample(EXACT, [given([0, 0])]), [[0, 0]]),
  ],
  cumulativeSum: [false, true].flatMap((reverse) => [
    ...SIZES.map((n) => sample(SUMMED, [f32([n])], { axis: 0, reverse })),
    ...shapes('3,4|0 3,4|1 31,33|0 5,1000|1 2,3,4|1 2,3,4,5|2').map(([shape, axis]) =>
      sample(SUMMED, [f32(shape as Shape)], { axis: axis?.[0], reverse }),
    ),
  ]),
  topK: [
    ...shapes('1|1 5|2 3,4|4 33,31|3 2,3,1000|5').map(([shape, k]) =>
      sample(EXACT, [f32(shape as Shape)], { k: k?.[0] }),
    ),
    special(sample(EXACT, [given([1, 3, 3, 2, 3])], { k: 4 }), [[0, 0, 0, 0, 0]]),
  ],
  argmax: [
    ...shapes('1 5 3,4 33,31 2,3,1000').map(([shape]) => sample(EXACT, [f32(shape as Shape)])),
    special(sample(EXACT, [given([1, 3, 3, 2])]), [[0, 0, 0, 0]]),
  ],
  reshape: [...allTypes([3, 4], { shape: [2, 6] }), ...allTypes([1], { shape: [] }), moved([2, 3, 4], { shape: [24] })],
  transpose: [
    ...allTypes([3, 5], { permutation: [1, 0] }),
    ...permutations([0, 1, 2]).map((permutation) => moved([2, 3, 5], { permutation })),
    ...permutations([0, 1, 2, 3]).map((permutation) => moved([2, 3, 4, 5], { permutation })),
    moved([2, 3, 2, 3, 2, 3], { permutation: [5, 3, 1, 4, 2, 0] }, 'u8'),
    moved([31, 33], { permutation: [1, 0] }),
  ],
  broadcastTo: [
    ...allTypes([4], { shape: [3, 4] }),
    ...allTypes([3, 1], { shape: [3, 5] }),
    ...shapes('|2,3 1,1|3,3 2,1,4|2,3,4 2,1,3,1|5,2,4,3,2').map(([from, shape]) => moved(from as Shape, { shape })),
  ],
  slice: [
    ...allTypes([5, 7], { starts: [1, 2], sizes: [3, 4] }),
    ...shapes('33|0|33 33|32|1 2,3,4|1,0,1|1,3,2 2,3,4,5|0,1,2,3|2,1,2,1').map(([shape, starts, sizes]) =>
      moved(shape as Shape, { starts, sizes }),
    ),
  ],
  pad: [
    ...allTypes([3, 5], { before: [1, 0], after: [0, 2] }),
    ...allTypes([3], { before: [2], after: [3], value: 7 }),
    moved([2, 2], { before: [0, 1], after: [1, 0], value: -0.5 }),
    ...shapes('5|0|0 1|3|4 2,3,4|1,0,2|0,1,1').map(([shape, before, after]) =>
      moved(shape as Shape, { before, after }),
    ),
  ],
  concat: [
    ...DTYPES.map((dtype) =>
      sample(
        EXACT,
        [moved([2, 3], {}, dtype), moved([2, 1], {}, dtype)].map(({ inputs }) => inputs[0] as SampleInput),
        {
          axis: 1,
        },
      ),
    ),
    sample(EXACT, [f32([3]), f32([4]), f32([1])], { axis: 0 }),
    sample(EXACT, [f32([2, 3, 4]), f32([2, 5, 4])], { axis: 1 }),
    sample(EXACT, [f32([1, 2]), f32([1, 2])], { axis: 0 }),
  ],
  split: [
    ...allTypes([2, 4], { axis: 1, sizes: [3, 1] }),
    moved([8], { axis: 0, sizes: [3, 4, 1] }),
    moved([2, 8, 4], { axis: 1, sizes: [3, 5] }),
    moved([2, 2], { axis: 0, sizes: [1, 1] }),
  ],
  matmul: PRODUCTS.flatMap((sizes) => FLAGS.map((flags) => sample(SUMMED, matrices(sizes, flags), flags))),
  linear: ['none', 'relu', 'tanh', 'sigmoid'].flatMap((activation) =>
    FLAGS.flatMap((flags) =>
      shapes('3,5,4 9,33,31').flatMap(([sizes = []]) =>
        sample(SUMMED, [...matrices(sizes, flags), f32([sizes[1] as number])], { ...flags, activation }),
      ),
    ),
  ),
  gather: [
    ...DTYPES.flatMap((dtype) =>
      moved([4, 3], {}, dtype).inputs.map((table) => gathered(table, given([0, 3, 3, 1], 'i32'))),
    ),
    ...shapes('5|3 5,33|2,3 7,2,3| 1,1|1').map(([table = [], index = []]) =>
      gathered(f32(table), i32(index, table[0] as number)),
    ),
  ],
  scatterAdd: [
    sample(SUMMED, [given([1, 3, 1], 'i32'), f32([3, 2])], { rows: 4, rowShape: [2] }),
    sample(SUMMED, [i32([33], 5), f32([33])], { rows: 5, rowShape: [] }),
    sample(SUMMED, [i32([2, 3], 4), f32([2, 3, 5, 7])], { rows: 4, rowShape: [5, 7] }),
  ],
  oneHot: shapes('1|1 5|3 2,3|33 |4').map(([shape = [], depth = []]) =>
    sample(EXACT, [i32(shape, depth[0] as number)], { depth: depth[0] }),
  ),
  gatherRows: [f32, u8].flatMap((source) => rowsOf((shape) => source(shape))),
  softmax: rowwise,
  logSoftmax: rowwise,
  sigmoidCrossEntropy: shapes('1 5 3,4 33,31').map(([shape = []]) =>
    sample(COMPOSED, [f32(shape, -9, 9), f32(shape, 0, 1)]),
  ),
  softmaxCrossEntropy: LOGITS.map(([n, classes]) => sample(COMPOSED, [f32([n, classes], -5, 5), i32([n], classes)])),
  softmaxCrossEntropyGradient: LOGITS.flatMap(([n, classes]) =>
    [[], [n]].map((g) => sample(COMPOSED, [f32([n, classes], 0, 1), i32([n], classes), f32(g)])),
  ),
};
