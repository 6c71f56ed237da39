/** @file Samples of convolution: strides, dilations, groups, paddings, and channels around the widths of vectors and tiles. */
import type { Shape } from '../../core/shape.ts';
import { type ConvGeometry, convSizes } from '../conv.ts';
import { f32, type Sample, SUMMED, sample } from './sample.ts';

const NONE = [
  [0, 0],
  [0, 0],
] as const;
const EVEN = [
  [1, 1],
  [1, 1],
] as const;
const UNEVEN = [
  [0, 2],
  [1, 0],
] as const;

/** Images [n, h, w, c], filter [kh, kw, o], then what differs from a plain convolution. */
type Row = readonly [images: Shape, filter: readonly [number, number, number], differs?: Partial<ConvGeometry>];

const ROWS: readonly Row[] = [
  [
    [1, 3, 3, 1],
    [2, 2, 1],
  ],
  [
    [2, 4, 5, 2],
    [3, 2, 3],
  ],
  [
    [1, 5, 4, 3],
    [1, 1, 2],
  ],
  [[2, 5, 5, 1], [3, 3, 9], { padding: EVEN }],
  [[1, 6, 5, 4], [3, 3, 4], { strides: [2, 2], padding: UNEVEN }],
  [[1, 7, 6, 2], [2, 3, 5], { dilations: [2, 2], padding: EVEN }],
  [[1, 5, 6, 4], [3, 2, 6], { groups: 2, padding: EVEN, strides: [1, 2] }],
  [[2, 4, 4, 3], [3, 3, 3], { groups: 3, padding: EVEN }],
  [
    [1, 3, 3, 2],
    [3, 3, 4],
    {
      groups: 2,
      strides: [2, 1],
      padding: [
        [2, 2],
        [2, 2],
      ],
      dilations: [1, 2],
    },
  ],
  [[1, 2, 9, 5], [1, 4, 8], { strides: [1, 3] }],
  [
    [2, 6, 7, 1],
    [3, 3, 8],
  ],
  [
    [1, 5, 6, 1],
    [3, 3, 4],
  ],
  [[1, 8, 9, 17], [3, 3, 16], { padding: EVEN }],
  [
    [2, 13, 12, 8],
    [3, 3, 17],
  ],
  [[1, 4, 4, 50], [3, 3, 33], { padding: EVEN }],
  [[2, 7, 9, 21], [3, 3, 21], { groups: 21, padding: EVEN }],
  [[1, 11, 12, 8], [5, 4, 8], { groups: 8, padding: UNEVEN, strides: [2, 3], dilations: [1, 2] }],
  [[1, 9, 13, 6], [3, 3, 6], { groups: 6, padding: EVEN, strides: [3, 2] }],
  // What the kernels meet in place: panels of 8, tiles over the ends of lines and images, groups, and taps beside the image.
  [[3, 9, 10, 8], [3, 2, 16], { strides: [2, 1] }],
  [[2, 8, 6, 8], [2, 1, 8], { dilations: [3, 1] }],
  [[2, 5, 6, 12], [3, 4, 16], { groups: 2, padding: UNEVEN, strides: [2, 3], dilations: [1, 2] }],
];

const GEOMETRY: ConvGeometry = { strides: [1, 1], padding: NONE, dilations: [1, 1], groups: 1 };

interface Case {
  readonly images: Shape;
  readonly filter: Shape;
  readonly results: Shape;
  readonly geometry: ConvGeometry;
}

const CASES = ROWS.map(([images, [kh, kw, o], differs = {}]): Case => {
  const geometry = { ...GEOMETRY, ...differs };
  const filter = [kh, kw, (images[3] as number) / geometry.groups, o];
  const { n, oh, ow } = convSizes('conv2d', images, filter, geometry);
  return { images, filter, results: [n, oh, ow, o], geometry };
});

export const CONV: Sample[] = CASES.map(({ images, filter, geometry }) =>
  sample(SUMMED, [f32(images), f32(filter, -1, 1)], geometry),
);

export const CONV_INPUT_GRADIENT: Sample[] = CASES.map(({ images, filter, results, geometry }) =>
  sample(SUMMED, [f32(filter, -1, 1), f32(results)], { ...geometry, inputSize: images.slice(1, 3) }),
);

export const CONV_FILTER_GRADIENT: Sample[] = CASES.map(({ images, filter, results, geometry }) =>
  sample(SUMMED, [f32(images), f32(results, -1, 1)], { ...geometry, filterSize: filter.slice(0, 2) }),
);

export const CONV_LINEAR: Sample[] = CASES.flatMap(({ images, filter, geometry }, i) => {
  const activation = ['none', 'relu', 'tanh', 'sigmoid'][i % 4];
  return [sample(SUMMED, [f32(images), f32(filter, -1, 1), f32([filter[3] as number])], { ...geometry, activation })];
});
