// @ts-check
/**
 * @file Measures a step of skip-gram with negative sampling through what users call: two tables, the rows of 512 pairs (a word,
 * its neighbor and 5 others), dots, binary cross-entropy, plain SGD by rows.
 *
 *   node bench/skip-gram.mjs            a step, its share of the machine's peak, memory
 *   node bench/skip-gram.mjs profile    and every instruction of it
 */
import { pathToFileURL } from 'node:url';
import { BlockClock, peakRss } from './measure.mjs';
import { loadLibrary } from './ours.mjs';
import { measurePeak } from './peak/peak.mjs';

/** @typedef {typeof import('../src/index.ts')} Library */

export const PAIRS = 512;
export const TARGETS = 6;
export const DIMENSION = 100;
export const VOCABULARY = 20_000;
/** Steps an epoch: enough rows that they do not stay in the caches from epoch to epoch. */
const BATCHES = 64;
const WARM_EPOCHS = 4;
const EPOCHS = 30;

/** Dots, their gradient by the word and by the targets: a multiplication and an addition each. */
export const OPERATIONS = PAIRS * TARGETS * DIMENSION * 2 * 3;

/**
 * A row is [word, neighbor, others …]; the result is a logit for each of the words behind the first.
 * @param {Library} library @param {number} vocabulary @param {number} dimension
 */
export function skipGram(
  { layer, cast, slice, reshape, gather, gatherDot, randomUniform, zeros },
  vocabulary,
  dimension,
) {
  return layer('skipGram', { vocabulary, dimension }, (x, context) => {
    const [pairs, ids] = /** @type {[number, number]} */ (x.shape);
    const shape = [vocabulary, dimension];
    const words = context.table('words', shape, randomUniform(0.5 / dimension));
    const contexts = context.table('contexts', shape, zeros());
    const all = cast(x, 'i32');
    const word = reshape(slice(all, [0, 0], [pairs, 1]), [pairs]);
    return gatherDot(contexts, slice(all, [0, 1], [pairs, ids - 1]), gather(words, word));
  });
}

/**
 * Words as frequent as in a text (Zipf: the k-th in proportion to 1 / k), the others as often as its ¾th power says.
 * @param {Library} library
 */
export function makePairs({ tensor }) {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  /** @param {number} power */
  const sampler = (power) => {
    const sums = new Float64Array(VOCABULARY);
    let sum = 0;
    for (let k = 0; k < VOCABULARY; k++) sums[k] = sum += (1 / (k + 1)) ** power;
    return () => {
      const u = uniform() * sum;
      let [low, high] = [0, VOCABULARY - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (/** @type {number} */ (sums[middle]) > u) high = middle;
        else low = middle + 1;
      }
      return low;
    };
  };
  const [word, other] = [sampler(1), sampler(0.75)];
  const rows = PAIRS * BATCHES;
  const ids = Int32Array.from({ length: rows * (1 + TARGETS) }, (_, i) => (i % (1 + TARGETS) < 2 ? word() : other()));
  const labels = Float32Array.from({ length: rows * TARGETS }, (_, i) => Number(i % TARGETS === 0));
  return { x: tensor(ids, [rows, 1 + TARGETS]), y: tensor(labels, [rows, TARGETS]) };
}

/** @param {Library} library */
export function optionsOf({ binaryCrossEntropy, sgd }) {
  return {
    loss: binaryCrossEntropy(),
    // The loss is a mean over pairs and targets; word2vec's rate of 0.025 is meant for each of them.
    optimizer: sgd({ learningRate: 0.025 * PAIRS * TARGETS }),
    ...{ batchSize: PAIRS, seed: 1, shuffle: false, progress: false },
  };
}

export async function measureSkipGram() {
  const library = await loadLibrary();
  const [model, data, options] = [skipGram(library, VOCABULARY, DIMENSION), makePairs(library), optionsOf(library)];
  const before = measurePeak();
  const epochs = library.train(model, data, { ...options, epochs: WARM_EPOCHS + EPOCHS });
  const clock = new BlockClock();
  const losses = [];
  for (let epoch = 0; epoch < WARM_EPOCHS + EPOCHS; epoch++) {
    clock.start();
    const { value } = await epochs.next();
    if (epoch >= WARM_EPOCHS) clock.stop(BATCHES);
    losses.push(/** @type {{ loss: number }} */ (value).loss);
  }
  const { value: run } = await epochs.next();
  const steady = clock.summary();
  const peak = Math.max(before, measurePeak());
  const gflops = OPERATIONS / steady.median / 1e3;
  return { library, run, steady, peak, gflops, losses, peakRssBytes: peakRss() };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { library, run, steady, peak, gflops, losses } = await measureSkipGram();
  const best = OPERATIONS / steady.best / 1e3;
  console.log(
    `skip-gram, ${PAIRS} pairs × ${TARGETS}, dimension ${DIMENSION}, vocabulary ${VOCABULARY}: a step takes ${steady.median.toFixed(1)} µs (best ${steady.best.toFixed(1)})`,
  );
  console.log(
    `${gflops.toFixed(2)} GFLOP/s (best ${best.toFixed(2)}), ${((100 * gflops) / peak).toFixed(1)} % of the peak of one core (${peak.toFixed(1)})`,
  );
  const [first, last] = [losses[0], losses.at(-1)].map((loss) => Number(loss).toFixed(4));
  console.log(`loss ${first} → ${last}; ${(/** @type {any} */ (run).bytes / 2 ** 20).toFixed(1)} MiB`);
  if (process.argv[2] === 'profile') console.log(String(await library.profile(/** @type {any} */ (run))));
}
