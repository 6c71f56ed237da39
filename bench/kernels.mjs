// @ts-check
/**
 * @file Speed of single kernels: matrix products in GFLOP/s and percent of the peak measured in the same run, the others in
 * nanoseconds an element. Best of 21 blocks of 5 ms, as the peak; on a shared machine trust percentages.
 *
 *   node bench/kernels.mjs            all
 *   node bench/kernels.mjs matmul     those whose name contains a word
 *   BUILD=relaxed node …              by another build than `simd`
 */
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { buildWasm } from '../scripts/build-wasm.mjs';
import { measurePeak } from './peak/peak.mjs';

/** The enums of opcodes.ts, without a build of the library. @param {string} relative */
async function importTypeScript(relative) {
  const source = readFileSync(new URL(relative, import.meta.url), 'utf8');
  return import(`data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`);
}

const layout = await importTypeScript('../src/plan/opcodes.ts');
const { Opcode, ElementType } = layout;

if (process.env.BUILD === undefined) await buildWasm();
const build = process.env.BUILD ?? 'simd';
const shared = { initial: 1024, maximum: 65536, shared: true };
const memory = new WebAssembly.Memory(build.endsWith('hreads') ? shared : { initial: 1024 });
const bytes = readFileSync(new URL(`../dist/wasm/saddlepoint.${build}.wasm`, import.meta.url));
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
const execute = /** @type {(code: number, words: number, base: number, first: number, last: number) => number} */ (
  instance.exports.execute
);

const BASE = 1024;
const CODE = 2048;
const FIRST = 65536;
let end = FIRST;

/** @param {number} length @returns {number} address of a block with numbers in −1 … 1 */
function block(length) {
  const address = end;
  const array = new Float32Array(memory.buffer, BASE + address, length);
  for (let i = 0; i < length; i++) array[i] = Math.sin(i * 12.9898 + address);
  end = Math.ceil((end + length * 4 + 128) / 64) * 64;
  return address;
}

const converter = new DataView(new ArrayBuffer(4));

/** @param {number} x */
function bits(x) {
  converter.setFloat32(0, x);
  return converter.getInt32(0);
}

/**
 * Puts one instruction into the code. @param {string} name of the opcode, and of its layout but for `family` @param {Record<string, number>} fields
 * @returns {number} its length in words
 */
function encode(name, fields, family = name) {
  const enumeration = layout[`${family[0]?.toUpperCase()}${family.slice(1)}Field`];
  const words = new Int32Array(memory.buffer, CODE, enumeration.words).fill(0);
  words[0] = Opcode[name] | (enumeration.words << 16);
  for (const [field, value] of Object.entries(fields)) words[enumeration[field]] = value;
  return enumeration.words;
}

/** Of a block, milliseconds: several ticks of a machine that has them every millisecond. */
const BLOCK = 5;
const BLOCKS = 21;

/** Milliseconds of one run: the best block. @param {number} words */
function time(words) {
  const start = performance.now();
  let runs = 0;
  for (; performance.now() - start < 60; runs++) execute(CODE, words, BASE, 0, 1);
  const rows = Math.max(1, Math.round((runs * BLOCK) / 60));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < BLOCKS; i++) {
    const from = performance.now();
    for (let row = 0; row < rows; row++) execute(CODE, words, BASE, 0, 1);
    best = Math.min(best, (performance.now() - from) / rows);
  }
  return best;
}

const wanted = process.argv[2] ?? '';
let peak = 0;

/** @param {string} kind NN, TN, NT or TT @param {number} m @param {number} k @param {number} n */
function matmul(kind, m, k, n, activation = 0) {
  const name = `matmul ${kind} ${m}×${k}×${n}`;
  if (!name.includes(wanted)) return;
  end = FIRST;
  const [transposeLhs, transposeRhs] = [kind[0] === 'T', kind[1] === 'T'];
  const words = encode('matmul', {
    destination: block(m * n),
    lhs: block(m * k),
    rhs: block(k * n),
    bias: transposeRhs ? 0 : block(n),
    ...{ m, n, k, lda: transposeLhs ? m : k, ldb: transposeRhs ? k : n, ldc: n },
    transposeLhs: Number(transposeLhs),
    transposeRhs: Number(transposeRhs),
    activation,
    scratch: block(layout.Constant.matmulScratchBytes / 4),
  });
  const speed = (2 * m * n * k) / time(words) / 1e6;
  peak = Math.max(peak, measurePeak(BLOCK, BLOCKS));
  console.log(
    `${name.padEnd(26)} ${speed.toFixed(1).padStart(6)} GFLOP/s ${((100 * speed) / peak).toFixed(0).padStart(4)} %`,
  );
}

