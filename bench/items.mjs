// @ts-check
/**
 * @file What is measured: four networks, their data, and the rules that every library is measured by. It knows no library.
 *
 * @typedef {object} Item
 * @property {string} name
 * @property {number[]} sizes units by layer, the input's first
 * @property {'relu' | 'tanh'} activation of all layers but the last
 * @property {'crossEntropy' | 'meanSquaredError'} loss
 * @property {{ name: 'adam', learningRate: number } | { name: 'sgd', learningRate: number, momentum: number }} optimizer
 * @property {number} batchSize rows a step
 * @property {number} batches steps an epoch: at least 50 ms of our time
 * @property {number} warmSteps not counted: the compiler's warm-up, and until Adam's moments of dead units have become denormal
 * @property {number} measuredSteps counted, at least
 * @property {number} wanted how many times as fast as jax-js we want to be
 * @property {number} [wantedShare] of the machine's peak
 *
 * @typedef {object} Data
 * @property {Float32Array} x row by row
 * @property {Float32Array | Int32Array} y a class number or a value for each row
 */

/** Fixes weights and data of every item. */
export const SEED = 1;

/** Steps whose losses must agree before a time counts, and how well, relative to the greater loss. */
export const COMPARED_STEPS = 5;
export const TOLERANCE = 1e-4;

/** Milliseconds: the shortest stretch of steps that is timed as one. */
export const SHORTEST_BLOCK = 50;

const adam = /** @type {const} */ ({ name: 'adam', learningRate: 1e-3 });
const classifier = /** @type {const} */ ({ activation: 'relu', loss: 'crossEntropy', optimizer: adam });

/** @type {readonly Item[]} */
export const items = [
  {
    ...{ name: 'MLP-32', sizes: [784, 128, 10], ...classifier, batchSize: 32, wanted: 4 },
    ...{ batches: 192, warmSteps: 1100, measuredSteps: 1500 },
  },
  {
    ...{ name: 'MLP-128', sizes: [784, 128, 10], ...classifier, batchSize: 128, wanted: 2, wantedShare: 0.6 },
    ...{ batches: 64, warmSteps: 1000, measuredSteps: 1000 },
  },
  {
    ...{
      name: 'tiny',
      sizes: [2, 16, 16, 1],
      activation: 'tanh',
      loss: 'meanSquaredError',
      batchSize: 16,
      wanted: 100,
    },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    ...{ batches: 32768, warmSteps: 2000, measuredSteps: 3000 },
  },
  {
    ...{ name: 'wide', sizes: [784, 512, 512, 10], ...classifier, batchSize: 128, wanted: 1.8 },
    ...{ batches: 16, warmSteps: 96, measuredSteps: 160 },
  },
];

/** The item as a reader knows it. @param {Item} item */
export function describeItem({ sizes, activation, loss, optimizer, batchSize }) {
  const name = loss === 'crossEntropy' ? 'softmax cross-entropy' : 'mean squared error';
  const method =
    optimizer.name === 'adam'
      ? `Adam ${optimizer.learningRate}`
      : `momentum ${optimizer.momentum}, rate ${optimizer.learningRate}`;
  return `${sizes.join('-')} ${activation}, ${name}, ${method}, batch ${batchSize}`;
}

/**
 * The necessary work of a step: a product and a sum for each weight and row, forward, for the weights' gradient, and, in all
 * layers but the first, for the input's gradient. Biases, activations, loss and optimizer are not counted.
 * @param {Item} item @returns {number} floating-point operations
 */
export function necessaryWork({ sizes, batchSize }) {
  const weights = sizes.slice(1).map((size, i) => size * /** @type {number} */ (sizes[i]));
  const all = weights.reduce((sum, count) => sum + count, 0);
  return 2 * batchSize * (3 * all - /** @type {number} */ (weights[0]));
}

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
 * The first `batches` batches of the item's data: synthetic, but like data. For 784 inputs they are like handwritten digits:
 * a class has a shape of a few strokes, shifted, fainter or bolder, with noise; most pixels are 0, those of the border almost
 * always, and one label in 20 is wrong. For two inputs a smooth function of both.
 * @param {Item} item @returns {Data}
 */
export function makeData(item, batches = item.batches) {
  const rows = batches * item.batchSize;
  return item.sizes[0] === 784 ? images(rows) : surface(rows);
}

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
