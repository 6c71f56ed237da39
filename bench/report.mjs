// @ts-check
/**
 * @file Makes docs/benchmarks.md of what `npm run bench -- --json FILE` wrote. Every number of the page comes from that file.
 *
 *   node bench/report.mjs FILE
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { COMPARED_STEPS, SHORTEST_BLOCK, TOLERANCE } from './items.mjs';

const file = process.argv[2];
if (file === undefined) {
  console.error('error: which run? npm run bench -- --json FILE, then node bench/report.mjs FILE');
  process.exit(2);
}
const run = JSON.parse(readFileSync(file, 'utf8'));

/** Three digits that mean something. @param {number} value */
function number(value) {
  const text = value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return text.toLocaleString('en-US');
}

/** @param {number} microseconds */
const time = (microseconds) => `${number(microseconds)} µs`;
/** @param {number} ms */
const milliseconds = (ms) => `${number(ms)} ms`;
/** @param {number} bytes */
const megabytes = (bytes) => `${number(bytes / 2 ** 20)} MiB`;
/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {(value: number) => string} unit @param {number} ours @param {number} theirs */
const both = (unit, ours, theirs) => `${unit(ours)} / ${unit(theirs)}`;

/** @param {string[]} titles @param {string[][]} rows */
function table(titles, rows) {
  return [titles, titles.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

const measured = run.items.filter((/** @type {any} */ item) => item.status === 'measured');
const failed = run.items.filter((/** @type {any} */ item) => item.status !== 'measured');

const speeds = table(
  ['', 'saddlepoint', 'jax-js', 'times as fast', 'wanted', 'GFLOP/s', 'of the peak', 'wanted'],
  measured.map((/** @type {any} */ { name, ours, theirs, ratio, wanted, wantedShare }) => [
    ...[name, `**${time(ours.microseconds)}**`, time(theirs.microseconds), `**${number(ratio)}**`, `≥ ${wanted}`],
    ...[
      number(ours.gigaflops),
      percent(ours.shareOfPeak),
      wantedShare === undefined ? '' : `≥ ${percent(wantedShare)}`,
    ],
  ]),
);
const rest = table(
  ['', 'best block', 'processor time', 'first step', 'process memory', 'rows shuffled', 'memory of training'],
  measured.map((/** @type {any} */ { name, ours, theirs }) => [
    name,
    both(time, ours.best, theirs.best),
    both(time, ours.cpuMicroseconds, theirs.cpuMicroseconds),
    both(milliseconds, ours.firstStepMs, theirs.firstStepMs),
    both(megabytes, ours.peakRssBytes, theirs.peakRssBytes),
    time(ours.shuffledMicroseconds),
    megabytes(ours.runBytes),
  ]),
);
const { machine, versions, load, bundleBytes } = run;
const peaks = measured.map((/** @type {any} */ item) => item.peakGigaflops);
const failures = failed
  .map((/** @type {any} */ { name, reason }) => `**${name} was not measured:** ${reason}.\n\n`)
  .join('');

const page = `# Benchmarks

<!-- Written by bench/report.mjs from the JSON of a run; edit that script, not this page. -->

One training step, on one thread, of saddlepoint ${versions.saddlepoint} and of jax-js ${versions.jaxJs}. ${run.date}; ${machine.cpu}, ${machine.cores} cores,
${machine.platform}, Node ${machine.node} (V8 ${machine.v8}). Medians of ${run.rounds} rounds. Load average (1 minute) at the start ${load.before}, at the end
${load.after}; the bench itself keeps one core busy, so much above 1 means that others worked too and that times are too long, for both.

${failures}${speeds}

${measured.map((/** @type {any} */ { name, description, work }) => `- **${name}**: ${description}; ${number(work / 1e6)} MFLOP`).join('\n')}

The peak is what this processor reached in WebAssembly SIMD in the same processes, ${number(Math.min(...peaks))} to ${number(Math.max(...peaks))} GFLOP/s: 14 independent
accumulators that never leave registers, a product and a sum each.

Saddlepoint / jax-js; the last two columns are saddlepoint's alone:

${rest}

What a page loads to train these networks, minified and gzipped, WebAssembly included: saddlepoint ${kilobytes(bundleBytes.ours)}, jax-js
${kilobytes(bundleBytes.theirs)} (it makes its WebAssembly at run time).

## How it is measured

\`npm run bench -- --json FILE\` measures, \`node bench/report.mjs FILE\` writes this page, and \`node bench/profile.mjs MLP-32\` shows where
a step's time goes. Let nothing else run meanwhile.

- Each library has a process of its own; the two take turns, round by round.
- Both start from the same weights (\`initialize\`) and see the same batches in the same order. The data are synthetic, but like data: for
  784 inputs like handwritten digits, mostly 0, with noise and some wrong labels; for two inputs a smooth function of them with noise.
- First the losses of ${COMPARED_STEPS} steps must agree to ${TOLERANCE} of their size; otherwise the item fails, and so does the run.
- **saddlepoint** is measured through \`train()\`, as users call it, without a progress bar: the time of an epoch, divided by its steps.
  That counts the gathering of each batch from the data set, the record of the loss and the turns given to the event loop. Rows come in
  order, since both must see the same batches; "rows shuffled" is the default of \`train\`, a new order each epoch.
- **jax-js** runs on its \`wasm\` device (one thread: Node has no web workers), with the whole step, Adam included, under one \`jit\`; parameters
  and state are passed by its rule of ownership, so that their buffers are freed and used again. Its batches are cut and on the device
  before the clock starts, and its loss is never read: work that is counted for saddlepoint. It waits for each step, as its documentation
  says; waiting less often was slower. Its package of optimizers could not be installed with it, so the bench writes Adam and momentum
  out as that package does.
- Times are wall time. The first steps do not count (at least ${warmSteps()}), so that
  compilers are done and Adam's moments of dead units are as small as they get; then blocks of at least ${SHORTEST_BLOCK} ms are timed. A time is the median of the rounds'
  medians over blocks; "best block" is the best of all, "processor time" the same median for all threads of the process.
- GFLOP/s count the necessary work: a product and a sum for each weight and row, forward, for the gradient of the weights and, but for
  the first layer, of its input. Biases, activations, loss and optimizer are left out, so 100 % of the peak is out of reach.
- "First step": from the imported library and arrays in JavaScript to the loss of the first step; compilation is in it, the import is not.
  "Process memory" is the most that the process ever held, data and Node itself included; "memory of training" is what \`run.bytes\`
  says, the data set included.

## What is not measured

Browsers, other runtimes and other versions of Node; several threads; relaxed SIMD; evaluation and prediction; data that are read while
training; other peers; energy. One kind of machine: ratios on others will differ.
`;

/** Steps before the first that counts. */
function warmSteps() {
  return measured.map((/** @type {any} */ { name, warmSteps }) => `${number(warmSteps)} of ${name}`).join(', ');
}

writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), page);
console.log(`docs/benchmarks.md: ${measured.length} items measured, ${failed.length} failed`);
