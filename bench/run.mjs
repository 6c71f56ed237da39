// @ts-check
/**
 * @file The benchmark: one training step of four networks, saddlepoint beside jax-js. Each measures in a process of its own;
 * they take turns, round by round, and medians of the rounds are compared. A time counts only if both learn the same.
 *
 *   npm run bench -- [--items MLP-32,tiny] [--rounds 5] [--json FILE]
 *
 * `node bench/report.mjs FILE` makes docs/benchmarks.md of the JSON.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleBytes } from './bundle.mjs';
import { COMPARED_STEPS, describeItem, items, necessaryWork, SEED, SHORTEST_BLOCK, TOLERANCE } from './items.mjs';
import { median } from './measure.mjs';
import { loadLibrary, modelOf } from './ours.mjs';

/**
 * @typedef {import('./items.mjs').Item} Item
 * @typedef {import('./measure.mjs').Measured} Theirs
 * @typedef {Theirs & { shuffled: number, peak: { before: number, after: number }, runBytes: number, device: string }} Ours
 * @typedef {{ ours: Ours, theirs: Theirs }} Round
 */

/** Unless `--rounds` says otherwise. */
const ROUNDS = 5;

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} path of a package.json, from here */
const versionIn = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;

/** Where a machine keeps its files is not part of a result. @param {string} text */
const withoutPaths = (text) => text.replaceAll(root, '').replace(/(file:\/\/)?\/\S+\//g, '');

const load = () => Number((loadavg()[0] ?? 0).toFixed(2));

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

function readArguments() {
  /** @type {{ json?: string, items?: string, rounds?: string }} */
  let values = {};
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    values = parseArgs({ options: { json: text, items: text, rounds: text } }).values;
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds: expected a whole number ≥ 1, got ${values.rounds}`);
  const all = items.map(({ name }) => name);
  const chosen = (values.items?.split(',') ?? all).map(
    (name) =>
      items.find((item) => item.name === name) ?? refuse(`--items: no item ${name}; there are ${all.join(', ')}`),
  );
  return { rounds, chosen, file: values.json };
}

/** One process, one measurement. @param {string} script @param {object} task @returns {Promise<any>} */
function measureIn(script, task) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(script, import.meta.url), { serialization: 'advanced' });
    /** @type {any} */
    let reply;
    child.once('message', (message) => {
      reply = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (reply === undefined) reject(new Error(`${script} ended without a result (${signal ?? `exit code ${code}`})`));
      else if (reply.error !== undefined) reject(new Error(`${script}: ${reply.error}`));
      else resolve(reply);
    });
    child.send(task);
  });
}

/** Why a round does not count, if so. @param {Round} round */
function objection({ ours, theirs }) {
  if (ours.device !== 'wasm') return `saddlepoint ran on ${ours.device}`;
  if (ours.losses.length !== COMPARED_STEPS || theirs.losses.length !== COMPARED_STEPS) return 'losses are missing';
  for (const [i, a] of ours.losses.entries()) {
    const b = /** @type {number} */ (theirs.losses[i]);
    // Not `>`: NaN must fail too.
    if (!(Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))))
      return `the losses of step ${i + 1} differ: saddlepoint ${a}, jax-js ${b}`;
  }
  return undefined;
}

/** All rounds of an item. @param {Item} item @param {number} rounds @param {Float32Array[]} weights */
async function runItem(item, rounds, weights) {
  /** @type {Round[]} */
  const done = [];
  for (let i = 0; i < rounds; i++) {
    const ours = await measureIn('./ours.mjs', { item, weights });
    const theirs = await measureIn('./jax-js.mjs', { item, weights });
    const reason = objection({ ours, theirs });
    if (reason !== undefined) throw new Error(reason);
    done.push({ ours, theirs });
    console.log(
      `  round ${i + 1}: saddlepoint ${micro(ours.steady.median)}, jax-js ${micro(theirs.steady.median)}, ` +
        `peak ${peakOf(ours).toFixed(1)} GFLOP/s, load ${load()}`,
    );
  }
  return summarize(item, done);
}

/** The best of both: noise only ever makes a peak lower. @param {Ours} ours */
const peakOf = ({ peak }) => Math.max(peak.before, peak.after);

/** @param {Item} item @param {Round[]} rounds */
function summarize(item, rounds) {
  const work = necessaryWork(item);
  /** @param {(round: Round) => number} value */
  const over = (value) => median(rounds.map(value));
  /** @param {(round: Round) => Theirs} side */
  const side = (side) => ({
    microseconds: over((round) => side(round).steady.median),
    best: Math.min(...rounds.map((round) => side(round).steady.best)),
    cpuMicroseconds: over((round) => side(round).steady.cpu),
    firstStepMs: over((round) => side(round).firstStepMs),
    importMs: over((round) => side(round).importMs),
    peakRssBytes: over((round) => side(round).peakRssBytes),
    gigaflops: work / over((round) => side(round).steady.median) / 1e3,
  });
  const ours = side((round) => round.ours);
  const theirs = side((round) => round.theirs);
  return {
    ours: {
      ...ours,
      shuffledMicroseconds: over((round) => round.ours.shuffled),
      runBytes: over((round) => round.ours.runBytes),
      shareOfPeak: over(({ ours }) => work / ours.steady.median / 1e3 / peakOf(ours)),
    },
    theirs,
    ratio: theirs.microseconds / ours.microseconds,
    cpuRatio: theirs.cpuMicroseconds / ours.cpuMicroseconds,
    peakGigaflops: over((round) => peakOf(round.ours)),
    rounds,
  };
}

/** @param {number} microseconds */
function micro(microseconds) {
  const digits = microseconds < 10 ? 2 : microseconds < 100 ? 1 : 0;
  return `${microseconds.toFixed(digits)} µs`;
}

/** @param {Item} item @param {ReturnType<typeof summarize>} result */
function show(item, { ours, theirs, ratio, cpuRatio, peakGigaflops, rounds }) {
  console.log(
    `  saddlepoint ${micro(ours.microseconds)} (shuffled ${micro(ours.shuffledMicroseconds)}), jax-js ${micro(theirs.microseconds)}: ` +
      `${ratio.toFixed(2)} × as fast (by processor time ${cpuRatio.toFixed(2)} ×; wanted ≥ ${item.wanted} ×)`,
  );
  console.log(
    `  ${ours.gigaflops.toFixed(1)} GFLOP/s, ${(100 * ours.shareOfPeak).toFixed(0)} % of the peak of ${peakGigaflops.toFixed(1)}` +
      `; first step ${ours.firstStepMs.toFixed(0)} ms, jax-js ${theirs.firstStepMs.toFixed(0)} ms`,
  );
  const shortest = Math.min(...rounds.map((round) => round.ours.steady.blockMs));
  if (shortest < SHORTEST_BLOCK) {
    console.log(`  note: an epoch took only ${shortest.toFixed(0)} ms; give the item more batches in bench/items.mjs`);
  }
}

const { rounds, chosen, file } = readArguments();
// Now, so that a long run is not lost to a folder that is missing.
if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
const library = await loadLibrary();
const [cpu] = cpus();
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  },
  versions: {
    saddlepoint: versionIn('../package.json'),
    jaxJs: versionIn('./node_modules/@jax-js/jax/package.json'),
  },
  rounds,
  load: { before: load(), after: 0 },
  bundleBytes: await bundleBytes(),
  /** @type {object[]} */
  items: [],
};
console.log(
  `${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}, load ${report.load.before}`,
);
console.log(`saddlepoint ${report.versions.saddlepoint}, jax-js ${report.versions.jaxJs}; ${rounds} rounds`);

for (const item of chosen) {
  const { name, sizes, batchSize, warmSteps, wanted, wantedShare } = item;
  const heading = {
    name,
    description: describeItem(item),
    sizes,
    batchSize,
    work: necessaryWork(item),
    warmSteps,
    wanted,
    wantedShare,
  };
  console.log(`\n${name}: ${heading.description}`);
  try {
    const input = { shape: [1, ...sizes.slice(0, 1)], dtype: /** @type {const} */ ('f32') };
    const weights = library.initialize(modelOf(library, item), input, SEED).parameters.map(({ data }) => data);
    const result = await runItem(item, rounds, weights);
    show(item, result);
    report.items.push({ ...heading, status: 'measured', ...result });
  } catch (error) {
    const reason = withoutPaths(error instanceof Error ? error.message : String(error));
    console.error(`  FAILED: ${reason}`);
    report.items.push({ ...heading, status: 'failed', reason });
    process.exitCode = 1;
  }
}
report.load.after = load();
if (file !== undefined) {
  const short = (/** @type {string} */ _, /** @type {unknown} */ value) =>
    typeof value === 'number' ? Number(value.toPrecision(8)) : value;
  writeFileSync(file, `${JSON.stringify(report, short, 2)}\n`);
}
