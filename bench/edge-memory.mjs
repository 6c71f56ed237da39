// @ts-check
/**
 * @file What a plan takes of workerd's memory at most, beside the peak that `savePlan` states beforehand: the process's peak after
 * the plan was loaded, has predicted and (with training) taken a step, less that of a worker which has loaded the same code and no
 * plan. The plan comes as an import, or in the body of a request. On Linux; needs the built package and test/runtimes.
 *
 *   node bench/edge-memory.mjs
 */
import { bundle, median, modulesOf, peakOfWorkerd, planOf, start } from './edge-worker.mjs';

const ROUNDS = 5;
/** Some megabytes, so that what an engine takes for itself does not hide them. */
const sizes = { width: 784, units: 2048, classes: 10 };

const use = `
async function use(bytes) {
  if (bytes.byteLength < 28) return Response.json(1);
  const plan = await load(bytes);
  const x = [new Float32Array(${sizes.width})];
  await plan.predict(x);
  if (plan.step > 0) await plan.train({ x, y: ['1'] });
  return Response.json(plan.bytes);
}`;
const imported = await bundle(
  `import { load } from 'saddlepoint/edge'; import file from './model.plan'; ${use} export default { fetch: () => use(file) };`,
);
const posted = await bundle(
  `import { load } from 'saddlepoint/edge'; ${use} export default { fetch: async (request) => use(await request.arrayBuffer()) };`,
);

/** Bytes, after a request. @param {string} script @param {Uint8Array} [file] @param {Uint8Array} [body] */
async function peak(script, file, body) {
  const runtime = await start(modulesOf(script, file));
  const response = await runtime.dispatchFetch('http://x/', { method: 'POST', body: body ?? '' });
  const said = await response.text();
  if (!response.ok) throw new Error(said);
  const bytes = peakOfWorkerd();
  await runtime.dispose();
  return bytes;
}

const none = new Uint8Array(1);
const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
for (const train of [false, true]) {
  const { file, summary } = await planOf(sizes, { train });
  /** @type {Record<string, number[]>} */
  const over = { imported: [], posted: [] };
  for (let i = 0; i < ROUNDS; i++) {
    over.imported?.push((await peak(imported, file)) - (await peak(imported, none)));
    over.posted?.push((await peak(posted, undefined, file)) - (await peak(posted, undefined, none)));
  }
  console.log(
    `${train ? 'trains' : 'predicts'}: file ${MB(summary.fileBytes)}, memory ${MB(summary.memoryBytes)}, stated peak ${MB(summary.peakBytes)}`,
  );
  for (const [how, list] of Object.entries(over)) {
    const middle = median(list);
    console.log(
      `  ${how}: process ${MB(middle)} over one without a plan (medians of ${ROUNDS}; ${MB(Math.min(...list))} to ${MB(Math.max(...list))}), ${(middle / summary.peakBytes).toFixed(2)} of what is stated`,
    );
  }
}
