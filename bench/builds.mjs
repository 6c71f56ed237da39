// @ts-check
/**
 * @file Which of two builds of the library takes less time for a step. Both train the same network in one process and take turns,
 * block by block, so that what slows the machine down slows both. A change is judged so: copy `dist` and package.json (and a link
 * to node_modules) of the state before into another folder, build, and compare.
 *
 *   node bench/builds.mjs BEFORE AFTER ITEM [--blocks 40]     folders that hold dist/
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { items, SHORTEST_BLOCK } from './items.mjs';
import { median } from './measure.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { number, time } from './part.mjs';

const { values, positionals } = parseArgs({
  options: { blocks: { type: 'string', default: '40' } },
  allowPositionals: true,
});
const [before, after, name] = positionals;
const item = items.find((each) => each.name === name);
const blocks = Number(values.blocks);
if (before === undefined || after === undefined || item === undefined || !Number.isInteger(blocks) || blocks < 1) {
  console.error(
    `error: node bench/builds.mjs BEFORE AFTER ITEM [--blocks 40], items: ${items.map((each) => each.name).join(', ')}`,
  );
  process.exit(2);
}

const { batches } = item;
const runs = [];
for (const folder of [before, after]) {
  /** @type {import('./networks.mjs').Library} */
  const library = await import(pathToFileURL(resolve(folder, 'dist/index.js')).href);
  const options = { ...optionsOf(library, item), epochs: 1e6, threads: 1 };
  runs.push(library.train(modelOf(library, item), dataOf(library, item), options));
}

/** Microseconds a step of one block. @param {(typeof runs)[number]} run */
async function block(run) {
  const from = performance.now();
  let epochs = 0;
  for (; performance.now() - from < SHORTEST_BLOCK; epochs++) await run.next();
  return (1000 * (performance.now() - from)) / epochs / batches;
}

/** @type {number[][]} */
const rounds = [];
for (let epoch = 0; epoch < Math.max(2, item.warmSteps / item.batches); epoch++)
  for (const run of runs) await run.next();
for (let i = 0; i < blocks; i++) {
  /** @type {number[]} */
  const taken = [];
  // Each goes first as often as the other.
  for (const j of i % 2 ? [0, 1] : [1, 0]) taken[j] = await block(/** @type {(typeof runs)[number]} */ (runs[j]));
  rounds.push(taken);
}
for (const run of runs) await run.return(/** @type {any} */ (undefined));
const [first, second] = [0, 1].map((j) => median(rounds.map((taken) => Number(taken[j]))));
const ratio = median(rounds.map(([a, b]) => Number(b) / Number(a)));
console.log(`${item.name}: ${time(Number(first))} before, ${time(Number(second))} after; ${number(ratio)} of the time`);
