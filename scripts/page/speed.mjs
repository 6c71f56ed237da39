// @ts-check
/** @file Checks of speed: no long task while it trains, and the page's time beside Node's. They want a quiet machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../files.mjs';
import { choose, resultOf, textOf, trainDigits, visit } from './browser.mjs';
import { tasksOfTraining } from './long-tasks.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */

/** The longest task of the main thread that visitors do not feel. */
const LONG_MS = 50;
/** What follows the first step: code is compiled, the first figures are drawn. */
const WARM_UP_MS = 1000;
/** The page may take so many times as long as Node. */
const RATIO = 1.25;
/** Another process may take the processor for a moment: of so many tries the best counts, in Node and on the page alike. */
const TRIES = 3;

/** The longest of some times, for people. @param {number[]} times */
const longest = (times) => `${Math.round(Math.max(0, ...times))} ms`;

/**
 * In each of three visits no task of the first training, with all that is fetched, loaded and planned for it, may have over 50 ms of
 * the processor; and in one of them, whatever other programs do, none after the warm-up may take over 50 ms by the clock.
 * @param {Parameters<typeof choose>[1]} settings @returns {(stage: Stage) => Promise<string>}
 */
const staysFree = (settings) => async (stage) => {
  const seen = [];
  for (let i = 0; i < TRIES; i++) {
    const found = await visit(stage, async (page) => {
      await choose(page, settings);
      const found = await tasksOfTraining(page);
      await resultOf(page);
      return found;
    });
    assert.ok(typeof found !== 'string', `not measured: ${found}`);
    const { tasks, first, end } = found;
    const warm = tasks.filter(({ at }) => at >= first + WARM_UP_MS);
    assert.ok(end - first > 2 * WARM_UP_MS, `the training was too short to tell: ${Math.round(end - first)} ms`);
    assert.ok(tasks.length > 0, 'the trace has tasks');
    seen.push({
      preparing: tasks.filter(({ at }) => at < first).map(({ processor }) => processor),
      processor: tasks.map(({ processor }) => processor),
      clock: warm.map(({ clock }) => clock),
    });
  }
  const shown = seen
    .map(
      ({ preparing, processor, clock }) =>
        `${longest(preparing)} before the first step, ${longest(processor)} in all, by the clock ${longest(clock)} after the warm-up`,
    )
    .join('; ');
  const text = `longest tasks of ${TRIES} trainings: ${shown}`;
  assert.ok(
    seen.every(({ processor }) => processor.every((time) => time <= LONG_MS)),
    text,
  );
  assert.ok(
    seen.some(({ clock }) => clock.every((time) => time <= LONG_MS)),
    text,
  );
  return text;
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
