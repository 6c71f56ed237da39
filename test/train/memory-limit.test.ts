/** A run that would need too much memory is refused, and told the batch size with which it would not. */
import { crossEntropy, dense, fit, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { refusal } from '../../src/train/batch-that-fits.ts';
import { rejection, spread } from './examples.ts';

const MiB = 2 ** 20;
const ROWS = 700;
const data = {
  x: Array.from({ length: ROWS }, (_, i) => [spread(i, 0), spread(i, 1)]),
  y: Array.from({ length: ROWS }, (_, i) => i % 3),
};
/** Activations, not parameters, are what takes the memory. */
const wide = () => sequential([dense(512, { activation: 'tanh' }), dense(512, { activation: 'tanh' }), dense(3)]);
const options = { loss: crossEntropy(), epochs: 1, progress: false, device: 'wasm' } as const;

describe('memoryLimit', () => {
  // The rows of 700 that are left over, and those held out, have programs of their own.
  it.each([{}, { validation: 0.3 }])('G6: names the largest batch size that fits: %o', async (more) => {
    const wanted = { ...options, ...more, memoryLimit: 6 * MiB };
    const error = await rejection(fit(wide(), data, { ...wanted, batchSize: 400 }));
    expect(error.code).toBe('memory');
    expect(error.message).toMatch(/^the run needs \d+\.\d MiB, the limit is 6\.0 MiB; the largest users: activations /);
    const named = Number(/help: batchSize (\d+) would fit; or raise memoryLimit$/.exec(error.message)?.[1]);
    expect(named).toBeGreaterThan(1);
    using run = await fit(wide(), data, { ...wanted, batchSize: named });
    expect(run.bytes).toBeLessThanOrEqual(6 * MiB + 2 * 65536);
    await expect(fit(wide(), data, { ...wanted, batchSize: named + 1 })).rejects.toThrow(`batchSize ${named} would`);
  });

  it('says so if not even one row a step fits', async () => {
    const error = await rejection(fit(wide(), data, { ...options, memoryLimit: MiB }));
    expect(error.message).toMatch(
      /help: no batchSize would fit \(one row a step needs \d+\.\d MiB\): raise memoryLimit, or lower the number of rows or the model's width$/,
    );
    const atOne = await rejection(fit(wide(), data, { ...options, batchSize: 1, memoryLimit: MiB }));
    expect(atOne.message).toMatch(/help: no batchSize would fit/);
  });
});

it('leaves other errors as they are', async () => {
  const given = new Error('the machine could not be compiled');
  expect(await refusal(given, 8, () => [[new ProgramBuilder().finish('never')], {}])).toBe(given);
});
