// @ts-check
/**
 * @file The benchmark: one training step of six networks, saddlepoint beside its peers. Each measures in a process of its own;
 * they take turns, and medians of the rounds are compared. A time counts only if both learn the same. A round is all networks
 * once, so that other work on the machine for some minutes falls on one round of each and not on all rounds of one.
 *
 *   npm run bench -- [--items MLP-32,tiny] [--peers jax-js,pytorch] [--rounds 5] [--node 24] [--json FILE]
 *
 * Peers: all that are installed, unless said otherwise; `--peers none`: saddlepoint alone. `node bench/report.mjs` makes
 * docs/benchmarks.md of the JSON.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleBytes } from './bundle.mjs';
import {
  COMPARED_STEPS,
  describeItem,
  inputShape,
  items,
  LEAST_STEPS,
  necessaryWork,
  SEED,
  TOLERANCE,
} from './items.mjs';
import { modelOf } from './networks.mjs';
import { loadLibrary } from './ours.mjs';
import { peers } from './peers.mjs';
import { measureInNode, measurePeer, nodeBinary, withoutPaths } from './process.mjs';
import { coreOf, medianOf, micro, peakOf, quietShare, sideOf, warnOfShortBlocks } from './summary.mjs';

/**
 * @typedef {import('./items.mjs').Item} Item
 * @typedef {import('./peers.mjs').Peer} Peer
 * @typedef {import('./measure.mjs').Measured} Measured
 * @typedef {import('./measure.mjs').Ours} Ours
 * @typedef {{ measured: Measured[], status: 'measured' | 'cannot' | 'differs', reason?: string }} Results of a peer, by round
 */

/** Unless `--rounds` says otherwise. */
const ROUNDS = 5;

const load = () => Number((loadavg()[0] ?? 0).toFixed(2));

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** @template {{ name: string }} T @param {string} option @param {string} given @param {readonly T[]} all @returns {T[]} */
function choose(option, given, all) {
  const known = all.map(({ name }) => name).join(', ');
  return given
    .split(',')
    .map((name) => all.find((one) => one.name === name) ?? refuse(`${option}: no ${name}; there are ${known}`));
}

