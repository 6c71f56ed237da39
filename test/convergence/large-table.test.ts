/** @file A table of a million rows of 64, trained by rows within its own memory, the optimizer's slots, and a twentieth more. */
import {
  adagrad,
  crossEntropy,
  dense,
  embedding,
  fit,
  flatten,
  lazyAdam,
  sequential,
  sgd,
  tensor,
  zeros,
} from 'saddlepoint';
import { expect, it } from 'vitest';

const [ROWS, WIDTH] = [1_000_000, 64];
const TABLE_BYTES = 4 * ROWS * WIDTH;

it.each([
  ['sgd', sgd, 0],
  ['adagrad', adagrad, 1],
  ['lazyAdam', lazyAdam, 2],
] as const)('1M × 64 trains by %s', async (name, optimizer, slots) => {
  const rows = 4096;
  const ids = Int32Array.from({ length: rows * 4 }, (_, i) => (i * 7_919_777) % ROWS);
  const model = sequential([embedding(ROWS, WIDTH, { initializer: zeros() }), flatten(), dense(2)]);
  const began = performance.now();
  const run = await fit(
    model,
    { x: tensor(ids, [rows, 4]), y: Array.from({ length: rows }, (_, i) => i % 2) },
    { loss: crossEntropy(), epochs: 2, batchSize: 128, optimizer: optimizer({ learningRate: 0.1 }), progress: false },
  );
  const milliseconds = (performance.now() - began).toFixed(0);
  const share = (run.bytes / ((1 + slots) * TABLE_BYTES)).toFixed(4);
  console.log(
    `1M × 64 by ${name}: ${(run.bytes / 2 ** 20).toFixed(1)} MiB, ${share} of table and slots; ${milliseconds} ms in all`,
  );
  expect(run.bytes).toBeLessThan(1.05 * (1 + slots) * TABLE_BYTES);
  expect(run.history.at(-1)?.loss).toBeLessThan(run.history[0]?.loss as number);
});
