// @ts-check
/**
 * @file What is measured: six networks, and the rules that every library is measured by. It knows no library.
 *
 * @typedef {object} Common
 * @property {string} name
 * @property {'crossEntropy' | 'meanSquaredError' | 'binaryCrossEntropy'} loss the mean over all rows and outputs
 * @property {{ name: 'adam', learningRate: number } | { name: 'sgd', learningRate: number, momentum: number }} optimizer
 * @property {number} batchSize rows a step
 * @property {number} batches steps an epoch: at least 50 ms of our time
 * @property {number} warmSteps not counted: the compiler's warm-up, and until Adam's moments of dead units have become denormal
 * @property {number} measuredSteps counted, at least
 * @property {Readonly<Record<string, number>>} wanted how many times as fast as a peer we want to be; as fast as any other of JavaScript
 * @property {{ simd: number, relaxed: number }} [wantedShare] of the machine's peak, by the build that the engine can run
 * @property {Attack} [attack] each minibatch is attacked first, and the adversarial rows alone are trained on
 *
 * @typedef {object} Attack projected gradient descent in L∞ within [0, 1]
 * @property {number} epsilon
 * @property {number} stepSize
 * @property {number} steps
 * @property {boolean} randomStart
 *
 * @typedef {Common & { kind: 'mlp', sizes: number[], activation: 'relu' | 'tanh' }} Mlp
 *   units by layer, the input's first; activation of all layers but the last
 * @typedef {Common & { kind: 'cnn', image: number[], filters: number[], classes: number }} Cnn
 *   image: height, width, channels; for each of `filters` a convolution 3 × 3 without padding, relu, the largest of 2 × 2; then
 *   a dense layer
 * @typedef {Common & { kind: 'skipGram', vocabulary: number, dimension: number, candidates: number }} SkipGram
 *   two tables [vocabulary, dimension]; the products of a word's row of the first with the candidates' of the second are logits
 * @typedef {Mlp | Cnn | SkipGram} Item
 */

/** Fixes weights and data of every item. */
export const SEED = 1;

/** Steps whose losses must agree before a time counts, and how well, relative to the greater loss. */
export const COMPARED_STEPS = 5;
export const TOLERANCE = 1e-4;

/** Milliseconds: the shortest stretch of steps that is timed as one. */
export const SHORTEST_BLOCK = 50;

/**
 * What a peer may take at most, in milliseconds, for the steps that are compared, for those that are not counted and for those
 * that are; and how many of each it takes whatever they take.
 */
export const PATIENCE = 5000;
export const LEAST_STEPS = { compared: 3, warm: 2, measured: 3 };

const adam = /** @type {const} */ ({ name: 'adam', learningRate: 1e-3 });
const classifier = /** @type {const} */ ({ kind: 'mlp', activation: 'relu', loss: 'crossEntropy', optimizer: adam });

/** @type {readonly Item[]} */
export const items = [
  {
    ...{ name: 'MLP-32', ...classifier, sizes: [784, 128, 10], batchSize: 32 },
    ...{
      batches: 192,
      warmSteps: 1100,
      measuredSteps: 1500,
      wanted: { 'jax-js': 4, pytorch: 2.5, 'pytorch-tuned': 2.5 },
      wantedShare: { simd: 0.62, relaxed: 0.66 },
    },
  },
  {
    ...{ name: 'MLP-128', ...classifier, sizes: [784, 128, 10], batchSize: 128 },
    ...{
      batches: 64,
      warmSteps: 1000,
      measuredSteps: 1000,
      wanted: { 'jax-js': 2 },
      wantedShare: { simd: 0.74, relaxed: 0.8 },
    },
  },
  {
    ...{
      name: 'tiny',
      kind: 'mlp',
      sizes: [2, 16, 16, 1],
      activation: 'tanh',
      loss: 'meanSquaredError',
      batchSize: 16,
    },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    ...{
      batches: 32768,
      warmSteps: 2000,
      measuredSteps: 3000,
      wanted: { 'jax-js': 100, pytorch: 40, 'pytorch-tuned': 40 },
      wantedShare: { simd: 0.2, relaxed: 0.2 },
    },
  },
  {
    ...{ name: 'wide', ...classifier, sizes: [784, 512, 512, 10], batchSize: 128 },
    ...{
      batches: 16,
      warmSteps: 96,
      measuredSteps: 160,
      wanted: { 'jax-js': 1.8, pytorch: 0.75, 'pytorch-tuned': 0.75 },
      wantedShare: { simd: 0.76, relaxed: 0.79 },
    },
  },
  {
    ...{ name: 'CNN', kind: 'cnn', image: [28, 28, 1], filters: [16, 32], classes: 10, loss: 'crossEntropy' },
    ...{
      optimizer: adam,
      batchSize: 32,
      batches: 32,
      warmSteps: 320,
      measuredSteps: 320,
      wanted: { pytorch: 1.5, 'pytorch-tuned': 1.5 },
      wantedShare: { simd: 0.72, relaxed: 0.75 },
    },
  },
  {
    ...{ name: 'skip-gram', kind: 'skipGram', vocabulary: 20_000, dimension: 100, candidates: 6 },
    // word2vec's 0.025 for each pair: the loss here is a mean over 512 × 6.
    ...{ loss: 'binaryCrossEntropy', optimizer: { name: 'sgd', learningRate: 0.025 * 512 * 6, momentum: 0 } },
    ...{
      batchSize: 512,
      batches: 320,
      warmSteps: 640,
      measuredSteps: 1280,
      wanted: { pytorch: 8, 'pytorch-tuned': 8 },
      wantedShare: { simd: 0.16, relaxed: 0.16 },
    },
  },
];

