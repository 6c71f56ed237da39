// @ts-check
/**
 * @file What a plan takes of workerd's memory at most, beside the peak that `savePlan` states beforehand: the process's peak after
 * the plan was loaded, has predicted and (with training) taken a step, less that of a worker which has loaded the same code and no
 * plan. What an engine takes for running anything at all (it compiles functions when they are first called) is measured by a plan of
 * one unit. The plan comes as an import; in the body of a request, as `load(request)` reads it; and in a body that the worker itself has
 * made an array of. Beside each stands a control: a worker without the library that gets the same bytes in the same way and holds
 * them. On Linux; needs the built package and test/runtimes.
 *
 *   node bench/edge-memory.mjs [rounds]
 */
import { bundle, median, modulesOf, peakOfWorkerd, planOf, start } from './edge-worker.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
/** Some megabytes, so that what an engine takes for itself does not hide them. */
const sizes = { width: 784, units: 2048, classes: 10 };

const use = `
async function use(source) {
  const plan = await load(source);
  const x = [new Float32Array(${sizes.width})];
  await plan.predict(x);
  if (plan.step > 0) await plan.train({ x, y: ['1'] });
  return Response.json(plan.bytes);
}`;
/** Of a request without a plan the code is loaded all the same. @param {string} lines @param {string} get bytes or a body of `request` */
const worker = (lines, get) => `import { load } from 'saddlepoint/edge'; ${lines} ${use}
export default { fetch: async (request) => (request.headers.has('x-plan') ? use(${get}) : Response.json(await request.text())) };`;
/** Holds the bytes, in an array of their own. @param {string} lines @param {string} get */
const control = (lines, get) => `${lines} let held;
export default { fetch: async (request) => {
  if (request.headers.has('x-plan')) held = ${get};
  return Response.json(held ? held.byteLength : await request.text());
} };`;
const imports = "import file from './model.plan';";
const piecewise = `async function pieces(request) {
  const all = new Uint8Array(Number(request.headers.get('x-plan')));
  const reader = request.body.getReader({ mode: 'byob' });
  let at = 0;
  for (let buffer = new ArrayBuffer(65536); ; ) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return all;
    all.set(value, at);
    at += value.length;
    buffer = value.buffer;
  }
}`;
const ways = {
  imported: {
    script: await bundle(worker(imports, 'file')),
    control: control(imports, 'file.slice()'),
    isImport: true,
  },
  'posted, load(request)': {
    isImport: false,
    script: await bundle(worker('', 'request')),
    control: control(piecewise, 'await pieces(request)'),
  },
  'posted, load(await request.arrayBuffer())': {
    isImport: false,
    script: await bundle(worker('', 'await request.arrayBuffer()')),
    control: control('', 'await request.arrayBuffer()'),
  },
};

/**
 * Bytes, after a request with a plan or without. @param {string} script @param {boolean} isImport @param {Uint8Array} [plan]
 */
async function peak(script, isImport, plan) {
  const runtime = await start(modulesOf(script, isImport ? (plan ?? new Uint8Array(1)) : undefined));
  const headers = plan === undefined ? {} : { 'x-plan': String(plan.length) };
  const body = plan === undefined || isImport ? 'none' : plan;
  const response = await runtime.dispatchFetch('http://x/', { method: 'POST', body, headers });
  const said = await response.text();
  if (!response.ok) throw new Error(said);
  const bytes = peakOfWorkerd();
  await runtime.dispose();
  return bytes;
}

const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
for (const train of [false, true]) {
  const { file, summary } = await planOf(sizes, { train });
  const small = await planOf({ ...sizes, units: 1 }, { train });
  console.log(
    `${train ? 'trains' : 'predicts'}: file ${MB(summary.fileBytes)}, memory ${MB(summary.memoryBytes)}, stated peak ${MB(summary.peakBytes)}`,
  );
  for (const [how, { script, control, isImport }] of Object.entries(ways)) {
    /** @type {Record<'plan' | 'engine' | 'held', number[]>} */
    const over = { plan: [], engine: [], held: [] };
    for (let i = 0; i < ROUNDS; i++) {
      const none = await peak(script, isImport);
      const engine = await peak(script, isImport, small.file);
      over.engine.push(engine - none);
      over.plan.push((await peak(script, isImport, file)) - none);
      over.held.push((await peak(control, isImport, file)) - (await peak(control, isImport)));
    }
    const [plan, engine, held] = [median(over.plan), median(over.engine), median(over.held)];
    const own = (plan - engine) / (summary.peakBytes - small.summary.peakBytes);
    console.log(
      `  ${how}: process ${MB(plan)} over one without a plan (${MB(Math.min(...over.plan))} to ${MB(Math.max(...over.plan))}), ${(plan / summary.peakBytes).toFixed(2)} of what is stated; with a plan of one unit ${MB(engine)}, over which it is ${own.toFixed(2)}; the bytes alone, held, ${MB(held)}; medians of ${ROUNDS}`,
    );
  }
}
