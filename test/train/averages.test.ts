import { adam, chain, dense, fit, meanSquaredError, sequential, sgd, weightAverage, weightEma } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { constant } from '../../src/nn/initializers.ts';
import { line, weightsOf } from './examples.ts';

/** f(w) = w², w₀ = 1; each step halves w. */
const parabola = () => sequential([dense(1, { kernelInitializer: constant(1), bias: false })]);
const point = { x: [[1]], y: [0] };
const options = { loss: meanSquaredError(), standardize: false, progress: false, batchSize: 1 } as const;
const halving = sgd({ learningRate: 0.25 });

describe('weights for evaluation', () => {
  it('are the average, which the run, its validation and its file hold; training goes on from the others', async () => {
    // 1 → 0.5 → 0.25 → 0.125; the average with decay ½: 1 → 0.75 → 0.5 → 0.3125.
    const optimizer = chain(halving, weightEma(0.5));
    const run = await fit(parabola(), point, { ...options, optimizer, epochs: 3, validation: point });
    expect(weightsOf(run)[0]).toBeCloseTo(0.3125, 6);
    const seen = run.history.map(({ loss, validation }) => [loss, validation?.loss]);
    expect(seen).toEqual([
      [1, 0.75 ** 2],
      [0.25, 0.25],
      [0.0625, 0.3125 ** 2],
    ]);
    await expect(run.predict([1])).resolves.toBeCloseTo(0.3125, 6);
  });

  it('are the plain mean of the last ones with stochastic weight averaging', async () => {
    const optimizer = chain(halving, weightAverage({ from: 1 }));
    const run = await fit(parabola(), point, { ...options, optimizer, epochs: 3 });
    expect(weightsOf(run)[0]).toBeCloseTo((0.25 + 0.125) / 2, 6);
  });

  it('are resumed with what they came from', async () => {
    const optimizer = chain(adam({ learningRate: 0.05 }), weightEma(0.9));
    const data = line(20);
    const run = (epochs: number, more = {}) =>
      fit(sequential([dense(1)]), data, { ...options, batchSize: 8, optimizer, epochs, ...more });
    const half = (await run(3, { resumable: true })).checkpoint();
    expect(weightsOf(await run(6, { resume: half }))).toEqual(weightsOf(await run(6)));
  });
});
