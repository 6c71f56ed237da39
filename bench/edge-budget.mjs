// @ts-check
/**
 * @file How many operations, as a plan counts its work, a step does in a millisecond: the number that stands for a millisecond where
 * no clock runs (`OPERATIONS_PER_MS`, docs/adr/031). Networks of several sizes, steps of several rows, in this Node and in a local
 * workerd, whose clock runs. The best of the rounds counts: what other programs take is not the machine's. Needs the built package
 * and test/runtimes.
 *
 *   node bench/edge-budget.mjs [rounds]
 */
import { load } from '../dist/edge.js';
import { bundle, modulesOf, planOf, start } from './edge-worker.mjs';

const ROUNDS = Number(process.argv[2] ?? 6);
/** Of one sample, ms: long beside a clock that counts whole milliseconds. */
const SAMPLE_MS = 200;

const cases = [
  { width: 4, units: 4, classes: 2, rows: 1 },
  { width: 4, units: 4, classes: 2, rows: 32 },
  { width: 16, units: 32, classes: 4, rows: 32 },
  { width: 64, units: 64, classes: 10, rows: 32 },
  { width: 784, units: 32, classes: 10, rows: 1 },
  { width: 784, units: 32, classes: 10, rows: 32 },
  { width: 784, units: 128, classes: 10, rows: 32 },
  { width: 784, units: 1024, classes: 10, rows: 32 },
];

/**
 * Steps a millisecond; the worker runs this very text.
 * @param {any} plan @param {number} width @param {number} rows @param {number} ms
 */
const measure = async (plan, width, rows, ms) => {
  const x = Array.from({ length: rows }, (_, i) =>
    Float32Array.from({ length: width }, (_, k) => ((i * 31 + k * 7) % 17) / 17),
  );
  const batch = { x, y: x.map((_, i) => i % 2) };
  await plan.train(batch, { epochs: 3 });
  let steps = 0;
  let elapsed = 0;
  for (let epochs = 8; elapsed < ms / 2 && epochs < 1e6; epochs *= 2) {
    const began = performance.now();
    steps = (await plan.train(batch, { epochs })).steps;
    elapsed = performance.now() - began;
  }
  return steps / elapsed;
};
const script = await bundle(`import { load } from 'saddlepoint/edge'; import file from './model.plan';
const measure = ${measure};
let plan;
export default { fetch: async (request) => {
  const [width, rows, ms] = await request.json();
  plan ??= await load(file.slice());
  return Response.json(await measure(plan, width, rows, ms));
} };`);

console.log('network, rows | operations a step | Node, operations a ms | workerd');
for (const { rows, ...sizes } of cases) {
  const { file, summary } = await planOf(sizes, { train: { batchSize: rows } });
  const work = Object.entries(summary.work).find(([name]) => /^train/.test(name))?.[1] ?? Number.NaN;
  const runtime = await start(modulesOf(script, file));
  const plan = await load(file.slice());
  const best = [0, 0];
  for (let i = 0; i < ROUNDS; i++) {
    best[0] = Math.max(best[0] ?? 0, await measure(plan, sizes.width, rows, SAMPLE_MS));
    const body = JSON.stringify([sizes.width, rows, SAMPLE_MS]);
    const answer = await runtime.dispatchFetch('http://x/', { method: 'POST', body });
    best[1] = Math.max(best[1] ?? 0, await answer.json());
  }
  await runtime.dispose();
  const [node, workerd] = best.map((steps) => `${((steps * work) / 1e6).toFixed(2)} million`);
  console.log(`${sizes.width}-${sizes.units}-${sizes.classes}, ${rows} | ${work} | ${node} | ${workerd}`);
}
