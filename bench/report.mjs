// @ts-check
/**
 * @file Makes docs/benchmarks.md of the files of a folder: `run.json`, which `npm run bench -- --json` wrote, and what other
 * benchmarks wrote beside it, in the order of their names: parts (part.mjs) as they are, further runs (`--node 24`) in short.
 * Every number of the page comes from those files.
 *
 *   node bench/report.mjs [FOLDER]     default: bench/results
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHORTEST_BLOCK } from './items.mjs';
import { howItIsMeasured, whatIsNot } from './method.mjs';
import { PEAK_BLOCKS } from './ours.mjs';
import { megabytes, milliseconds, number, table, time } from './part.mjs';

/** @typedef {any} Json as run.mjs wrote it */

const folder = process.argv[2] ?? fileURLToPath(new URL('results', import.meta.url));
const run = read('run.json');

/** @param {string} name @returns {Json} */
function read(name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    console.error(`error: ${name}: ${error instanceof Error ? error.message : error}`);
    console.error(`  help: npm run bench -- --json ${folder}/run.json, then node bench/report.mjs ${folder}`);
    process.exit(2);
  }
}

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;
/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

/** @type {Json[]} */
const measured = run.items.filter((/** @type {Json} */ item) => item.status === 'measured');
/** @type {Json[]} */
const failed = run.items.filter((/** @type {Json} */ item) => item.status !== 'measured');
/** Peers that ran something, and the others that were asked for. @type {Json[]} */
const present = run.peers.filter((/** @type {Json} */ { name }) =>
  measured.some((item) => item.peers[name] !== undefined),
);
/** @type {Json[]} */
const absent = run.peers.filter((/** @type {Json} */ peer) => !present.includes(peer));
const titles = present.map(({ title }) => title);

/** Peers' cells of a line. @param {Json} item @param {(peer: Json) => string} cell */
const cells = (item, cell) =>
  present.map(({ name }) => {
    const peer = item.peers[name];
    return peer?.status === 'measured' ? cell(peer) : '–';
  });

/** Of the peak, by what the engine can run: relaxed SIMD came with Node 21. @param {Json} item @param {Json} machine */
const wantedShare = ({ wantedShare }, { node }) => wantedShare?.[Number.parseInt(node, 10) > 20 ? 'relaxed' : 'simd'];

/** @param {Json} item @param {Json} machine */
function wantedCell(item, machine) {
  const share = wantedShare(item, machine);
  return share === undefined ? '' : `≥ ${percent(share)}`;
}

/** @param {Json} ours @param {number} rounds */
const quietCell = ({ quietShare, quietRounds }, rounds) =>
  `${quietShare === null ? '–' : percent(quietShare)} (${quietRounds} of ${rounds})`;

const speeds = table(
  ['', 'saddlepoint', ...titles, 'GFLOP/s', 'of the peak', 'wanted', 'on a quiet core'],
  measured.map((item) => [
    ...[item.name, `**${time(item.ours.microseconds)}**`, ...cells(item, (peer) => time(peer.microseconds))],
    ...[number(item.ours.gigaflops), percent(item.ours.shareOfPeak)],
    ...[wantedCell(item, run.machine), quietCell(item.ours, run.rounds)],
  ]),
);

const ratios = table(
  ['', ...titles],
  measured.map((item) => [
    item.name,
    ...cells(item, ({ ratio, wanted }) => `**${number(ratio)}**${wanted === undefined ? '' : ` (≥ ${wanted})`}`),
  ]),
);

/** A table of one number of every library. @param {(value: number) => string} unit @param {string} key */
const everyone = (unit, key) =>
  table(
    ['', 'saddlepoint', ...titles],
    measured.map((item) => [item.name, unit(item.ours[key]), ...cells(item, (peer) => unit(peer[key]))]),
  );

const alone = table(
  ['', 'best block', 'rows shuffled', 'memory of training'],
  measured.map(({ name, ours }) => [
    ...[name, time(ours.best), time(ours.shuffledMicroseconds), megabytes(ours.runBytes)],
  ]),
);

/** Wanted shares and ratios that were not reached, as they are shown. */
const missed = measured.flatMap((item) => [
  ...(Math.round(100 * item.ours.shareOfPeak) < 100 * wantedShare(item, run.machine)
    ? [
        `${item.name} (${percent(item.ours.shareOfPeak)} of the peak, wanted ${percent(wantedShare(item, run.machine))})`,
      ]
    : []),
  ...present.flatMap(({ name, title }) => {
    const { status, ratio, wanted } = item.peers[name] ?? {};
    return status === 'measured' && wanted !== undefined && ratio < wanted
      ? [`${item.name} beside ${title} (${number(ratio)}, wanted ${wanted})`]
      : [];
  }),
]);

/** Why there is no number, and what to know about one. */
const remarks = [
  ...failed.map(({ name, reason }) => `**${name} was not measured:** ${reason}.`),
  ...absent.map(({ title, version }) => `${title}: ${version === null ? 'not installed' : 'not measured'}.`),
  ...present.flatMap(({ name, title }) => {
    /** @type {Map<string, string[]>} */
    const byReason = new Map();
    for (const item of measured) {
      const { status, reason } = item.peers[name] ?? {};
      if (status === undefined || status === 'measured') continue;
      const text = status === 'differs' ? `**fails, ${reason}**` : `cannot, "${reason}"`;
      byReason.set(text, [...(byReason.get(text) ?? []), item.name]);
    }
    return [...byReason].map(([reason, names]) => `${title}, ${names.join(', ')}: ${reason}.`);
  }),
  ...present.flatMap(({ name, title }) => {
    const short = measured.filter(({ peers }) => peers[name]?.steps < 100);
    const list = short.map((item) => `${item.name} ${item.peers[name].steps} after ${item.peers[name].warmSteps}`);
    return short.length === 0 ? [] : [`${title} is slow, so few steps were timed in a round: ${list.join(', ')}.`];
  }),
];

