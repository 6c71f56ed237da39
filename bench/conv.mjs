// @ts-check
/**
 * @file The convolutions of the benchmark's CNN, and depthwise ones (a filter a channel): microseconds, GFLOP/s (necessary
 * operations), and percent of the peak measured in the same run.
 *
 *   node scripts/ensure-built.mjs && node bench/conv.mjs
 */
import { inside } from './ours.mjs';

const { wasmBackend } = await inside('backends/wasm/index');
const { ProgramBuilder } = await inside('graph/program');
const { apply } = await inside('graph/trace');
const ops = await inside('ops/conv');

const plain = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilations: [1, 1],
  groups: 1,
};
const padding = [
  [1, 1],
  [1, 1],
];
/** @typedef {{ name: string, images: number[], filter: number[], results: number[], geometry: typeof plain }} Layer */
/** @type {Layer[]} */
const layers = [
  { name: 'conv1', images: [32, 28, 28, 1], filter: [3, 3, 1, 16], results: [32, 26, 26, 16], geometry: plain },
  { name: 'conv2', images: [32, 13, 13, 16], filter: [3, 3, 16, 32], results: [32, 11, 11, 32], geometry: plain },
  {
    ...{ name: 'depthwise', images: [32, 14, 14, 64], filter: [3, 3, 1, 64], results: [32, 14, 14, 64] },
    geometry: { ...plain, padding, groups: 64 },
  },
  {
    ...{ name: 'depthwise, stride 2', images: [32, 28, 28, 32], filter: [3, 3, 1, 32], results: [32, 14, 14, 32] },
    geometry: { ...plain, padding, strides: [2, 2], groups: 32 },
  },
];

const builder = new ProgramBuilder();
/** @param {string} name @param {number[]} shape */
const block = (name, shape) => builder.block(name, { shape, dtype: 'f32' });
/** @type {string[]} */
const blocks = [];
for (const { name, images, filter, results, geometry } of layers) {
  const x = block(`${name} x`, images);
  const f = block(`${name} f`, filter);
  const y = block(`${name} y`, results);
  blocks.push(`${name} x`, `${name} f`, `${name} y`);
  builder.trace.within(`${name} forward`, () => builder.emit(`${name} a`, apply(ops.conv2dOp, [x, f], geometry)[0]));
  builder.trace.within(`${name} filter gradient`, () =>
    builder.emit(
      `${name} b`,
      apply(ops.conv2dFilterGradientOp, [x, y], { ...geometry, filterSize: filter.slice(0, 2) })[0],
    ),
  );
  builder.trace.within(`${name} input gradient`, () =>
    builder.emit(
      `${name} c`,
      apply(ops.conv2dInputGradientOp, [f, y], { ...geometry, inputSize: images.slice(1, 3) })[0],
    ),
  );
}
const session = await wasmBackend.open([builder.finish('conv')]);
for (const name of blocks)
  session.write(
    name,
    session.read(name).map((/** @type {number} */ _, /** @type {number} */ i) => Math.sin(i)),
  );
const { instructions, peak } = await session.profile('conv', 3000);
console.log(`peak ${peak.toFixed(1)} GFLOP/s`);
for (const { path, microseconds, operations } of instructions) {
  if (operations === 0) continue;
  const speed = operations / microseconds / 1e3;
  console.log(
    `${path.padEnd(36)} ${microseconds.toFixed(0).padStart(6)} µs ${speed.toFixed(1).padStart(6)} GFLOP/s ${((100 * speed) / peak).toFixed(0).padStart(4)} %`,
  );
}
session.dispose();
