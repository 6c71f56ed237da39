/**
 * @file brain.js, for the tiny network. (Not type-checked: the peers are installed only by `npm run bench`.)
 *
 * It has no batches: each row changes the weights, and its last layer is a tanh too. So its losses cannot be compared; what
 * counts as a step is as many rows as the others' batch, and its error must fall.
 */
import { createRequire } from 'node:module';
import { makeData } from '../data.mjs';
import { LEAST_STEPS, PATIENCE, SHORTEST_BLOCK } from '../items.mjs';
import { BlockClock, peakRss, serve } from '../measure.mjs';

/** Batches that one pass goes through: as much data as a user of it might have. */
const BATCHES = 64;

function rowsOf(item, batches) {
  const { x, y } = makeData(item, batches);
  const width = item.sizes[0];
  return Array.from(y, (value, i) => ({ input: Array.from(x.subarray(i * width, (i + 1) * width)), output: [value] }));
}

serve(async ({ item }) => {
  if (item.kind !== 'mlp' || item.loss !== 'meanSquaredError' || item.activation !== 'tanh') {
    throw new Error(
      'it trains by row, with one activation for all layers and the squared error: only the tiny network fits',
    );
  }
  const began = performance.now();
  const { NeuralNetwork } = createRequire(import.meta.url)('brain.js');
  const importMs = performance.now() - began;
  const { activation, sizes, optimizer } = item;
  const { learningRate, momentum } = optimizer;
  const start = () => new NeuralNetwork({ hiddenLayers: sizes.slice(1, -1), activation });
  const options = (iterations) => ({ iterations, learningRate, momentum, errorThresh: Number.MIN_VALUE });

  const batch = rowsOf(item, 1);
  const firstBegan = performance.now();
  start().train(batch, options(1));
  const firstStepMs = performance.now() - firstBegan;

  const data = rowsOf(item, BATCHES);
  const network = start();
  const { error: firstError } = network.train(data, options(1));
  const from = performance.now();
  let warmSteps = BATCHES;
  let error = firstError;
  const train = (passes) => {
    error = network.train(data, options(passes)).error;
  };
  for (; warmSteps < Math.max(item.warmSteps, LEAST_STEPS.warm); warmSteps += 10 * BATCHES) {
    if (performance.now() - from > PATIENCE) break;
    train(10);
  }
  const clock = new BlockClock();
  for (let taken = 0, block = 0; block < 10 || taken < item.measuredSteps; block++) {
    let passes = 0;
    clock.start();
    do {
      train(10);
      passes += 10;
    } while (clock.elapsed() < SHORTEST_BLOCK);
    clock.stop(passes * BATCHES);
    taken += passes * BATCHES;
  }
  if (!(error < firstError)) throw new Error(`its error did not fall: ${firstError} at first, ${error} at last`);
  return { importMs, losses: [], firstStepMs, steady: { ...clock.summary(), warmSteps }, peakRssBytes: peakRss() };
});
