import {
  conjugateGradients,
  crossEntropy,
  dense,
  fitSaga,
  levenbergMarquardt,
  minimize,
  sequential,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds, rejection } from './examples.ts';

const rosenbrock = ([x = 0, y = 0]: ArrayLike<number> & Iterable<number>) => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
});

describe('drivers', () => {
  it('find the minimum of the Rosenbrock function, by gradients and by residuals', async () => {
    const { point } = await conjugateGradients(rosenbrock, [-1.2, 1], { maximumIterations: 1000 });
    expect(point[0]).toBeCloseTo(1, 5);
    const found = await levenbergMarquardt(
      ([x = 0, y = 0]) => ({ residuals: [1 - x, 10 * (y - x * x)], jacobian: () => [-1, 0, -20 * x, 10] }),
      [-1.2, 1],
    );
    expect(found.ending).toBe('gradient');
    // A gradient of 1e-8 over the smallest eigenvalue of JᵀJ, 0.2, and y moves twice as far as x: 1e-7.
    expect(found.point[1]).toBeCloseTo(1, 6);
  });

  it('minimize traced functions by every method', async () => {
    const target = tensor([1, -2, 3]);
    for (const method of ['lbfgs', 'conjugateGradients'] as const) {
      const { point } = await minimize(
        ({ w }: { w: Tensor }) => sum(square(sub(w, target))),
        { w: tensor([0, 0, 0]) },
        { method, device: 'reference' },
      );
      expect(Array.from(point)).toEqual([1, -2, 3].map((x) => expect.closeTo(x, 6)));
    }
    const { point } = await minimize(
      ({ w }: { w: Tensor }) => sub(square(w), tensor([4, 9])),
      { w: tensor([1, 1]) },
      { method: 'levenbergMarquardt', device: 'reference' },
    );
    expect(Array.from(point)).toEqual([2, 3].map((x) => expect.closeTo(x, 6)));
  });

  it('SAGA refuses models that are not linear and tables that are too large, and learns clouds', async () => {
    const options = { loss: crossEntropy(), epochs: 10 };
    const run = await fitSaga(dense(3), clouds(60), options);
    expect(run.history.at(-1)?.loss).toBeLessThan(run.history[0]?.loss as number);
    await expect(
      rejection(fitSaga(sequential([dense(4, { activation: 'tanh' }), dense(3)]), clouds(60), options)),
    ).resolves.toMatchObject({
      message: expect.stringContaining('the model is not linear'),
    });
    await expect(rejection(fitSaga(dense(3), clouds(60), { ...options, tableLimit: 100 }))).resolves.toMatchObject({
      code: 'memory',
    });
  });
});
