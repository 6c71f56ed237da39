/** @file Convolution and its gradients on small whole numbers, whose sums are exact in any order: equal to the definition. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { apply } from '../../src/graph/trace.ts';
import {
  type ConvGeometry,
  conv2dFilterGradientOp,
  conv2dInputGradientOp,
  conv2dOp,
  convSizes,
} from '../../src/ops/conv.ts';

type Four = [number, number, number, number];
interface Case {
  readonly images: Four;
  readonly filter: Four;
  readonly geometry: ConvGeometry;
}

const PLAIN: ConvGeometry = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilations: [1, 1],
  groups: 1,
};

/** −3 … 3, without a period that sizes would share. */
const whole = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((((i + seed) * 7919) % 104729) % 7) - 3),
    [...shape],
  );

/** Results, gradient by images, gradient by filter. */
const all = ({ images, filter, geometry }: Case, [x, f, y]: readonly Tensor[]): Tensor[] => [
  ...apply(conv2dOp, [x as Tensor, f as Tensor], geometry),
  ...apply(conv2dInputGradientOp, [f as Tensor, y as Tensor], { ...geometry, inputSize: [images[1], images[2]] }),
  ...apply(conv2dFilterGradientOp, [x as Tensor, y as Tensor], { ...geometry, filterSize: [filter[0], filter[1]] }),
];

async function run(one: Case, inputs: readonly Tensor[], backend: Backend, deterministic = true): Promise<number[][]> {
  const builder = new ProgramBuilder();
  const blocks = inputs.map(({ shape }, i) => builder.block(`in ${i}`, { shape, dtype: 'f32' }));
  const outputs = builder.trace.within('conv', () => all(one, blocks));
  outputs.forEach((output, i) => {
    builder.emit(`out ${i}`, output);
  });
  using session = await backend.open([builder.finish('conv')], { deterministic });
  inputs.forEach(({ data }, i) => {
    session.write(`in ${i}`, data);
  });
  expect(await session.run('conv', 1)).toEqual({ done: 1, stop: undefined });
  // + 0: zeros of either sign are equal.
  const data = await Promise.all(outputs.map((_, i) => session.readRows('conv', `out ${i}`, 1)));
  return data.map((values) => Array.from(values, (value) => value + 0));
}

async function check(one: Case): Promise<void> {
  const { n, oh, ow, o } = convSizes('conv2d', one.images, one.filter, one.geometry);
  const inputs = [whole(one.images, 1), whole(one.filter, 2), whole([n, oh, ow, o], 3)];
  const expected = await run(one, inputs, referenceBackend);
  // Relaxed SIMD, where the engine has it, has tiles of another shape.
  for (const deterministic of [true, false])
    expect(await run(one, inputs, wasmBackend, deterministic)).toEqual(expected);
}

const small = (most: number) => fc.integer({ min: 1, max: most });
const pair = (most: number) => fc.tuple(small(most), small(most));
const sides = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }));

test('convolution and its gradients are exact for any sizes, strides, paddings, dilations and groups', async () => {
  const cases = fc
    .record({
      n: small(3),
      size: fc.tuple(fc.integer({ min: 5, max: 12 }), fc.integer({ min: 5, max: 12 })),
      taps: pair(3),
      channels: fc.constantFrom(1, 3, 4, 6, 8, 16),
      filters: fc.constantFrom(1, 4, 8, 13, 16, 24),
      strides: pair(3),
      dilations: pair(2),
      padding: fc.oneof(fc.constant(PLAIN.padding), fc.tuple(sides, sides)),
      groups: fc.constantFrom(1, 1, 2),
    })
    .map(({ n, size, taps, channels, filters, groups, ...geometry }): Case => {
      const [c, o] = [channels * groups, filters * groups];
      return { images: [n, ...size, c], filter: [...taps, channels, o], geometry: { ...geometry, groups } };
    });
  await fc.assert(fc.asyncProperty(cases, check), { numRuns: 60 });
});

test.each<[string, Case]>([
  ['an image of more pixels than a block', { images: [2, 19, 18, 8], filter: [2, 2, 8, 8], geometry: PLAIN }],
  ['a filter whose rows are met in two parts', { images: [1, 4, 3, 104], filter: [3, 2, 104, 8], geometry: PLAIN }],
  ['rows of filters so wide that panels are packed', { images: [1, 2, 4, 8], filter: [2, 2, 8, 520], geometry: PLAIN }],
  ['runs so wide that panels are packed', { images: [1, 2, 3, 264], filter: [1, 2, 264, 8], geometry: PLAIN }],
  [
    'one channel under a filter whose rows alone are dilated',
    { images: [1, 7, 6, 1], filter: [3, 3, 1, 4], geometry: { ...PLAIN, dilations: [2, 1] } },
  ],
])('so is %s', (_, one) => check(one));
