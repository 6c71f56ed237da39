/** Relaxed SIMD in Node: by default where the engine has it (Node 24), never where bits must be the same everywhere. */
import { crossEntropy, dense, fit, sequential } from 'saddlepoint';
import { describe, expect, test } from 'vitest';
import { passesRelaxed } from '../../src/backends/wasm/builds.ts';
import { RELAXED_PROBE, validates } from '../../src/backends/wasm/machine.ts';
import { clouds } from '../train/examples.ts';

const isThere = validates(RELAXED_PROBE);
const model = () => sequential([dense(70, { activation: 'relu' }), dense(3)]);
const options = { loss: crossEntropy(), batchSize: 30, epochs: 12, seed: 1, progress: false } as const;

describe('relaxed SIMD', () => {
  test('P10: passes its test exactly where the engine has it, as Node does from 22 on', async () => {
    expect(await passesRelaxed()).toBe(isThere);
    expect(isThere).toBe(Number(process.versions.node.split('.')[0]) >= 22);
  });

  test('is used if the bits need not be the same everywhere, with one thread and with several', async () => {
    const build = isThere ? 'relaxed' : 'simd';
    const data = clouds(120);
    const [one, two] = [await fit(model(), data, options), await fit(model(), data, { ...options, threads: 2 })];
    const exact = await fit(model(), data, { ...options, deterministic: true });
    expect([one.device.build, two.device.build, exact.device.build]).toEqual([build, build, 'simd']);
    expect([...two.parameters].map(([, { data: values }]) => values)).toEqual(
      [...one.parameters].map(([, { data: values }]) => values),
    );
    // 48 steps: roundings of 2⁻²⁴ grow with the curvature, but stay far below what training changes.
    for (const [i, { loss }] of one.history.entries())
      expect(Math.abs(loss - (exact.history[i]?.loss as number))).toBeLessThan(
        1e-3 * (exact.history[0]?.loss as number),
      );
  });
});
