/**
 * @file What a second thread gains. Each item is trained by several runs that take turns in one process, epoch by epoch: without
 * threads; in the shared build, alone and always together; and with two threads that choose by themselves. Every round is
 * classed by the time that two threads take to meet just before and after it, since a system gives a program near cores or far
 * ones as it likes. Then again beside a program that takes a core. The ceiling: how much two threads do that share nothing.
 *
 *   node bench/threads.mjs [--blocks 30] [--json FILE]
 */
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { barrierProbe } from './barrier.mjs';
import { items } from './items.mjs';
import { median } from './measure.mjs';
import { optionsOf } from './networks.mjs';
import { inside, loadModules } from './ours.mjs';
import { number, readOptions, time, writePart } from './part.mjs';
import { forcePace, LEARNING, takeTurns } from './turns.mjs';

/** Nanoseconds a meeting of near cores, at most; of cores at all. */
const NEAR = 80;
const FAR = 1000;

const { blocks, file } = readOptions({ blocks: 30 });
const library = await loadModules();
const { Pace } = await inside('backends/wasm/pace');
forcePace(Pace);

const SPINNER = `
const { parentPort } = require('node:worker_threads');
import(process.env.SADDLEPOINT_PEAK).then(({ measurePeak }) => {
  measurePeak(5, 5);
  parentPort.on('message', () => parentPort.postMessage(measurePeak(5, 5)));
  parentPort.postMessage('ready');
});`;

/** The sum of what two threads reach at once, over what one reaches alone. */
async function ceiling() {
  const peak = new URL('./peak/peak.mjs', import.meta.url).href;
  const { measurePeak } = await import(peak);
  const other = new Worker(SPINNER, { eval: true, env: { ...process.env, SADDLEPOINT_PEAK: peak } });
  /** @returns {Promise<any>} */
  const answer = () => new Promise((resolve) => other.once('message', resolve));
  await answer();
  measurePeak(5, 5);
  const ratios = [];
  for (let i = 0; i < 9; i++) {
    const alone = measurePeak(5, 5);
    other.postMessage('go');
    const mine = measurePeak(5, 5);
    ratios.push((mine + (await answer())) / alone);
  }
  await other.terminate();
  return median(ratios);
}

/** @param {import('./items.mjs').Item} item */
async function compare(item) {
  const turns = await takeTurns(library, item, { ...optionsOf(library, item), deterministic: true });
  const rounds = await turns.rounds(blocks, probe.measure);
  const busy = await besideAnother(turns.round);
  return { rounds, busy, isEqual: await turns.end() };
}

/** Rounds while another program computes, but for those of the first second. @param {() => Promise<number[]>} round */
async function besideAnother(round) {
  const other = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  try {
    const rounds = [];
    const from = performance.now();
    while (performance.now() - from < LEARNING || rounds.length < 2) rounds.push(await round());
    rounds.length = 0;
    for (let i = 0; i < blocks; i++) rounds.push(await round());
    return rounds;
  } finally {
    other.kill();
  }
}

/** The median over rounds of what one thread takes over what a way takes. @param {number[][]} rounds @param {number} way */
const gain = (rounds, way) => median(rounds.map((taken) => Number(taken[0]) / Number(taken[way])));
/** @param {number[][]} rounds @param {number} way */
const cell = (rounds, way) => (rounds.length < 3 ? '–' : `${number(gain(rounds, way))} (${rounds.length})`);

const probe = await barrierProbe();
const most = await ceiling();
console.log(`two threads that share nothing do ${number(most)} × the work of one`);
const meetings = [];
const rows = [];
for (const item of items) {
  const { rounds, busy, isEqual } = await compare(item);
  const all = rounds.map(({ taken }) => taken);
  /** @param {number} least @param {number} most */
  const within = (least, most) =>
    rounds.filter(({ meeting }) => meeting.every((t) => t > least && t <= most)).map(({ taken }) => taken);
  meetings.push(...rounds.map(({ meeting }) => Number(meeting[1])));
  rows.push([
    ...[item.name, time((1000 * median(all.map(([one]) => Number(one)))) / item.batches), number(gain(all, 1))],
    ...[cell(within(0, NEAR), 2), cell(within(NEAR, FAR), 2), number(gain(all, 3)), number(gain(busy, 3))],
    isEqual ? 'equal' : 'DIFFERENT',
  ]);
  console.log(rows.at(-1)?.join('  '));
  if (!isEqual) process.exitCode = 1;
}
await probe.close();
const last = `Two threads met in ${number(median(meetings))} ns (the median of all rounds).`;
console.log(last);
writePart(file, {
  title: 'Two threads',
  text: `How many times as fast as one thread of the build without shared memory; medians of rounds in which all take turns, epoch by epoch, ${blocks} rounds an item, after a second of each. *Near* and *far* are rounds before and after which two threads met within ${NEAR} ns, or within ${FAR} ns (in brackets how many rounds); there two threads always work together. *By itself*: the run chooses, as users have it. *A core taken*: the same, from a second on after another program began to compute. ${last} Two threads that share nothing, the loop of the peak on each, did ${number(most)} × the work of one in the same run: that is the ceiling here.`,
  columns: ['', 'one thread', 'shared build, one', 'near', 'far', 'by itself', 'a core taken', 'losses'],
  rows,
});
