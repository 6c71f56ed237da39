// @ts-check
/**
 * @file The data of the benchmark's items: synthetic, but like data, and the same everywhere.
 *
 * @typedef {import('./items.mjs').Item} Item
 *
 * @typedef {object} Data
 * @property {Float32Array | Int32Array} x row by row
 * @property {Float32Array | Int32Array} y a class number, a value or several of them for each row
 */
import { inputShape, SEED } from './items.mjs';

/** Numbers in 0 … 1, the same everywhere (Marsaglia's xorshift, 32 bits). @param {number} seed */
function numbers(seed) {
  let state = Math.imul(seed, 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * The first `batches` batches of the item's data.
 *
 * - images, for 784 inputs and for convolutions: like handwritten digits. A class has a shape of a few strokes, shifted, fainter
 *   or bolder, with noise; most pixels are 0, those of the border almost always, and one label in 20 is wrong;
 * - a smooth function of two inputs, with noise;
 * - pairs of words for skip-grams: a row is a word, its neighbor and 5 words that are none, by number; frequent words have small
 *   numbers (Zipf), a neighbor is another word of the same kind half of the time, and y says which of the 6 is the neighbor.
 * @param {Item} item @returns {Data}
 */
export function makeData(item, batches = item.batches) {
  const rows = batches * item.batchSize;
  if (item.kind === 'skipGram') return pairs(item, rows);
  return sizeOf(inputShape(item)) === SIDE * SIDE ? images(rows) : surface(rows);
}

/** @param {readonly number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

const SIDE = 28;

/** @param {number} rows @returns {Data} */
function images(rows) {
  const random = numbers(SEED);
  const shapes = Array.from({ length: 10 }, () => strokes(random));
  const x = new Float32Array(rows * SIDE * SIDE);
  const y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = Math.floor(random() * 10);
    y[row] = random() < 0.05 ? Math.floor(random() * 10) : label;
    const shape = /** @type {Float32Array} */ (shapes[label]);
    const right = Math.floor(random() * 5) - 2;
    const down = Math.floor(random() * 5) - 2;
    const contrast = 0.6 + 0.6 * random();
    for (let i = 2; i < SIDE - 2; i++) {
      for (let j = 2; j < SIDE - 2; j++) {
        const value = /** @type {number} */ (shape[(i + down) * SIDE + j + right]) * contrast;
        const noisy = value + 0.2 * (random() - 0.5);
        if (value > 0.05 && noisy > 0.1) x[(row * SIDE + i) * SIDE + j] = Math.min(1, noisy);
      }
    }
  }
  return { x, y };
}

/** A shape of four round blots. @param {() => number} random */
function strokes(random) {
  const shape = new Float32Array(SIDE * SIDE);
  for (let blot = 0; blot < 4; blot++) {
    const row = 7 + 14 * random();
    const column = 7 + 14 * random();
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) {
        const distance = (i - row) ** 2 + (j - column) ** 2;
        const at = i * SIDE + j;
        shape[at] = Math.max(/** @type {number} */ (shape[at]), 1.2 * Math.exp(-distance / 6));
      }
    }
  }
  return shape;
}

/** @param {number} rows @returns {Data} */
function surface(rows) {
  const random = numbers(SEED);
  const x = new Float32Array(rows * 2);
  const y = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [2 * random() - 1, 2 * random() - 1];
    x.set([a, b], row * 2);
    y[row] = Math.sin(3 * a) * b + 0.1 * (random() - 0.5);
  }
  return { x, y };
}

/** So many words of neighboring numbers are of one kind. */
const KINDS = 50;

/** @param {import('./items.mjs').SkipGram} item @param {number} rows @returns {Data} */
function pairs({ vocabulary, candidates }, rows) {
  const random = numbers(SEED);
  /** @param {number} exponent of the frequencies' power of the rank @returns {() => number} draws a word */
  const drawer = (exponent) => {
    const cumulative = new Float64Array(vocabulary);
    let sum = 0;
    for (let i = 0; i < vocabulary; i++) cumulative[i] = sum += (i + 1) ** -exponent;
    return () => {
      const at = random() * sum;
      let [low, high] = [0, vocabulary - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (/** @type {number} */ (cumulative[middle]) > at) high = middle;
        else low = middle + 1;
      }
      return low;
    };
  };
  const word = drawer(1);
  // The power 3/4 of the frequencies (Mikolov et al. 2013, section 2.2).
  const noise = drawer(0.75);
  const width = 1 + candidates;
  const x = new Int32Array(rows * width);
  const y = new Float32Array(rows * candidates);
  for (let row = 0; row < rows; row++) {
    const center = word();
    const kin = center - (center % KINDS) + Math.floor(random() * KINDS);
    x[row * width] = center;
    x[row * width + 1] = random() < 0.5 ? Math.min(kin, vocabulary - 1) : word();
    for (let i = 2; i < width; i++) x[row * width + i] = noise();
    y[row * candidates] = 1;
  }
  return { x, y };
}
