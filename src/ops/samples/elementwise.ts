/** @file Samples of elementwise ops: odd sizes, every broadcast form, kinks. */
import {
  allTypes,
  COMPOSED,
  DTYPES,
  EXACT,
  f32,
  given,
  moved,
  ROUNDED,
  type Sample,
  SIZES,
  sample,
  shapes,
  special,
  type Tolerance,
  TRANSCENDENTAL,
} from './sample.ts';

/** `points` are special inputs with the slope there. */
export const unary = (
  tolerance: Tolerance,
  from: number,
  to: number,
  points: Readonly<Record<number, number>> = {},
): Sample[] => [
  ...[...SIZES.map((n) => [n]), [], [2, 1, 3, 5]].map((shape) => sample(tolerance, [f32(shape, from, to)])),
  ...Object.entries(points).map(([x, slope]) => special(sample(tolerance, [given([Number(x)])]), [[slope]])),
];

/** Same; scalar; row; column; leading ones; rows against columns; rank 4 on either side. */
const FORMS = [
  ...SIZES.map((n) => [[n], [n]]),
  ...shapes('|5 3,4| 33|1 1|3,4'),
  ...shapes('3,5|5 4|31,4 3,4|3,1 5,1|5,33'),
  ...shapes('1,1,5|3,5 3,1|1,4 4|3,1 1,3,1|2,1,4'),
  ...shapes('2,3,4,5|3,1,5 2,1,4,1|3,1,5 2,1,1,1|2,3,4,5'),
] as [number[], number[]][];

export const binary = (
  tolerance: Tolerance,
  a: readonly [number, number],
  b: readonly [number, number] = a,
): Sample[] => FORMS.map(([lhs, rhs]) => sample(tolerance, [f32(lhs, ...a), f32(rhs, ...b)]));

export const pair = (a: readonly number[], b: readonly number[], gradient: NonNullable<Sample['gradient']>): Sample =>
  special(sample(TRANSCENDENTAL, [given(a), given(b)]), gradient);

const ZEROS = [0, 0, 0, 0, 0];
const comparison = (): Sample[] => [
  ...binary(EXACT, [-1, 1]),
  special(sample(EXACT, [given([0, 1, 1, -1, 0]), given([1, 0, 1, -1, -0])]), [ZEROS, ZEROS]),
];

const chosen = special(sample(EXACT, [given([0, 1, -0, 2]), given([1, 2, 3, 4]), given([5, 6, 7, 8])]), [
  undefined,
  [0, 1, 0, 1],
  [1, 0, 1, 0],
]);

export const ELEMENTWISE = {
  cast: DTYPES.flatMap((dtype) => [
    ...allTypes([33], { dtype }),
    ...allTypes([3, 5], { dtype }),
    special(sample(EXACT, [given([0.5, -0.5, 1.999, -1.999, 255.5, 256, -1, 2 ** 31, -(2 ** 32)])], { dtype })),
  ]),
  identity: [...allTypes([5], { stopGradient: false }), special(moved([3], { stopGradient: true }), [[0, 0, 0]])],
  neg: unary(EXACT, -2, 2),
  abs: unary(EXACT, 0.1, 2, { 0: 0, [-3]: -1 }),
  sign: unary(EXACT, 0.1, 2, { 0: 0, [-1]: 0 }),
  floor: [...unary(EXACT, 0.1, 0.9), special(sample(EXACT, [given([1.5, -1.5, 2, -2, 0.999])]), [ZEROS])],
  square: unary(ROUNDED, -2, 2, { 0: 0 }),
  reciprocal: unary(ROUNDED, 0.3, 2, { [-2]: -0.25 }),
  sqrt: unary(ROUNDED, 0.1, 4),
  exp: unary(TRANSCENDENTAL, -5, 5, { 0: 1 }),
  expm1: unary(TRANSCENDENTAL, -2, 2, { 0: 1 }),
  log: unary(TRANSCENDENTAL, 0.1, 5, { 1: 1 }),
  log1p: unary(TRANSCENDENTAL, -0.8, 5, { 0: 1 }),
  tanh: unary(TRANSCENDENTAL, -3, 3, { 0: 1 }),
  sigmoid: unary(TRANSCENDENTAL, -6, 6, { 0: 0.25 }),
  relu: [...unary(EXACT, 0.1, 2, { 0: 0 }), ...unary(EXACT, -2, -0.1)],
  add: binary(ROUNDED, [-2, 2]),
  sub: binary(ROUNDED, [-2, 2]),
  mul: binary(ROUNDED, [-2, 2]),
  div: binary(ROUNDED, [-2, 2], [0.3, 2]),
  pow: [
    ...binary(TRANSCENDENTAL, [0.2, 3], [-2, 3]),
    pair([2, -2, -3], [3, 2, 1], [[12, -4, 1], undefined]),
    pair([0, 0, 0], [1, 2, 3], [[1, 0, 0], ZEROS.slice(2)]),
    pair([5, 0], [0, 0], [[0, 0], undefined]),
  ],
  maximum: [
    ...binary(EXACT, [-2, 2]),
    pair(
      [1, 2, 3],
      [1, 3, 2],
      [
        [0.5, 0, 1],
        [0.5, 1, 0],
      ],
    ),
  ],
  minimum: [
    ...binary(EXACT, [-2, 2]),
    pair(
      [1, 2, 3],
      [1, 3, 2],
      [
        [0.5, 1, 0],
        [0.5, 0, 1],
      ],
    ),
  ],
  reluGradient: [...binary(EXACT, [0.1, 2], [-2, 2]), ...binary(EXACT, [-2, -0.1], [-2, 2])],
  tanhGradient: binary(COMPOSED, [-0.9, 0.9], [-2, 2]),
  sigmoidGradient: binary(COMPOSED, [0.1, 0.9], [-2, 2]),
  equal: comparison(),
  notEqual: comparison(),
  less: comparison(),
  lessEqual: comparison(),
  greater: comparison(),
  greaterEqual: comparison(),
  select: [
    ...FORMS.map(([a, b]) => sample(EXACT, [f32(a, 1, 2), f32(b), f32(a)])),
    ...FORMS.map(([a, b]) => sample(EXACT, [given([0], 'f32', []), f32(a), f32(b)])),
    sample(EXACT, [f32([3, 1], 1, 2), f32([1, 4]), f32([2, 1, 1])]),
    chosen,
  ],
};
