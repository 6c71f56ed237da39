import { adam, dense, dropout, fit, sequential } from 'saddlepoint';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { capacityFor } from '../../src/train/loop.ts';
import { classes, clouds, weightsOf } from './examples.ts';
import { runScript } from './process/run.ts';

type Execute = (code: number, words: number, base: number, first: number, last: number) => number;

/** Counts the calls into WebAssembly from now on: the steps of each. */
function countCalls(): number[] {
  const calls: number[] = [];
  const { instantiate } = WebAssembly;
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation((async (module: WebAssembly.Module, imports: object) => {
    const { exports } = await instantiate(module, imports as WebAssembly.Imports);
    const execute: Execute = (...args) => {
      calls.push(args[4] - args[3]);
      return (exports.execute as Execute)(...args);
    };
    // Anything else that is called would show as a call that is missing.
    return { exports: { abi: exports.abi, execute } };
  }) as never);
  return calls;
}

/** A clock that each look moves on, so that a call seems to take `milliseconds`. */
function pretendCalls(milliseconds: () => number): void {
  let time = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    time += milliseconds();
    return time;
  });
}

const model = () => sequential([dense(8, { activation: 'relu' }), dropout(0.2), dense(3)]);
/** Deterministic: the test of the relaxed build would be counted too. */
const options = { ...classes, optimizer: adam({ learningRate: 0.01 }), batchSize: 4, epochs: 3, deterministic: true };
/** 25 steps of 4 rows and one of 2. */
const data = clouds(102);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a step', () => {
  it('is one call into WebAssembly where steps are slow', async () => {
    pretendCalls(() => 1000);
    const calls = countCalls();
    const run = await fit(model(), data, options);
    expect(run.steps).toBe(78);
    expect(calls).toEqual(Array.from({ length: 78 }, () => 1));
  });

  it('is less than one where steps are quick: all whole batches of an epoch are one call', async () => {
    pretendCalls(() => 0);
    const calls = countCalls();
    await fit(model(), data, options);
    // The first is a single step, which tells how long one takes; the last of each epoch has another batch size.
    expect(calls).toEqual([1, 24, 1, 25, 1, 25, 1]);
  });

  it('of evaluation and prediction is one call a batch', async () => {
    const run = await fit(model(), data, options);
    const calls = countCalls();
    await run.evaluate(data, { batchSize: 50 });
    expect(calls).toEqual([1, 1, 1]);
    await run.predict(data.x);
    expect(calls).toHaveLength(4);
  });

  it('on a real clock never takes more than one call', async () => {
    const calls = countCalls();
    const run = await fit(model(), data, { ...options, epochs: 20 });
    expect(calls.length).toBeLessThanOrEqual(run.steps);
    expect(calls.reduce((a, b) => a + b)).toBe(run.steps);
  });
});

describe('how many steps a call has', () => {
  it('does not show in parameters or history', async () => {
    const runs = [];
    let turn = 0;
    for (const milliseconds of [() => 1000, () => 0, () => (turn++ * 7) % 5, () => 1.3]) {
      pretendCalls(milliseconds);
      const run = await fit(model(), data, { ...options, validation: 0.2 });
      runs.push({
        weights: weightsOf(run),
        history: run.history.map(({ seconds: _, ...record }) => record),
        best: run.bestEpoch,
      });
      vi.restoreAllMocks();
    }
    for (const run of runs) expect(run).toEqual(runs[0]);
  });

  it('is bounded by 256 and by the table of row numbers', () => {
    expect(capacityFor(1)).toBe(256);
    expect(capacityFor(1024)).toBe(256);
    expect(capacityFor(2048)).toBe(128);
    expect(capacityFor(10_000_000)).toBe(1);
  });
});

describe('G1: 10,000 steps', () => {
  it('leave the memory of WebAssembly as it is, and the heap of JavaScript within 1 MB', async () => {
    const [before, after] = JSON.parse(await runScript('memory', { node: ['--expose-gc'] }));
    expect(after.steps - before.steps).toBe(10_000);
    expect(before.memories).toHaveLength(1);
    expect(after.memories).toEqual(before.memories);
    expect(after.heap - before.heap).toBeLessThan(2 ** 20);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 20);
  });
});
