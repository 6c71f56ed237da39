// @ts-check
/** @file Checks of speed: no long task while it trains, and the page's time beside Node's. They want a quiet machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../files.mjs';
import { choose, resultOf, says, textOf, trainDigits, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */

/** The longest task of the main thread that visitors do not feel. */
const LONG_MS = 50;
/** What follows the first step: code is compiled, the first figures are drawn. */
const WARM_UP_MS = 1000;
/** The page may take so many times as long as Node. */
const RATIO = 1.25;
/** Another process may take the processor for a moment: of so many tries the best counts, in Node and on the page alike. */
const TRIES = 3;

/**
 * Tasks over 50 ms between warm-up and end of one training.
 * @param {import('./browser.mjs').Page} page @param {Parameters<typeof choose>[1]} settings
 * @returns {Promise<number[] | string>} their milliseconds, or why there was no training
 */
async function longTasks(page, settings) {
  await choose(page, settings);
  await page.evaluate(() => {
    /** @type {{ at: number, duration: number }[]} */
    const tasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) tasks.push({ at: startTime, duration });
    }).observe({ type: 'longtask' });
    Object.assign(window, { tasks });
  });
  await page.click('#start');
  await page.waitForFunction(
    () =>
      /\d/.test(document.querySelector('#steps')?.textContent ?? '') ||
      !document.querySelector('#train-trouble')?.hasAttribute('hidden'),
  );
  if (await page.isVisible('#train-trouble')) return textOf(page, '#train-trouble');
  const from = (await page.evaluate(() => performance.now())) + WARM_UP_MS;
  await page.waitForSelector('#stop[aria-disabled=true]', { timeout: 120_000, state: 'attached' });
  await says(page, '#stop', /Stop/);
  const to = await page.evaluate(() => performance.now());
  assert.ok(to - from > 1000, `the training was too short to tell: ${Math.round(to - from)} ms after the warm-up`);
  const tasks = await page.evaluate(
    () => /** @type {{ at: number, duration: number }[]} */ (/** @type {any} */ (window).tasks),
  );
  await resultOf(page);
  return tasks.filter(({ at }) => at >= from && at < to).map(({ duration }) => duration);
}

/** @param {Parameters<typeof choose>[1]} settings @returns {(stage: Stage) => Promise<string>} */
const staysFree = (settings) => async (stage) => {
  /** @type {number[]} */
  let tasks = [];
  for (let i = 0; i < TRIES; i++) {
    const found = await visit(stage, (page) => longTasks(page, settings));
    assert.ok(typeof found !== 'string', `not measured: ${found}`);
    tasks = found;
    if (tasks.length === 0) return `no task over ${LONG_MS} ms`;
  }
  assert.fail(`tasks over ${LONG_MS} ms in each of ${TRIES} trainings, in the last: ${tasks.join(', ')}`);
};

const EPOCHS = 10;

/** The same training in Node: seconds of its epochs, and the build of the machine. @returns {{ seconds: number, build: string }} */
function inNode() {
  const script = join(root, 'scripts/page/train-in-node.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, String(EPOCHS)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the training in Node failed: ${stderr}`);
  return JSON.parse(stdout);
}

export const speed = {
  'the dense network trains without a long task': staysFree({ epochs: 40 }),
  'the convolutional network trains without a long task': staysFree({ model: 'cnn', epochs: 3 }),
  'in a worker, the dense network trains without a long task': staysFree({ worker: true, epochs: 40 }),
  'in a worker, the convolutional network trains without a long task': staysFree({
    worker: true,
    model: 'cnn',
    epochs: 3,
  }),

  /** @param {Stage} stage */
  'the page trains within 1.25 times the time of Node': async (stage) => {
    let [page, node] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    const builds = new Set();
    for (let i = 0; i < TRIES; i++) {
      const told = inNode();
      node = Math.min(node, told.seconds);
      const ran = await visit(stage, async (open) => {
        await trainDigits(open, { epochs: EPOCHS });
        return textOf(open, '#ran-on');
      });
      page = Math.min(page, Number(/in ([\d.]+) s/.exec(ran)?.[1]));
      builds.add(`Node ${told.build}, page ${/build (\w+)/.exec(ran)?.[1]}`);
    }
    const text = `page ${page.toFixed(2)} s, Node ${node.toFixed(2)} s: ratio ${(page / node).toFixed(2)} (builds: ${[...builds].join('; ')})`;
    assert.ok(page / node <= RATIO, text);
    return text;
  },
};