/** @param {string} title @param {number} count of elements @param {() => number} prepare encodes, returns the length */
function each(title, count, prepare) {
  if (!title.includes(wanted)) return;
  end = FIRST;
  const words = prepare();
  console.log(`${title.padEnd(34)} ${((time(words) * 1e6) / count).toFixed(3).padStart(7)} ns an element`);
}

peak = measurePeak(BLOCK, BLOCKS);
console.log(`peak ${peak.toFixed(1)} GFLOP/s; row count × k × column count`);
matmul('NN', 32, 784, 128);
matmul('TN', 784, 32, 128);
matmul('NN', 128, 784, 128);
matmul('TN', 784, 128, 128);
matmul('NN', 128, 784, 512);
matmul('TN', 512, 128, 512);
matmul('NT', 128, 512, 512);
matmul('NN', 32, 128, 10);
matmul('TN', 128, 32, 10);
matmul('NT', 32, 10, 128);
matmul('NN', 1024, 1024, 1024);
matmul('NN', 1100, 1100, 1100);
matmul('NN', 16, 16, 16);
matmul('NN', 16, 16, 1);
matmul('NN', 1, 784, 128);
matmul('NN', 3, 784, 128);
matmul('NN', 33, 101, 29);

const P = 101_770;
each('adam, 101,770 parameters', P, () => {
  const scalars = block(2);
  new Float32Array(memory.buffer, BASE + scalars, 2).set([1e-3, 1e-8]);
  const secondMoment = block(P);
  new Float32Array(memory.buffer, BASE + secondMoment, P).fill(1e-4);
  return encode('adam', {
    ...{ parameters: block(P), firstMoment: block(P), secondMoment, gradient: block(P), scalars, count: P },
    ...{ beta1: bits(0.9), oneMinusBeta1: bits(0.1), beta2: bits(0.999), oneMinusBeta2: bits(0.001) },
  });
});
each('gather u8, 32 × 784, standardized', 32 * 784, () => {
  const indices = block(32);
  for (let i = 0; i < 32; i++) new Int32Array(memory.buffer, BASE + indices, 32)[i] = (i * 7919) % 2000;
  return encode('gather', {
    ...{ destination: block(32 * 784), source: block(2000 * 196), indices, count: 32, rowElements: 784, rows: 2000 },
    ...{ sourceType: ElementType.u8, destinationType: ElementType.f32, shift: block(1), scale: block(1) },
    mode: layout.Broadcast.scalar,
  });
});
const reduceSum = (/** @type {number} */ outer, /** @type {number} */ k, /** @type {number} */ inner) =>
  encode('reduce', {
    ...{ destination: block(outer * inner), source: block(outer * k * inner) },
    ...{ outer, k, inner, operation: layout.ReduceFunction.sum },
  });
each('column sums, 32 × 128', 32 * 128, () => reduceSum(1, 32, 128));
each('column sums, 128 × 512', 128 * 512, () => reduceSum(1, 128, 512));
each('column sums, 32 × 10', 32 * 10, () => reduceSum(1, 32, 10));
each('row sums, 32 × 128', 32 * 128, () => reduceSum(32, 128, 1));
each('sum, 1,000,000', 1e6, () => reduceSum(1, 1e6, 1));
for (const name of ['tanh', 'sigmoid', 'exp', 'log', 'relu', 'erf', 'sin', 'atan']) {
  each(`${name}, 4,096`, 4096, () =>
    encode('unary', {
      ...{ destination: block(4096), source: block(4096), count: 4096, operation: layout.UnaryFunction[name] },
    }),
  );
}
for (const [rows, columns] of /** @type {const} */ ([
  [32, 10],
  [128, 1000],
])) {
  each(`crossEntropy, ${rows} × ${columns}`, rows * columns, () => {
    const labels = block(rows);
    for (let i = 0; i < rows; i++) new Int32Array(memory.buffer, BASE + labels, rows)[i] = i % columns;
    return encode('crossEntropy', {
      ...{
        losses: block(rows),
        probabilities: block(rows * columns),
        logits: block(rows * columns),
        labels,
        rows,
        columns,
      },
    });
  });
}
for (const name of ['randomUniform', 'randomNormal', 'dropoutMask']) {
  each(`${name}, 4,096`, 4096, () => {
    const layoutName = name === 'dropoutMask' ? name : 'random';
    return encode(name, { destination: block(4096), key: block(3), stream: 5, count: 4096 }, layoutName);
  });
}
