// @ts-check
/**
 * @file How a peer is measured, in a process of its own: a file of peers/ says how its library trains, this one measures it.
 *
 * @typedef {import('./items.mjs').Item} Item
 */
import { performance } from 'node:perf_hooks';
import { makeData, sizeOf } from './data.mjs';
import { COMPARED_STEPS, inputShape, LEAST_STEPS, PATIENCE, SHORTEST_BLOCK, targetShape } from './items.mjs';
import { BlockClock, peakRss, serve } from './measure.mjs';

/**
 * @template Batch, Value
 * @typedef {object} Training a model under training
 * @property {(x: Float32Array | Int32Array, y: Float32Array | Int32Array) => Batch} place puts a batch where the library wants it
 * @property {(batch: Batch) => Promise<Value>} step takes a step; kept once the step is done
 * @property {(value: Value) => Promise<number>} read the loss of a step
 * @property {(value: Value) => void} drop a loss that nobody reads
 * @property {(batches: Batch[]) => void} dispose
 */

/**
 * @template Library, Batch, Value
 * @typedef {object} Peer
 * @property {() => Promise<Library>} load imports the library
 * @property {(library: Library, item: Item, weights: Float32Array[]) => Promise<Training<Batch, Value>>} start
 *   a model with these weights; throws for an item that the library cannot train
 */

/** @template Library, Batch, Value @param {Peer<Library, Batch, Value>} peer */
export const servePeer = (peer) => serve((task) => measure(peer, task));

/** @template L, B, V @param {Peer<L, B, V>} peer @param {import('./measure.mjs').Task} task */
async function measure(peer, { item, weights }) {
  const began = performance.now();
  const library = await peer.load();
  const importMs = performance.now() - began;
  const first = await firstSteps(peer, library, item, weights);
  const steady = await steadyState(peer, library, item, weights);
  return { importMs, ...first, steady, peakRssBytes: peakRss() };
}

/** @template B, V @param {Training<B, V>} training @param {Item} item @param {import('./data.mjs').Data} data @returns {B[]} */
function placeAll(training, item, { x, y }) {
  const [width, height] = [inputShape(item), targetShape(item)].map((shape) => item.batchSize * sizeOf(shape));
  const part = (/** @type {Float32Array | Int32Array} */ all, /** @type {number} */ size, /** @type {number} */ i) =>
    all.slice(i * size, (i + 1) * size);
  return Array.from({ length: x.length / Number(width) }, (_, i) =>
    training.place(part(x, Number(width), i), part(y, Number(height), i)),
  );
}

/** Losses of the first steps, on one batch. @template L, B, V @param {Peer<L, B, V>} peer @param {L} library @param {Item} item @param {Float32Array[]} weights */
async function firstSteps(peer, library, item, weights) {
  const data = makeData(item, 1);
  const began = performance.now();
  const training = await peer.start(library, item, weights);
  const batches = placeAll(training, item, data);
  let firstStepMs = 0;
  const losses = [];
  while (losses.length < COMPARED_STEPS) {
    losses.push(await training.read(await training.step(/** @type {B} */ (batches[0]))));
    const elapsed = performance.now() - began;
    if (losses.length === 1) firstStepMs = elapsed;
    if (losses.length >= LEAST_STEPS.compared && elapsed > PATIENCE) break;
  }
  training.dispose(batches);
  return { losses, firstStepMs };
}

/** Blocks of steps in the steady state. @template L, B, V @param {Peer<L, B, V>} peer @param {L} library @param {Item} item @param {Float32Array[]} weights */
async function steadyState(peer, library, item, weights) {
  const training = await peer.start(library, item, weights);
  // As many batches as steps are taken; they are taken in the order in which our epochs take them.
  const needed = Math.min(item.batches, item.warmSteps + 2 * item.measuredSteps);
  const batches = placeAll(training, item, makeData(item, needed));
  let taken = 0;
  const step = async () => {
    training.drop(await training.step(/** @type {B} */ (batches[taken++ % batches.length])));
  };
  let began = performance.now();
  const isPatient = () => performance.now() - began < PATIENCE;
  while (taken < item.warmSteps && (taken < LEAST_STEPS.warm || isPatient())) await step();
  const warmSteps = taken;
  began = performance.now();
  const clock = new BlockClock();
  for (let block = 0; block < 10 || taken < warmSteps + item.measuredSteps; block++) {
    if (taken >= warmSteps + LEAST_STEPS.measured && !isPatient()) break;
    const from = taken;
    clock.start();
    do await step();
    while (clock.elapsed() < SHORTEST_BLOCK);
    clock.stop(taken - from);
  }
  training.dispose(batches);
  return { ...clock.summary(), warmSteps };
}
