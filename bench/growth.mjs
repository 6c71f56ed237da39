// @ts-check
/**
 * @file Whether cost grows as the work: the time of a training step while rows, depth or width double. The sizes of a series are
 * trained in turns, an epoch each, so that a noisy moment meets all of them.
 *
 *   node scripts/ensure-built.mjs && node bench/growth.mjs [--rounds 40] [--json FILE]
 */
import { SEED } from './items.mjs';
import { median } from './measure.mjs';
import { optionsOf } from './networks.mjs';
import { loadLibrary } from './ours.mjs';
import { number, readOptions, showPart, time, writePart } from './part.mjs';

/** Steps an epoch, and epochs of each size before the first that counts. */
const BATCHES = 16;
const WARM = 8;
const CLASSES = 10;
/** Beyond the growth of the work. */
const MARGIN = 1.1;

/** @typedef {{ rows: number, depth: number, width: number }} Size rows a step; layers of `width` units on as many inputs */

/** What doubling may do to the time. @type {readonly { doubled: keyof Size, growth: number, sizes: Size[] }[]} */
const series = [
  { doubled: 'rows', growth: 2, sizes: [32, 64, 128, 256].map((rows) => ({ rows, depth: 4, width: 128 })) },
  { doubled: 'depth', growth: 2, sizes: [4, 8, 16, 32].map((depth) => ({ rows: 64, depth, width: 128 })) },
  { doubled: 'width', growth: 4, sizes: [64, 128, 256, 512].map((width) => ({ rows: 64, depth: 4, width })) },
];

const library = await loadLibrary();
const { rounds, file } = readOptions({ rounds: 40 });

/** A network under training, by epochs. @param {Size} size */
function begin({ rows, depth, width }) {
  const count = rows * BATCHES;
  // Any data do: a product of zeros takes as long.
  const x = Float32Array.from({ length: count * width }, (_, i) => Math.sin(i));
  const y = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const hidden = Array.from({ length: depth }, () => library.dense(width, { activation: 'relu' }));
  const model = library.sequential([...hidden, library.dense(CLASSES)]);
  const options = optionsOf(library, {
    ...{ loss: 'crossEntropy', optimizer: { name: 'adam', learningRate: 1e-3 }, batchSize: rows },
  });
  return library.train(model, { x, y }, { ...options, seed: SEED, epochs: WARM + rounds });
}

/** Microseconds a step of each size: medians. @param {readonly Size[]} sizes */
async function measure(sizes) {
  const runs = sizes.map((size) => ({ epochs: begin(size), times: /** @type {number[]} */ ([]) }));
  for (let round = 0; round < WARM + rounds; round++) {
    for (const { epochs, times } of runs) {
      const from = performance.now();
      await epochs.next();
      if (round >= WARM) times.push((1000 * (performance.now() - from)) / BATCHES);
    }
  }
  for (const { epochs } of runs) await epochs.next();
  return runs.map(({ times }) => median(times));
}

const rows = [];
let failures = 0;
for (const { doubled, growth, sizes } of series) {
  const times = await measure(sizes);
  const ratios = times.slice(1).map((t, i) => t / /** @type {number} */ (times[i]));
  const most = growth * MARGIN;
  failures += ratios.filter((ratio) => !(ratio <= most)).length;
  rows.push([
    `${doubled} ${sizes.map((size) => size[doubled]).join(', ')}`,
    ...[times.map(time).join(', '), ratios.map(number).join(', '), `≤ ${number(most)}`],
    ratios.every((ratio) => ratio <= most) ? 'yes' : '**no**',
  ]);
}
const part = {
  title: 'Cost grows as the work',
  text: `A training step (Adam) of dense layers of equal width on as many inputs: 4 layers of 128 and 64 rows where nothing else is said. The
sizes of a line are trained in turns, ${rounds} epochs of ${BATCHES} steps each; times are medians. Doubling rows or depth doubles the work, doubling
the width quadruples it; 10 % more is allowed.`,
  columns: ['doubled', 'a step', 'grows by', 'allowed', 'kept'],
  rows,
};
showPart(part);
writePart(file, part);
if (failures > 0) process.exitCode = 1;