const lossNames = {
  crossEntropy: 'softmax cross-entropy',
  meanSquaredError: 'mean squared error',
  binaryCrossEntropy: 'sigmoid cross-entropy',
};

/** The item as a reader knows it. @param {Item} item */
export function describeItem(item) {
  const { loss, optimizer, batchSize } = item;
  const rate = Number(optimizer.learningRate.toPrecision(3));
  const method =
    optimizer.name === 'adam'
      ? `Adam ${rate}`
      : optimizer.momentum === 0
        ? `SGD ${rate}`
        : `momentum ${optimizer.momentum}, rate ${rate}`;
  return `${describeModel(item)}, ${lossNames[loss]}, ${method}, batch ${batchSize}`;
}

/** @param {Item} item */
function describeModel(item) {
  if (item.kind === 'mlp') return `${item.sizes.join('-')} ${item.activation}`;
  if (item.kind === 'skipGram')
    return `skip-grams, ${item.candidates} candidates a pair, two tables of ${item.vocabulary} × ${item.dimension}`;
  const layers = item.filters.map((filters) => `conv 3×3×${filters} relu, max pool 2, `);
  return `images ${item.image.join('×')}, ${layers.join('')}dense ${item.classes}`;
}

/** The shape of a row of x. @param {Item} item @returns {number[]} */
export function inputShape(item) {
  if (item.kind === 'mlp') return item.sizes.slice(0, 1);
  return item.kind === 'cnn' ? item.image : [1 + item.candidates];
}

/** The shape of a row of y: none for class numbers. @param {Item} item @returns {number[]} */
export function targetShape(item) {
  if (item.loss === 'crossEntropy') return [];
  return item.kind === 'skipGram' ? [item.candidates] : [1];
}

/**
 * The shapes of the weights in order: kernel and bias of each layer, or the tables. Kernels of convolutions are [height, width,
 * channels, filters]; what the dense layer after them sees is flattened in the order height, width, channels.
 * @param {Item} item @returns {number[][]}
 */
export function weightShapes(item) {
  if (item.kind === 'skipGram') return [0, 1].map(() => [item.vocabulary, item.dimension]);
  if (item.kind === 'mlp')
    return item.sizes.slice(1).flatMap((units, i) => [[/** @type {number} */ (item.sizes[i]), units], [units]]);
  const { shapes, features } = stages(item);
  return [...shapes.flatMap(({ kernel, filters }) => [kernel, [filters]]), [features, item.classes], [item.classes]];
}

const KERNEL = 3;
const WINDOW = 2;

/** @param {Cnn} item */
function stages({ image, filters }) {
  let [height = 0, width = 0, channels = 0] = image;
  const shapes = filters.map((count) => {
    const kernel = [KERNEL, KERNEL, channels, count];
    const pixels = (height - KERNEL + 1) * (width - KERNEL + 1);
    [height, width] = [Math.floor((height - KERNEL + 1) / WINDOW), Math.floor((width - KERNEL + 1) / WINDOW)];
    channels = count;
    return { kernel, filters: count, pixels };
  });
  return { shapes, features: height * width * channels };
}

/**
 * The necessary work of a step: a product and a sum for each weight and row (and pixel), forward, for the weights' gradient,
 * and, in all layers but the first, for the input's gradient. Biases, activations, pooling, loss and optimizer are not counted;
 * of skip-grams the products, and for both tables the gradients of the rows used.
 * @param {Item} item @returns {number} floating-point operations
 */
export function necessaryWork(item) {
  const { batchSize } = item;
  if (item.kind === 'skipGram') return 2 * batchSize * item.candidates * item.dimension * 3;
  const kernels = weightShapes(item).filter((shape) => shape.length > 1);
  const pixels = item.kind === 'cnn' ? stages(item).shapes.map((stage) => stage.pixels) : [];
  const products = kernels.map((shape, i) => shape.reduce((product, size) => product * size, 1) * (pixels[i] ?? 1));
  const all = products.reduce((sum, count) => sum + count, 0);
  return 2 * batchSize * (3 * all - /** @type {number} */ (products[0]));
}
