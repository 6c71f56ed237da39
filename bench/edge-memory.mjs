// @ts-check
/**
 * @file What a plan takes of workerd's memory at most, beside what is stated beforehand: `peakBytes` of `savePlan` where `load(request)`
 * reads it, as many bytes as the file has more where a worker imports it (workerd keeps the module's own), and twice as many more for
 * `await request.arrayBuffer()`.
 *
 * The process grows by memory that it asks for (anonymous pages: what an isolate has), and by pages of workerd's own file that
 * are read as its code is first run (the program: clean, and shared by all isolates). Only the first can be stated by a plan; both are
 * shown, over a process that was asked nothing. Controls are workers without the library: one that holds the same bytes, got in the same
 * way, and one that also puts them into the machine's memory and sums them there. On Linux; needs the built package and
 * test/runtimes.
 *
 *   node bench/edge-memory.mjs [rounds]
 */
import { bundle, median, memoryOfWorkerd, modulesOf, planOf, start } from './edge-worker.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
/** Some megabytes, so that what an engine takes for itself does not hide them. */
const sizes = { width: 784, units: 2048, classes: 10 };

const use = `
let kept;
async function use(source) {
  const plan = await load(source);
  const x = [new Float32Array(${sizes.width})];
  await plan.predict(x);
  if (plan.step > 0) await plan.train({ x, y: ['1'] });
  kept = plan;
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
const pieces = `async function pieces(request) {
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
/** The machine without the library. */
const summed = `import wasm from './saddlepoint.simd.wasm'; ${pieces} let sum;
async function summed(request) {
  const all = await pieces(request);
  const pages = Math.ceil((1024 + all.length) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = await WebAssembly.instantiate(wasm, { env: { memory } });
  new Uint8Array(memory.buffer, 1024).set(all);
  sum = exports.checksum(1, 1024, all.length >> 2);
  return all;
}`;
const ways = {
  'posted, load(request)': {
    copies: 0,
    script: await bundle(worker('', 'request')),
    controls: { held: control(pieces, 'await pieces(request)'), summed: control(summed, 'await summed(request)') },
  },
  imported: {
    copies: 1,
    script: await bundle(worker(imports, 'file')),
    controls: { held: control(imports, 'file.slice()') },
  },
  'posted, load(await request.arrayBuffer())': {
    copies: 2,
    script: await bundle(worker('', 'await request.arrayBuffer()')),
    controls: { held: control('', 'await request.arrayBuffer()') },
  },
};

/**
 * What workerd has after a request with a plan or without. @param {string} script @param {Uint8Array} [plan]
 * @returns {Promise<import('./edge-worker.mjs').ProcessMemory>}
 */
async function after(script, plan) {
  const isImport = script.includes('model.plan');
  const runtime = await start(modulesOf(script, isImport ? (plan ?? new Uint8Array(1)) : undefined));
  const headers = plan === undefined ? {} : { 'x-plan': String(plan.length) };
  const body = plan === undefined || isImport ? 'none' : plan;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOfWorkerd().anonymous);
  }, 1);
  const response = await runtime.dispatchFetch('http://x/', { method: 'POST', body, headers });
  const said = await response.text();
  clearInterval(watch);
  if (!response.ok) throw new Error(said);
  const memory = memoryOfWorkerd();
  await runtime.dispose();
  return { ...memory, anonymous: Math.max(most, memory.anonymous) };
}

/** Growth by a plan, medians over the rounds. @param {string} script @param {Uint8Array} plan */
async function growth(script, plan) {
  /** @type {import('./edge-worker.mjs').ProcessMemory[]} */
  const all = [];
  for (let i = 0; i < ROUNDS; i++) {
    const [none, some] = [await after(script), await after(script, plan)];
    all.push({
      anonymous: some.anonymous - none.anonymous,
      program: some.program - none.program,
      peak: some.peak - none.peak,
    });
  }
  const of = (/** @type {keyof (typeof all)[0]} */ key) => median(all.map((one) => one[key]));
  return { anonymous: of('anonymous'), program: of('program'), peak: of('peak') };
}

const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
for (const train of [false, true]) {
  const { file, summary } = await planOf(sizes, { train });
  const small = await planOf({ ...sizes, units: 1 }, { train });
  const { fileBytes, memoryBytes, peakBytes } = summary;
  console.log(
    `${train ? 'trains' : 'predicts'}: file ${MB(fileBytes)}, memory ${MB(memoryBytes)}, peakBytes ${MB(peakBytes)}`,
  );
  for (const [how, { script, controls, copies }] of Object.entries(ways)) {
    const stated = peakBytes + copies * fileBytes;
    const [plan, one] = [await growth(script, file), await growth(script, small.file)];
    const ratio = plan.anonymous / stated;
    console.log(
      `  ${how}: memory ${MB(plan.anonymous)}, ${ratio.toFixed(2)} of the ${MB(stated)} stated (${Math.abs(ratio - 1) <= 0.2 ? 'within' : 'NOT within'} 20 %); the program ${MB(plan.program)}; the process ${MB(plan.peak)}; of a plan of one unit ${MB(one.anonymous)}, the program ${MB(one.program)}`,
    );
    for (const [name, code] of Object.entries(controls)) {
      const held = await growth(code, file);
      console.log(
        `    without the library, the bytes ${name}: memory ${MB(held.anonymous)}, the program ${MB(held.program)}`,
      );
    }
  }
}
console.log(`over a process that was asked nothing; medians of ${ROUNDS}`);
