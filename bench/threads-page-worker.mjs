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

/** @typedef {{ name: string, batches: number, builds: string[], isEqual: boolean, rounds: { taken: number[], meeting: number[] }[] }} Compared */

const library = /** @type {import('./networks.mjs').Library} */ (/** @type {unknown} */ (built));
const choose = Pace.prototype.next;
/** @type {'alone' | 'together' | undefined} how calls are made, whatever took less time */
let forced;
Pace.prototype.next = function () {
  return forced ?? choose.call(this);
};

/** @type {readonly { threads: number, way: typeof forced }[]} */
const ways = [
  { threads: 1, way: undefined },
  { threads: 2, way: 'alone' },
  { threads: 2, way: 'together' },
  { threads: 2, way: undefined },
];

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
  const data = dataOf(library, item);
  const options = { ...optionsOf(library, item), device: /** @type {const} */ ('wasm') };
  /** @type {Set<string>} */
  const builds = new Set();
  for (const threads of [1, 2]) {
    const once = { ...options, threads, epochs: 1 };
    const { device } = await library.fit(modelOf(library, item), dataOf(library, item, 1), once);
    builds.add(`${device.build}, ${device.threads} of ${threads} threads`);
  }
  const warm = Math.max(2, Math.ceil(item.warmSteps / item.batches));
  const runs = ways.map(({ threads }) =>
    library.train(modelOf(library, item), data, { ...options, threads, epochs: 1e6 }),
  );
  let isEqual = true;
  /** Milliseconds of one epoch by each way. */
  const round = async () => {
    const taken = [];
    const losses = new Set();
    for (const [i, run] of runs.entries()) {
      forced = ways[i]?.way;
      const from = performance.now();
      const { value } = await run.next();
      taken.push(performance.now() - from);
      losses.add(/** @type {any} */ (value).loss);
    }
    isEqual &&= losses.size === 1;
    return taken;
  };
  for (let i = 0; i < warm; i++) await round();
  const rounds = [];
  let before = measure();
  for (let i = 0; i < blocks; i++) {
    const taken = await round();
    const after = measure();
    rounds.push({ taken, meeting: [before, after] });
    before = after;
  }
  for (const run of runs) await run.return(/** @type {any} */ (undefined));
  return { name: item.name, batches: item.batches, builds: [...builds], isEqual, rounds };
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
