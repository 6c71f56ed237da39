// @ts-check
/**
 * @file Measures saddlepoint in a process of its own, through what users call: `train`, with its gather of rows, its record of
 * losses and its turns of the event loop. Started by run.mjs; `node bench/ours.mjs ITEM` measures once and prints.
 */
import { pathToFileURL } from 'node:url';
import { COMPARED_STEPS, items, SHORTEST_BLOCK } from './items.mjs';
import { BlockClock, peakRss, serve } from './measure.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { measurePeak } from './peak/peak.mjs';
import { isQuiet, turnNs } from './quiet.mjs';

/**
 * @typedef {import('./networks.mjs').Library} Library
 * @typedef {import('./items.mjs').Item} Item
 */

/** The built package, as Node takes it. @returns {Promise<Library>} */
export const loadLibrary = () => import(new URL('../dist/node/index.js', import.meta.url).href);

/** The same by its modules, for what looks inside: `inside` gives one of them. @returns {Promise<Library>} */
export const loadModules = () => inside('index');

/** @param {string} path */
export const inside = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);

/** Losses of the first steps, by epochs of one batch; `firstStepCpuMs` is processor time of all threads. @param {Library} library @param {Item} item */
export async function firstSteps(library, item) {
  const batch = dataOf(library, item, 1);
  const cpu = process.cpuUsage();
  const began = performance.now();
  let [firstStepMs, firstStepCpuMs] = [0, 0];
  const losses = [];
  const options = { ...optionsOf(library, item), epochs: COMPARED_STEPS };
  for await (const { loss } of library.train(modelOf(library, item), batch, options)) {
    if (losses.length === 0) {
      firstStepMs = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      firstStepCpuMs = (user + system) / 1000;
    }
    losses.push(loss);
  }
  return { losses, firstStepMs, firstStepCpuMs };
}

/** Blocks by which the peak is measured, before all epochs and after. */
export const PEAK_BLOCKS = 10;

/** Epochs that are timed at most, in units of those that are timed at least, until as many had the core to themselves. */
const PATIENCE = 3;

/**
 * Epochs in the steady state, with a look at the core before and after each.
 * @param {Library} library @param {Item} item @param {ReturnType<typeof dataOf>} data
 * @param {{ shuffle: boolean, isQuiet?: (turn: number) => boolean }} options `isQuiet`: whether to wait for a quiet core, and which is
 */
async function steadyState(library, item, data, { shuffle, isQuiet }) {
  const warm = Math.max(2, Math.ceil(item.warmSteps / item.batches));
  const least = Math.max(10, Math.ceil(item.measuredSteps / item.batches));
  const most = isQuiet === undefined ? least : PATIENCE * least;
  const controller = new AbortController();
  const options = { ...optionsOf(library, item), shuffle, epochs: warm + most, signal: controller.signal };
  const epochs = library.train(modelOf(library, item), data, options);
  const clock = new BlockClock();
  /** @type {number[]} */
  const turns = [];
  let quiet = 0;
  for (let epoch = 0; epoch < warm + least || (quiet < least && epoch < warm + most); epoch++) {
    clock.start();
    await epochs.next();
    if (epoch >= warm) clock.stop(item.batches);
    if (epoch >= warm - 1) turns.push(turnNs());
    if (epoch >= warm && isQuiet?.(Math.max(...turns.slice(-2)))) quiet++;
  }
  controller.abort();
  const { value: run, done } = await epochs.next();
  if (done !== true) throw new Error('train yielded more epochs than were asked for');
  return {
    ...clock.summary(),
    isQuiet: quiet >= least,
    samples: clock.perStep().map((microseconds, i) => ({ microseconds, turns: turns.slice(i, i + 2) })),
    warmSteps: warm * item.batches,
    runBytes: run.bytes,
    device: run.device.name,
  };
}

/** The peak, some times, with a look at the core before and after each. */
function peaksNow() {
  const turns = [turnNs()];
  return Array.from({ length: PEAK_BLOCKS }, (_, i) => {
    const gigaflops = measurePeak(SHORTEST_BLOCK, 1);
    turns.push(turnNs());
    return { gigaflops, turns: turns.slice(i, i + 2) };
  });
}

/** @param {Item} item @param {number} [shortestTurn] of the processes before */
async function measure(item, shortestTurn = Number.POSITIVE_INFINITY) {
  const began = performance.now();
  const library = await loadLibrary();
  const importMs = performance.now() - began;
  const first = await firstSteps(library, item);
  const data = dataOf(library, item);
  const before = peaksNow();
  let shortest = Math.min(shortestTurn, ...before.flatMap(({ turns }) => turns));
  const quiet = (/** @type {number} */ turn) => {
    shortest = Math.min(shortest, turn);
    return isQuiet(turn, shortest);
  };
  const { runBytes, device, ...steady } = await steadyState(library, item, data, { shuffle: false, isQuiet: quiet });
  const after = peaksNow();
  const peakRssBytes = peakRss();
  const shuffled = await steadyState(library, item, data, { shuffle: true });
  return {
    ...{ importMs, ...first, steady, shuffled: shuffled.median },
    ...{ peaks: [...before, ...after], peakRssBytes, runBytes, device },
    versions: { node: process.versions.node, v8: process.versions.v8 },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.send !== undefined) serve(({ item, shortestTurn }) => measure(item, shortestTurn));
  else await measureAndPrint(process.argv[2]);
}

/** @param {string | undefined} name */
async function measureAndPrint(name) {
  const item = items.find((each) => each.name === name);
  if (item === undefined) throw new Error(`no item ${name}; there are ${items.map((each) => each.name).join(', ')}`);
  console.log(await measure(item));
}
