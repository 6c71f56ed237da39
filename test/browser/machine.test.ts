/** The builds of the machine in Chromium: relaxed SIMD, and threads in a worker of an isolated page. */
import { crossEntropy, dense, fit, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { passesRelaxed } from '../../src/backends/wasm/builds.ts';
import { clouds } from '../train/examples.ts';
import type { ThreadAnswer } from './thread-scenario.ts';

const model = () => sequential([dense(40, { activation: 'relu' }), dense(3)]);
const options = { loss: crossEntropy(), batchSize: 16, epochs: 10, seed: 1, progress: false } as const;

describe('relaxed SIMD', () => {
  it('is there, passes its test, and is used unless bits must be the same everywhere', async () => {
    expect(await passesRelaxed()).toBe(true);
    const relaxed = await fit(model(), clouds(120), options);
    const exact = await fit(model(), clouds(120), { ...options, deterministic: true });
    expect([relaxed.device.build, exact.device.build]).toEqual(['relaxed', 'simd']);
    // 80 steps: roundings of 2⁻²⁴ grow with the curvature, but stay far below what training changes.
    for (const [i, { loss }] of relaxed.history.entries())
      expect(Math.abs(loss - (exact.history[i]?.loss as number))).toBeLessThan(
        1e-3 * (exact.history[0]?.loss as number),
      );
  });
});

describe('threads', () => {
  const answerOf = (threads: number): Promise<ThreadAnswer> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./thread-scenario.ts', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(threads);
    });

  it('share the steps of a run in a worker, with the bits of one', async () => {
    expect(crossOriginIsolated).toBe(true);
    const [one, two] = [await answerOf(1), await answerOf(2)];
    expect(one).toMatchObject({ threads: 1, build: 'simd' });
    expect(two).toMatchObject({ threads: 2, build: 'simd' });
    expect(two.reason).toMatch(/threads: 2, asked for$/);
    expect(two.hash).toBe(one.hash);
    console.log(`µs a step in Chromium: one thread ${one.microseconds.toFixed(0)}, two ${two.microseconds.toFixed(0)}`);
  });

  it('are refused on the main thread, which may not wait, with the reason', async () => {
    const { device } = await fit(model(), clouds(120), { ...options, epochs: 1, threads: 2 });
    expect(device.threads).toBe(1);
    expect(device.reason).toMatch(/threads: 1, the main thread of a page may not wait/);
  });
});
