// @ts-check
/**
 * @file Elementwise chains with and without groups: microseconds a call for growing sizes, medians of alternating calls.
 *
 *   node scripts/ensure-built.mjs && node bench/groups.mjs
 */
import { median } from './measure.mjs';
import { inside } from './ours.mjs';

const { wasmBackend } = await inside('backends/wasm/index');
const { ProgramBuilder } = await inside('graph/program');
const { add, mul, sqrt, div, square, sub } = await inside('ops/elementwise');

/** The update of Adam, traced: three inputs, ten functions. @param {number} n @param {string[]} without */
async function session(n, without) {
  const builder = new ProgramBuilder();
  const [p, m, v, g] = ['p', 'm', 'v', 'g'].map((name) => builder.block(name, { shape: [n], dtype: 'f32' }));
  const first = add(mul(m, 0.9), mul(g, 0.1));
  const second = add(mul(v, 0.999), mul(square(g), 0.001));
  builder.commit('m', first);
  builder.commit('v', second);
  builder.commit('p', sub(p, div(mul(first, 0.001), add(sqrt(second), 1e-8))));
  const opened = await wasmBackend.open([builder.finish('step')], { without });
  for (const name of ['p', 'm', 'v', 'g']) opened.write(name, new Float32Array(n).fill(0.5));
  return opened;
}

console.log('elements      one by one, µs   in groups, µs   ratio');
for (const n of [16384, 32768, 65536, 131072, 262144, 1048576, 4194304]) {
  const runs = [await session(n, ['group']), await session(n, [])];
  /** @type {number[][]} */
  const times = [[], []];
  for (let round = 0; round < Math.max(15, 2e7 / n); round++) {
    runs.forEach((run, i) => {
      const from = performance.now();
      run.run('step', 1);
      times[i]?.push(1000 * (performance.now() - from));
    });
  }
  const [single = 0, grouped = 0] = times.map((list) => median(list.slice(5)));
  const cell = (/** @type {number} */ x) => x.toFixed(1).padStart(14);
  console.log(`${String(n).padStart(8)} ${cell(single)} ${cell(grouped)}   ${(single / grouped).toFixed(2)}`);
  for (const run of runs) run.dispose();
}
