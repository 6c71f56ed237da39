// @ts-check
/**
 * @file The items as saddlepoint's users write them: models, options and data. In Node and on a page.
 *
 * @typedef {typeof import('../src/index.ts')} Library
 * @typedef {import('./items.mjs').Item} Item
 */
import { makeData, sizeOf } from './data.mjs';
import { inputShape, SEED, targetShape } from './items.mjs';

/** @param {Library} library @param {Item} item */
export function modelOf(library, item) {
  const { sequential, dense, conv2d, maxPool2d, flatten } = library;
  if (item.kind === 'skipGram') return skipGram(library, item);
  if (item.kind === 'mlp') {
    const { sizes, activation } = item;
    const hidden = sizes.slice(1, -1).map((units) => dense(units, { activation }));
    return sequential([...hidden, dense(/** @type {number} */ (sizes.at(-1)))]);
  }
  const blocks = item.filters.flatMap((filters) => [conv2d(filters, 3, { activation: 'relu' }), maxPool2d(2)]);
  return sequential([...blocks, flatten(), dense(item.classes)]);
}

/**
 * Logits of the candidates. Both tables are trained by rows.
 * @param {Library} library @param {import('./items.mjs').SkipGram} item
 */
function skipGram(library, { vocabulary, dimension, candidates }) {
  const { cast, gather, gatherDot, glorotUniform, layer, reshape, slice } = library;
  return layer('skipGram', { vocabulary, dimension }, (x, context) => {
    const table = (/** @type {string} */ name) => context.table(name, [vocabulary, dimension], glorotUniform());
    const rows = /** @type {number} */ (x.shape[0]);
    const numbers = cast(x, 'i32');
    const center = reshape(slice(numbers, [0, 0], [rows, 1]), [rows]);
    return gatherDot(table('contexts'), slice(numbers, [0, 1], [rows, candidates]), gather(table('words'), center));
  });
}

/** @param {Library} library @param {Pick<Item, 'loss' | 'optimizer' | 'batchSize' | 'attack'>} item */
export function optionsOf(library, item) {
  const { adam, sgd, crossEntropy, meanSquaredError, binaryCrossEntropy, adversarialTraining, attacks } = library;
  const losses = { crossEntropy, meanSquaredError, binaryCrossEntropy };
  const { name, ...options } = item.optimizer;
  return {
    loss: losses[item.loss](),
    optimizer: name === 'adam' ? adam(options) : sgd(options),
    ...{ batchSize: item.batchSize, seed: SEED, standardize: false, shuffle: false, progress: false },
    ...(item.attack && { tricks: [adversarialTraining(attacks.pgd(item.attack))] }),
  };
}

/** The item's data as users give them. @param {Library} library @param {Item} item @param {number} [batches] */
export function dataOf({ tensor }, item, batches) {
  const { x, y } = makeData(item, batches);
  if (item.kind === 'mlp') return { x, y };
  const rows = x.length / sizeOf(inputShape(item));
  return {
    x: tensor(x, [rows, ...inputShape(item)]),
    y: item.kind === 'cnn' ? y : tensor(y, [rows, ...targetShape(item)]),
  };
}
