// @ts-check
/**
 * @file Measures saddlepoint in a process of its own, through what users call: `train`, with its gather of rows, its record of
 * losses and its turns of the event loop. Started by run.mjs; `node bench/ours.mjs ITEM` measures once and prints.
 */
import { pathToFileURL } from 'node:url';
import { COMPARED_STEPS, items, necessaryWork } from './items.mjs';
import { BlockClock, median, peakRss, serve } from './measure.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { measurePeak } from './peak/peak.mjs';

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

/** Blocks of 1 ms by which the peak of the moment is measured, between two epochs. */
export const BESIDE = 3;

/**
 * Epochs in the steady state. The clock of a processor and its neighbors change from second to second, so the peak is also measured
 * before and after each.
 * @param {Library} library @param {Item} item @param {ReturnType<typeof dataOf>} data @param {boolean} shuffle
 */
async function steadyState(library, item, data, shuffle) {
  const warm = Math.max(2, Math.ceil(item.warmSteps / item.batches));
  const counted = Math.max(10, Math.ceil(item.measuredSteps / item.batches));
  const options = { ...optionsOf(library, item), shuffle, epochs: warm + counted };
  const epochs = library.train(modelOf(library, item), data, options);
  const clock = new BlockClock();
  const peaks = [measurePeak(BESIDE)];
  for (let epoch = 0; epoch < warm + counted; epoch++) {
    clock.start();
    await epochs.next();
    if (epoch >= warm) clock.stop(item.batches);
    if (epoch >= warm - 1) peaks.push(measurePeak(BESIDE));
  }
  const { value: run, done } = await epochs.next();
  if (done !== true) throw new Error('train yielded more epochs than were asked for');
  const shares = clock.perStep().map((microseconds, i) => {
    const [before, after] = peaks.slice(i + 1, i + 3);
    return necessaryWork(item) / microseconds / 1e3 / ((Number(before) + Number(after)) / 2);
  });
  return {
    ...clock.summary(),
    shareBeside: median(shares),
    warmSteps: warm * item.batches,
    runBytes: run.bytes,
    device: run.device.name,
  };
}

/** @param {Item} item */
async function measure(item) {
  const began = performance.now();
  const library = await loadLibrary();
  const importMs = performance.now() - began;
  const first = await firstSteps(library, item);
  const data = dataOf(library, item);
  const before = measurePeak();
  const { runBytes, device, ...steady } = await steadyState(library, item, data, false);
  const after = measurePeak();
  const peakRssBytes = peakRss();
  const shuffled = await steadyState(library, item, data, true);
  return {
    ...{ importMs, ...first, steady, shuffled: shuffled.median },
    ...{ peak: { before, after }, peakRssBytes, runBytes, device },
    versions: { node: process.versions.node, v8: process.versions.v8 },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.send !== undefined) serve(({ item }) => measure(item));
  else await measureAndPrint(process.argv[2]);
}

/** @param {string | undefined} name */
async function measureAndPrint(name) {
  const item = items.find((each) => each.name === name);
  if (item === undefined) throw new Error(`no item ${name}; there are ${items.map((each) => each.name).join(', ')}`);
  console.log(await measure(item));
}
