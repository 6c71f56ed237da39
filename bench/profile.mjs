// @ts-check
/**
 * @file Where a training step's time goes: the share of the host (everything in JavaScript), and microseconds of every
 * instruction of the plan, matrix products in GFLOP/s too. The item is trained through the public API; the machine is put
 * behind a clock, and after some epochs runs one instruction a call.
 *
 *   node bench/profile.mjs MLP-32
 */
import { items } from './items.mjs';
import { median } from './measure.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { loadLibrary, inside as moduleOf } from './ours.mjs';
import { measurePeak } from './peak/peak.mjs';

/** @typedef {(code: number, words: number, base: number, first: number, last: number) => number} Execute */

const item = items.find(({ name }) => name === process.argv[2]);
if (item === undefined) {
  console.error(`error: which item? node bench/profile.mjs ${items.map(({ name }) => name).join(' | ')}`);
  process.exit(2);
}

const { Opcode, MatmulField } = await moduleOf('plan/opcodes');

/** Milliseconds that two readings of the clock cost, once the compiler has optimized them. */
function clockCost() {
  const costs = Array.from({ length: 200_000 }, () => {
    const from = performance.now();
    return performance.now() - from;
  });
  return median(costs.slice(-10_000));
}

/** 'whole': times each call into the machine; 'single': each instruction. */
let mode = 'whole';
/** @type {{ ms: number, rows: number }[]} */
let calls = [];
/** @type {Map<string, { what: string, work: number, ms: number[] }>} by place in the code */
const instructions = new Map();

/** An instruction in words, and the necessary operations of a product. @param {Int32Array} words */
function describe(words) {
  const opcode = /** @type {number} */ (words[0]) & 0xffff;
  const name = Opcode[opcode] ?? `opcode ${opcode}`;
  if (opcode !== Opcode.matmul) return { what: name, work: 0 };
  const [m, k, n] = [words[MatmulField.m], words[MatmulField.k], words[MatmulField.n]].map(Number);
  const kind = `${words[MatmulField.transposeLhs] ? 'T' : 'N'}${words[MatmulField.transposeRhs] ? 'T' : 'N'}`;
  return { what: `matmul ${kind} ${m}×${k}×${n}`, work: 2 * Number(m) * Number(k) * Number(n) };
}

/** @param {Execute} execute @param {WebAssembly.Memory} memory @returns {Execute} */
function behindClock(execute, memory) {
  return (code, words, base, first, last) => {
    if (mode === 'whole') {
      const from = performance.now();
      const done = execute(code, words, base, first, last);
      calls.push({ ms: performance.now() - from, rows: last - first });
      return done;
    }
    const text = new Int32Array(memory.buffer, code, words);
    for (let row = first; row < last; row++) {
      for (let at = 0; at < words; ) {
        const length = /** @type {number} */ (text[at]) >>> 16;
        const from = performance.now();
        const done = execute(code + at * 4, length, base, row, row + 1);
        const ms = performance.now() - from;
        if (done !== row + 1) return row;
        const key = `${code}:${at}`;
        const entry = instructions.get(key) ?? {
          ...describe(text.subarray(at, at + length)),
          ms: /** @type {number[]} */ ([]),
        };
        instructions.set(key, entry);
        if (entry.ms.length < 20_000) entry.ms.push(ms);
        at += length;
      }
    }
    return last;
  };
}

const { instantiate } = WebAssembly;
/** @type {any} */ (WebAssembly).instantiate = async (
  /** @type {WebAssembly.Module} */ module,
  /** @type {{ env: { memory: WebAssembly.Memory } }} */ imports,
) => {
  const instance = await instantiate(module, imports);
  const execute = /** @type {Execute} */ (instance.exports.execute);
  return { exports: { ...instance.exports, execute: behindClock(execute, imports.env.memory) } };
};

const library = await loadLibrary();
const data = dataOf(library, item);
const wholeEpochs = Math.max(12, Math.ceil(item.warmSteps / item.batches) + 10);
const singleEpochs = Math.max(2, Math.ceil(200 / item.batches));
const epochs = wholeEpochs + singleEpochs;
/** @type {number[]} */
const wall = [];
/** @type {number[]} */
const machine = [];
const run = library.train(modelOf(library, item), data, { ...optionsOf(library, item), epochs });
for (let epoch = 0; epoch < epochs; epoch++) {
  calls = [];
  if (epoch === wholeEpochs) mode = 'single';
  const from = performance.now();
  await run.next();
  if (mode === 'single' || epoch < 2) continue;
  wall.push(performance.now() - from);
  machine.push(calls.reduce((sum, { ms }) => sum + ms, 0));
}
await run.return(/** @type {any} */ (undefined));
const peak = measurePeak(50, 10);
const clock = clockCost();

/** @param {number} ms @param {number} steps */
const micro = (ms, steps = 1) => ((1000 * ms) / steps).toFixed(2).padStart(10);
const [step, inside] = [median(wall), median(machine)];
console.log(`${item.name}: microseconds a step, medians of epochs; peak ${peak.toFixed(1)} GFLOP/s`);
console.log(`${micro(step, item.batches)}  a step`);
console.log(`${micro(inside, item.batches)}  in the machine`);
console.log(`${micro(step - inside, item.batches)}  on the host: ${((100 * (step - inside)) / step).toFixed(1)} %`);
const rows = [...instructions.values()].map(({ what, work, ms }) => ({
  what,
  work,
  ms: Math.max(0, median(ms) - clock),
}));
const total = rows.reduce((sum, { ms }) => sum + ms, 0);
console.log(`${micro(total)}  sum of the instructions below, one a call:`);
for (const { what, work, ms } of rows) {
  const speed =
    work === 0 ? '' : `${(work / ms / 1e6).toFixed(1).padStart(6)} GFLOP/s, ${(work / ms / 1e4 / peak).toFixed(0)} %`;
  console.log(`${micro(ms)}  ${((100 * ms) / total).toFixed(1).padStart(5)} %  ${what.padEnd(28)}${speed}`);
}
