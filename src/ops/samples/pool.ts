/** @file Samples of pooling: windows that overlap, leave gaps, hang over, and channels around the width of vectors. */
import { type Shape, sizeOf } from '../../core/shape.ts';
import { type WindowOptions, windowsOf } from '../window.ts';
import { f32, given, ROUNDED, type Sample, type SampleInput, SUMMED, sample, special } from './sample.ts';

const OPTIONS: WindowOptions = { window: 2, strides: 2, padding: 'valid', dilations: 1, ceilMode: false };

const ROWS: readonly (readonly [Shape, Partial<WindowOptions>])[] = [
  [[1, 4, 4, 1], {}],
  [[2, 5, 4, 4], {}],
  [[2, 5, 5, 3], { window: 3, strides: 2, padding: 1 }],
  [[1, 4, 5, 2], { window: [1, 2], strides: 1 }],
  [[1, 7, 6, 1], { window: 2, strides: 1, dilations: 2 }],
  [[1, 5, 5, 5], { window: 3, strides: 1, padding: 'same' }],
  [[1, 5, 7, 1], { window: [3, 2], strides: [2, 3], ceilMode: true }],
  [
    [1, 5, 5, 1],
    {
      window: 2,
      strides: 3,
      padding: [
        [1, 0],
        [0, 1],
      ],
    },
  ],
  [[2, 6, 8, 33], {}],
];

const CASES = ROWS.map(([shape, differs]) => {
  const [, height = 1, width = 1] = shape;
  const windows = windowsOf('pool', [height, width], { ...OPTIONS, ...differs });
  return { shape, windows, pooled: [shape[0] as number, ...windows.output, shape[3] as number] };
});

/** A place within each window, as a pooling would have made them. */
function placesFor({ shape, windows, pooled }: (typeof CASES)[number]): SampleInput {
  const [, height = 1, width = 1, channels = 1] = shape;
  const [rows, columns] = windows.output;
  const places = Array.from({ length: sizeOf(pooled) }, (_, i) => {
    const window = Math.floor(i / channels) % (rows * columns);
    const [y, x] = [Math.floor(window / columns), window % columns];
    const row = Math.min(height - 1, Math.max(0, y * windows.strides[0] - windows.before[0]));
    const column = Math.min(width - 1, Math.max(0, x * windows.strides[1] - windows.before[1]));
    return row * width + column;
  });
  return given(places, 'i32', pooled);
}

export const MAX_POOL: Sample[] = [
  ...CASES.map(({ shape, windows }) => sample(ROUNDED, [f32(shape)], windows)),
  special(
    sample(
      ROUNDED,
      [
        given(
          [1, 1, Number.NaN, Number.NEGATIVE_INFINITY, 1, 0, 5, Number.NEGATIVE_INFINITY, -0, 0, 2, 2, 0, -0, 2, 2],
          'f32',
          [1, 4, 4, 1],
        ),
      ],
      windowsOf('pool', [4, 4], OPTIONS),
    ),
  ),
];

export const MAX_POOL_GRADIENT: Sample[] = CASES.map((one) =>
  sample(SUMMED, [f32(one.pooled), placesFor(one)], { ...one.windows, inputShape: one.shape }),
);

export const MAX_POOL_GATHER: Sample[] = CASES.map((one) =>
  sample(ROUNDED, [f32(one.shape), placesFor(one)], one.windows),
);

const both = [false, true];

export const AVERAGE_POOL: Sample[] = CASES.flatMap(({ shape, windows }) =>
  both.map((includePadding) => sample(SUMMED, [f32(shape)], { ...windows, includePadding })),
);

export const AVERAGE_POOL_GRADIENT: Sample[] = CASES.flatMap(({ shape, windows, pooled }) =>
  both.map((includePadding) => sample(SUMMED, [f32(pooled)], { ...windows, includePadding, inputShape: shape })),
);