/** A section of its own: a part, or a run of another kind. @param {string} name */
function section(name) {
  const part = read(name);
  if (Array.isArray(part.columns) && Array.isArray(part.rows))
    return `## ${part.title}\n\n${part.text}\n\n${table(part.columns, part.rows)}\n`;
  if (Array.isArray(part.items)) return otherRun(part);
  console.error(`error: ${name}: neither a part (title, text, columns, rows) nor a run; see bench/part.mjs`);
  process.exit(2);
}

/** @param {Json} other */
function otherRun(other) {
  const rows = other.items
    .filter((/** @type {Json} */ { status }) => status === 'measured')
    .map((/** @type {Json} */ item) => {
      const { name, ours, peakGigaflops } = item;
      const here = measured.find((item) => item.name === name)?.ours.microseconds;
      const ratio = here === undefined ? '' : number(here / ours.microseconds);
      return [
        name,
        time(ours.microseconds),
        ratio,
        number(ours.gigaflops),
        percent(ours.shareOfPeak),
        wantedCell(item, other.machine),
        quietCell(ours, other.rounds),
        number(peakGigaflops),
      ];
    });
  const columns = [
    '',
    'saddlepoint',
    'times as fast as above',
    'GFLOP/s',
    'of the peak',
    'wanted',
    'on a quiet core',
    'peak',
  ];
  return `## Node ${other.machine.node}\n\nThe same in a run of its own (V8 ${other.machine.v8}; ${other.rounds} rounds; load ${other.load.before} to ${other.load.after}).\n\n${table(columns, rows)}\n`;
}

const sections = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'run.json')
  .sort()
  .map(section);

const { machine, load, bundleBytes } = run;
const versions = [`saddlepoint ${run.saddlepoint}`, ...present.map(({ title, version }) => `${title} ${version}`)];
const peaks = measured.map(({ peakGigaflops }) => peakGigaflops);
const loads = Object.entries(bundleBytes).map(([name, bytes]) => {
  const title = run.peers.find((/** @type {Json} */ peer) => peer.name === name)?.title ?? name;
  return `${title} ${kilobytes(Number(bytes))}`;
});
const kernels = measured.flatMap(({ rounds }) =>
  Object.values(rounds.peers).flatMap((/** @type {Json[]} */ list) => list.map(({ kernels }) => kernels)),
);
const blas = [...new Set(kernels.filter((name) => typeof name === 'string'))];

const page = `# Benchmarks

<!-- Written by bench/report.mjs from the JSON of a run; edit that script, not this page. -->

One training step, on one thread: ${versions.join(', ')}. ${run.date};
${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node} (V8 ${machine.v8}). Medians of ${run.rounds} rounds. Load average (1 minute)
at the start ${load.before}, at the end ${load.after}; the bench itself keeps one core busy, so much above 1 means that others worked too and that
times are too long, for all.

${speeds}

${measured.map(({ name, description, work }) => `- **${name}**: ${description}; ${number(work / 1e6)} MFLOP`).join('\n')}

The peak is what this processor reached in WebAssembly SIMD in the same processes, ${number(Math.min(...peaks))} to ${number(Math.max(...peaks))} GFLOP/s: 14 independent
accumulators that never leave registers, a product and a sum each; the best of ${2 * PEAK_BLOCKS} blocks of ${SHORTEST_BLOCK} ms, as long as those of
steps, before and after them. "On a quiet
core" are the blocks before and after which a loop of whole numbers took its two cycles a turn, of the rounds that found enough of
them (in brackets how many): at other times it takes three, as if the second thread of the core worked for somebody else, and a step
up to 1.6 times as long (bench/quiet.mjs). Their share is counted by turns of that loop, so that the clock, which changes by a tenth, is none of it,
and against the median peak on a quiet core. What is wanted is held against
the share of all blocks.

Saddlepoint is so many times as fast; in brackets what is wanted:

${ratios}

${missed.length === 0 ? 'All that is wanted is reached.' : `Not reached: ${missed.join('; ')}.`}

${remarks.map((remark) => `- ${remark}`).join('\n')}

Processor time of a step, all threads of the process:

${everyone(time, 'cpuMicroseconds')}

The first step, compilation included:

${everyone(milliseconds, 'firstStepMs')}

Process memory:

${everyone(megabytes, 'peakRssBytes')}

Saddlepoint alone:

${alone}

What a page loads to train the dense networks, minified and gzipped, WebAssembly included: ${loads.join(', ')}.
jax-js makes its WebAssembly at run time; a backend of TensorFlow.js brings all of its kernels.

${sections.join('\n')}
${howItIsMeasured(measured, blas)}
${whatIsNot}`;

writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), page);
console.log(
  `docs/benchmarks.md: ${measured.length} items measured, ${failed.length} failed, ${missed.length} targets not reached`,
);
