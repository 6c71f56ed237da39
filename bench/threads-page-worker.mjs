// @ts-check
/**
 * @file What bench/threads-page.mjs runs, in a worker of an isolated page, where the library may wait for its threads: each item by
 * several runs that take turns, epoch by epoch, as in bench/threads.mjs.
 */
import { Pace } from '../dist/backends/wasm/pace.js';
import * as built from '../dist/index.js';
import { items } from './items.mjs';
import { meetings, SLEEPER } from './meet.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { forcePace, takeTurns } from './turns.mjs';

/** @typedef {{ name: string, batches: number, builds: string[], isEqual: boolean, rounds: import('./turns.mjs').Round[] }} Compared */

const library = /** @type {import('./networks.mjs').Library} */ (/** @type {unknown} */ (built));
forcePace(Pace);

async function probe() {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const script = `onmessage = ({ data: words }) => { postMessage('there'); ${SLEEPER} };`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  const there = new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  worker.postMessage(words);
  await there;
  return { measure: meetings(words), close: () => worker.terminate() };
}

/**
 * @param {import('./items.mjs').Item} item @param {number} blocks @param {() => number} measure
 * @returns {Promise<Compared>}
 */
async function compare(item, blocks, measure) {
  const options = { ...optionsOf(library, item), device: /** @type {const} */ ('wasm') };
  /** @type {Set<string>} */
  const builds = new Set();
  for (const threads of [1, 2]) {
    const once = { ...options, threads, epochs: 1 };
    const { device } = await library.fit(modelOf(library, item), dataOf(library, item, 1), once);
    builds.add(`${device.build}, ${device.threads} of ${threads} threads`);
  }
  const turns = await takeTurns(library, item, options);
  const rounds = await turns.rounds(blocks, measure);
  return { name: item.name, batches: item.batches, builds: [...builds], isEqual: await turns.end(), rounds };
}

addEventListener('message', async ({ data: { blocks, names } }) => {
  try {
    const { measure, close } = await probe();
    for (const item of items.filter(({ name }) => names.includes(name)))
      postMessage({ compared: await compare(item, blocks, measure) });
    close();
    postMessage({ done: true });
  } catch (error) {
    postMessage({ error: String(error instanceof Error ? error.stack : error) });
  }
});
