/** @file pooling.json: pooling, resizing, padding, pixels from channels. */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { pad } from '../../../src/ops/pad.ts';
import { adaptiveAveragePool, averagePool, maxPool } from '../../../src/ops/pooling.ts';
import { mean } from '../../../src/ops/reduce.ts';
import { pixelShuffle, resize2d, upsample2d } from '../../../src/ops/resize.ts';
import type { Pair } from '../../../src/ops/window.ts';
import type { GoldenCase } from '../format.ts';
import { type Adapter, functionCase, inputsOf } from '../session.ts';

interface Options {
  readonly kernel: number | Pair;
  readonly stride: number | Pair;
  readonly padding?: number;
  readonly dilation?: number;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly output: Pair;
  readonly scale: number;
  readonly align_corners?: boolean;
  readonly value?: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** By the beginning of the case's name. */
const FUNCTIONS: readonly (readonly [string, (x: Tensor, options: Options) => Tensor])[] = [
  [
    'max_',
    (x, { kernel, stride, padding = 0, dilation = 1, ceil_mode: ceilMode = false }) =>
      maxPool(x, { poolSize: kernel, strides: stride, padding, dilations: dilation, ceilMode }),
  ],
  [
    'avg_',
    (x, { kernel, stride, padding = 0, ceil_mode: ceilMode = false, count_include_pad: includePadding = false }) =>
      averagePool(x, { poolSize: kernel, strides: stride, padding, ceilMode, includePadding }),
  ],
  ['global_avg', (x) => mean(x, [1, 2], { keepDims: true })],
  ['adaptive_avg', (x, { output }) => adaptiveAveragePool(x, output)],
  ['upsample_nearest', (x, { scale }) => upsample2d(x, scale, { method: 'nearest' })],
  ['upsample_bilinear', (x, { output, align_corners: alignCorners = false }) => resize2d(x, output, { alignCorners })],
  [
    'pad_',
    (x, { left, right, top, bottom, value }) =>
      pad(x, [0, top, left, 0], [0, bottom, right, 0], value === undefined ? { mode: 'reflect' } : { value }),
  ],
  ['pixel_shuffle2', (x) => pixelShuffle(x, 2)],
];

export const pooling: Adapter = (name, data) => {
  const f = FUNCTIONS.find(([start]) => name.startsWith(start))?.[1];
  const record = data.nhwc as GoldenCase;
  const options = (data.options ?? {}) as Options;
  return f && functionCase(record, inputsOf(record, ['x']), ({ x }) => f(x as Tensor, options));
};
