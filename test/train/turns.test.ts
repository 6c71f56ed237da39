/** Between `fit` and the first step the event loop gets its turns, so that a page stays alive while a run is prepared. */
import { constant, dense, fit, meanSquaredError, sequential, sgd, tensor } from 'saddlepoint';
import { expect, it } from 'vitest';

/** More than four times what is written in one turn (2 ** 19 elements), and not a multiple of it. */
const [ROWS, WIDTH] = [2049, 1024];

/** One step on all rows; the loss before it, and the turns of the event loop until it was done. */
async function oneStep(worker: boolean): Promise<{ loss: number | undefined; turns: number }> {
  const x = new Uint8Array(ROWS * WIDTH);
  // Every row has a value of its own in its first column, zeros elsewhere.
  for (let row = 0; row < ROWS; row++) x[row * WIDTH] = row % 251;
  let turns = 0;
  let isPreparing = true;
  const count = () => {
    turns++;
    if (isPreparing) setImmediate(count);
  };
  setImmediate(count);
  const run = await fit(
    sequential([dense(1, { kernelInitializer: constant(1) })]),
    { x: tensor(x, [ROWS, WIDTH]), y: new Float32Array(ROWS) },
    {
      ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate: 0 }), standardize: false, worker },
      ...{ epochs: 1, batchSize: ROWS, shuffle: false, seed: 1 },
      callbacks: [
        {
          every: 1,
          onStep() {
            isPreparing = false;
          },
        },
      ],
    },
  );
  return { loss: run.history[0]?.loss, turns };
}

/** The mean of (row's value / 255)²: a row at a wrong place or left out would change it. */
const expected = Array.from({ length: ROWS }, (_, row) => ((row % 251) / 255) ** 2).reduce((a, b) => a + b) / ROWS;

it.each([false, true])('rows that are written in several parts come to their places; worker: %s', async (worker) => {
  expect((await oneStep(worker)).loss).toBeCloseTo(expected, 5);
});

it('weights, traces, programs and parts of rows have turns of their own', async () => {
  // What is loaded when it is first wanted takes turns, too; the second time it is there.
  await oneStep(false);
  // Weights, traces, a program, five parts of x, and y.
  expect((await oneStep(false)).turns).toBeGreaterThanOrEqual(9);
});
