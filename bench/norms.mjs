// @ts-check
/**
 * @file Normalizations whole and in parts: microseconds of value and gradient, medians of alternating calls.
 *
 *   node scripts/ensure-built.mjs && node bench/norms.mjs
 */
import { median } from './measure.mjs';
import { inside } from './ours.mjs';

const { wasmBackend } = await inside('backends/wasm/index');
const { ProgramBuilder } = await inside('graph/program');
const { vjp } = await inside('autodiff/grad');
const { add, mul, reciprocal, sqrt, square, sub } = await inside('ops/elementwise');
const { mean } = await inside('ops/reduce');
const { batchNormTrain, layerNorm, rmsNorm } = await inside('ops/normalize');

const KEEP = { keepDims: true };
/** @typedef {any} T */

/** The same by ops of their own, as one would write it. @param {T} x @param {T} gamma @param {T} beta @param {number[]} axes */
function inParts(x, gamma, beta, axes, isCentered = true) {
  const deviation = isCentered ? sub(x, mean(x, axes, KEEP)) : x;
  const y = mul(deviation, reciprocal(sqrt(add(mean(square(deviation), axes, KEEP), 1e-5))));
  const scaled = mul(y, gamma);
  return isCentered ? add(scaled, beta) : scaled;
}

/** @type {{ name: string, shape: number[], whole: (x: T, gamma: T, beta: T) => T, parts: (x: T, gamma: T, beta: T) => T }[]} */
const items = [
  ...[
    [1024, 192],
    [1024, 768],
    [8192, 64],
  ].map((shape) => ({
    ...{ name: 'layerNorm', shape },
    whole: (/** @type {T} */ x, /** @type {T} */ gamma, /** @type {T} */ beta) => layerNorm(x, { gamma, beta }),
    parts: (/** @type {T} */ x, /** @type {T} */ gamma, /** @type {T} */ beta) => inParts(x, gamma, beta, [1]),
  })),
  {
    ...{ name: 'rmsNorm', shape: [1024, 192] },
    whole: (x, gamma) => rmsNorm(x, { gamma }),
    parts: (x, gamma, beta) => inParts(x, gamma, beta, [1], false),
  },
  ...[
    [128, 256],
    [6272, 32],
    [25088, 16],
  ].map((shape) => ({
    ...{ name: 'batchNorm', shape },
    whole: (/** @type {T} */ x, /** @type {T} */ gamma, /** @type {T} */ beta) => batchNormTrain(x, { gamma, beta }).y,
    parts: (/** @type {T} */ x, /** @type {T} */ gamma, /** @type {T} */ beta) => inParts(x, gamma, beta, [0]),
  })),
];

/** @param {number[]} shape @param {(x: T, gamma: T, beta: T) => T} f @param {boolean} hasGradient */
async function session(shape, f, hasGradient) {
  const builder = new ProgramBuilder();
  const x = builder.block('x', { shape, dtype: 'f32' });
  const [gamma, beta] = ['gamma', 'beta'].map((name) => builder.block(name, { shape: shape.slice(1), dtype: 'f32' }));
  const y = f(x, gamma, beta);
  if (hasGradient) {
    const g = builder.block('g', { shape, dtype: 'f32' });
    vjp(builder.trace, [y], [g], [x, gamma, beta]).forEach((/** @type {T} */ gradient, /** @type {number} */ i) => {
      if (gradient !== undefined) builder.emit(`gradient ${i}`, gradient);
    });
  }
  builder.emit('y', y);
  const opened = await wasmBackend.open([builder.finish('step')]);
  opened.write(
    'x',
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  );
  if (hasGradient)
    opened.write(
      'g',
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.cos(i)),
    );
  return opened;
}

console.log('µs                        forward: parts   whole  ratio    with gradient: parts   whole  ratio');
for (const { name, shape, whole, parts } of items) {
  const cells = [];
  for (const hasGradient of [false, true]) {
    const runs = [await session(shape, parts, hasGradient), await session(shape, whole, hasGradient)];
    /** @type {number[][]} */
    const times = [[], []];
    for (let round = 0; round < 150; round++) {
      runs.forEach((run, i) => {
        const from = performance.now();
        run.run('step', 1);
        times[i]?.push(1000 * (performance.now() - from));
      });
    }
    const [a = 0, b = 0] = times.map((list) => median(list.slice(20)));
    cells.push(`${a.toFixed(0).padStart(16)} ${b.toFixed(0).padStart(7)}  ${(a / b).toFixed(2)}  `);
    for (const run of runs) run.dispose();
  }
  console.log(`${name.padEnd(10)} ${`[${shape}]`.padEnd(12)} ${cells.join('     ')}`);
}