function readArguments() {
  /** @type {{ json?: string, items?: string, rounds?: string, peers?: string, node?: string }} */
  let values = {};
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    values = parseArgs({ options: { json: text, items: text, rounds: text, peers: text, node: text } }).values;
  } catch (error) {
    refuse(messageOf(error));
  }
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds: expected a whole number ≥ 1, got ${values.rounds}`);
  const chosen = values.items === undefined ? items : choose('--items', values.items, items);
  const asked =
    values.peers === 'none' ? [] : choose('--peers', values.peers ?? peers.map((p) => p.name).join(), peers);
  try {
    return { rounds, chosen, asked, execPath: nodeBinary(values.node), file: values.json };
  } catch (error) {
    return refuse(`--node: ${messageOf(error)}`);
  }
}

/** Why a peer's round does not count, if so. @param {Ours} ours @param {Measured} theirs */
function objection(ours, theirs) {
  if (theirs.losses.length < LEAST_STEPS.compared) return 'losses are missing';
  for (const [i, b] of theirs.losses.entries()) {
    const a = /** @type {number} */ (ours.losses[i]);
    // Not `>`: NaN must fail too.
    if (!(Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))))
      return `the losses of step ${i + 1} differ: saddlepoint ${a}, theirs ${b}`;
  }
  return undefined;
}

/** One more round of a peer, if it can. @param {Peer} peer @param {Results} results @param {Ours} ours @param {import('./measure.mjs').Task} task @param {string} execPath */
async function runPeer(peer, results, ours, task, execPath) {
  if (results.status !== 'measured') return;
  try {
    const theirs = await measurePeer(peer, task, execPath);
    const reason = peer.approximate ? undefined : objection(ours, theirs);
    if (reason === undefined) results.measured.push(theirs);
    else Object.assign(results, { status: 'differs', reason });
  } catch (error) {
    Object.assign(results, { status: 'cannot', reason: withoutPaths(messageOf(error)) });
  }
}

/** Of all items. @type {Ours[]} */
const allRounds = [];

/** @param {Item} item */
function headingOf(item) {
  const { name, batchSize, warmSteps, wantedShare } = item;
  return { name, description: describeItem(item), batchSize, work: necessaryWork(item), warmSteps, wantedShare };
}

/**
 * An item, and what its rounds have found so far.
 * @param {import('./networks.mjs').Library} library @param {Item} item @param {readonly Peer[]} present
 */
function startItem(library, item, present) {
  const input = { shape: [1, ...inputShape(item)], dtype: /** @type {const} */ ('f32') };
  return {
    item,
    weights: library.initialize(modelOf(library, item), input, SEED).parameters.map(({ data }) => data),
    ours: /** @type {Ours[]} */ ([]),
    theirs: present.map((peer) => /** @type {[Peer, Results]} */ ([peer, { measured: [], status: 'measured' }])),
    failure: /** @type {string | undefined} */ (undefined),
  };
}

/** One more round of an item. @param {ReturnType<typeof startItem>} of @param {string} execPath */
async function runRound({ item, weights, ours, theirs }, execPath) {
  // A core that is not quiet while a process runs is known by those before.
  const task = { item, weights, shortestTurn: coreOf(allRounds).shortest };
  const round = /** @type {Ours} */ (await measureInNode('./ours.mjs', task, execPath));
  allRounds.push(round);
  if (round.device !== 'wasm') throw new Error(`saddlepoint ran on ${round.device}`);
  if (round.losses.length !== COMPARED_STEPS) throw new Error('losses of saddlepoint are missing');
  ours.push(round);
  for (const [peer, results] of theirs) await runPeer(peer, results, round, task, execPath);
  const times = theirs.flatMap(([{ name }, { measured, status }]) =>
    status === 'measured' ? [`${name} ${micro(/** @type {Measured} */ (measured.at(-1)).steady.median)}`] : [],
  );
  const all = [`saddlepoint ${micro(round.steady.median)}`, ...times].join(', ');
  console.log(`  ${item.name}: ${all}; peak ${peakOf(round).toFixed(1)} GFLOP/s, load ${load()}`);
}

/** @param {Item} item @param {Ours[]} rounds @param {[Peer, Results][]} theirs */
function summarize(item, rounds, theirs) {
  const work = necessaryWork(item);
  const ours = sideOf(rounds, work);
  const compared = theirs.map(([{ name, language }, { measured, status, reason }]) => {
    if (status !== 'measured') return [name, { status, reason }];
    const side = sideOf(measured, work);
    const wanted = item.wanted[name] ?? (language === 'JavaScript' ? 1 : undefined);
    const ratio = side.microseconds / ours.microseconds;
    return [name, { status, ...side, ratio, cpuRatio: side.cpuMicroseconds / ours.cpuMicroseconds, wanted }];
  });
  return {
    ours: {
      ...ours,
      shuffledMicroseconds: medianOf(rounds, ({ shuffled }) => shuffled),
      runBytes: medianOf(rounds, ({ runBytes }) => runBytes),
      shareOfPeak: medianOf(rounds, (round) => work / round.steady.median / 1e3 / peakOf(round)),
    },
    peers: Object.fromEntries(compared),
    peakGigaflops: medianOf(rounds, peakOf),
    rounds: { ours: rounds, peers: Object.fromEntries(theirs.map(([{ name }, { measured }]) => [name, measured])) },
  };
}

/** @param {ReturnType<typeof summarize>} result */
function show({ ours, peers: theirs, peakGigaflops, rounds }) {
  console.log(
    `  saddlepoint ${micro(ours.microseconds)} (shuffled ${micro(ours.shuffledMicroseconds)}), ${ours.gigaflops.toFixed(1)} GFLOP/s, ` +
      `${(100 * ours.shareOfPeak).toFixed(0)} % of the peak of ${peakGigaflops.toFixed(1)}; first step ${ours.firstStepMs.toFixed(0)} ms`,
  );
  for (const [name, peer] of Object.entries(theirs)) {
    if (peer.status !== 'measured') {
      console.log(`  ${name}: ${peer.status === 'differs' ? 'FAILED: ' : 'cannot: '}${peer.reason}`);
      if (peer.status === 'differs') process.exitCode = 1;
      continue;
    }
    const wanted = peer.wanted === undefined ? '' : `; wanted ≥ ${peer.wanted} ×`;
    console.log(
      `  ${name} ${micro(peer.microseconds)}: ${peer.ratio.toFixed(2)} × as fast (by processor time ${peer.cpuRatio.toFixed(2)} ×${wanted}); ` +
        `first step ${peer.firstStepMs.toFixed(0)} ms`,
    );
  }
  warnOfShortBlocks(rounds.ours);
}

const { rounds, chosen, asked, execPath, file } = readArguments();
// Now, so that a long run is not lost to a folder that is missing.
if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
const library = await loadLibrary();
const present = asked.filter(({ version }) => version() !== undefined);
const [cpu] = cpus();
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    node: '',
    v8: '',
  },
  saddlepoint: JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
  peers: asked.map(({ name, title, version }) => ({ name, title, version: version() ?? null })),
  rounds,
  load: { before: load(), after: 0 },
  bundleBytes: await bundleBytes(['saddlepoint', ...present.map(({ name }) => name)]),
  /** @type {any[]} */
  items: [],
};
const list = report.peers.map(({ title, version }) => `${title} ${version ?? '(not installed)'}`);
console.log(`${report.machine.cpu}, ${report.machine.cores} cores, load ${report.load.before}; ${rounds} rounds`);
console.log(['saddlepoint', report.saddlepoint].join(' ') + list.map((text) => `, ${text}`).join(''));

const started = chosen.map((item) => startItem(library, item, present));
for (let i = 0; i < rounds; i++) {
  console.log(`\nround ${i + 1} of ${rounds}`);
  for (const one of started) {
    if (one.failure !== undefined) continue;
    try {
      await runRound(one, execPath);
    } catch (error) {
      one.failure = withoutPaths(messageOf(error));
      console.error(`  ${one.item.name}: FAILED: ${one.failure}`);
      process.exitCode = 1;
    }
  }
}
report.load.after = load();

for (const { item, ours, theirs, failure } of started) {
  const heading = headingOf(item);
  console.log(`\n${heading.name}: ${heading.description}`);
  if (failure !== undefined) {
    console.error(`  FAILED: ${failure}`);
    report.items.push({ ...heading, status: 'failed', reason: failure });
    continue;
  }
  const result = summarize(item, ours, theirs);
  show(result);
  Object.assign(report.machine, ours[0]?.versions);
  report.items.push({ ...heading, status: 'measured', ...result });
}

const core = coreOf(allRounds);
console.log('\nof the peak, in rounds that had a core to themselves:');
for (const { name, status, work, ours, rounds } of report.items) {
  if (status !== 'measured') continue;
  Object.assign(ours, quietShare(rounds.ours, work, core));
  const share = ours.quietShare === null ? 'no round' : `${(100 * ours.quietShare).toFixed(0)} %,`;
  console.log(`  ${name}: ${share} ${ours.quietRounds} of ${rounds.ours.length} rounds`);
}
if (file !== undefined) {
  const short = (/** @type {string} */ _, /** @type {unknown} */ value) =>
    typeof value === 'number' ? Number(value.toPrecision(8)) : value;
  writeFileSync(file, `${JSON.stringify(report, short, 2)}\n`);
}
