import {
  crossEntropy,
  curvature,
  dense,
  fit,
  hessianSpectrum,
  lossSurface,
  meanSquaredError,
  sequential,
  sgd,
  sharpness,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classifier, clouds, line, rejection } from '../train/examples.ts';

const linear = () => sequential([dense(1)]);

describe('hessianSpectrum', () => {
  it('has the ends, the negative share and the mass of all eigenvalues of a run’s Hessian', async () => {
    const run = await fit(classifier(), clouds(60), { loss: crossEntropy(), epochs: 1, progress: false });
    const surface = await lossSurface(run, clouds(60));
    const { eigenvalues, fraction } = await curvature.index(surface.hessian(surface.start));
    const found = await hessianSpectrum(run, clouds(60), { probes: 20, steps: 200, learningRate: 0.5 });
    expect(found.size).toBe(surface.size);
    // Ritz values of f32 products: ends to some 1e-6 of the largest.
    expect(found.top / (eigenvalues?.at(-1) as number)).toBeCloseTo(1, 4);
    expect(Math.abs(found.bottom - (eigenvalues?.[0] as number))).toBeLessThan(1e-4 * found.top);
    // Twenty probes of that many parameters: a share's deviation is below √(½ / size / 20).
    expect(Math.abs(found.negative - fraction)).toBeLessThan(4 * Math.sqrt(0.5 / surface.size / 20));
    const width = (found.values[1] as number) - (found.values[0] as number);
    expect(found.density.reduce((sum, y) => sum + y * width, 0)).toBeCloseTo(1, 2);
    expect(found.product).toBeCloseTo(0.5 * found.top, 12);
    expect(String(found)).toMatch(
      /^spectrum of a Hessian of \d+ parameters\n {2}from \S+ to \S+, some \d+ % negative\n {2}top × learning rate/,
    );
    expect(found.toJSON()).toMatchObject({ size: surface.size, learningRate: 0.5, negative: found.negative });
  });

  it('refuses options out of range', async () => {
    const message = async (options: object) =>
      (await rejection(hessianSpectrum(classifier(), clouds(9), { loss: crossEntropy(), ...options }))).message;
    expect(await message({ learningRate: 0 })).toMatch(/hessianSpectrum: learningRate: expected .*> 0/);
    expect(await message({ probes: 0 })).toMatch(/probes: expected an integer ≥ 1, got 0/);
    expect(await message({ krylov: 3 })).toMatch(/unknown option 'krylov'/);
  });
});

describe('sharpness', () => {
  it('tells the learning rates that gradient descent bears on a quadratic from those that it does not', async () => {
    const options = { loss: meanSquaredError(), epochs: 60, batchSize: 24, progress: false } as const;
    const start = await fit(linear(), line(24), { ...options, epochs: 1, optimizer: sgd({ learningRate: 1e-6 }) });
    const { top, bound } = await sharpness(start, line(24), { learningRate: 1 });
    expect(bound).toBeLessThan(1e-5 * top);
    for (const [factor, regime, falls] of [
      [1.7, 'stable', true],
      [2.3, 'unstable', false],
    ] as const) {
      const learningRate = factor / top;
      const found = await sharpness(start, line(24), { learningRate });
      expect(found.product).toBeCloseTo(factor, 9);
      expect(found.regime).toBe(regime);
      const run = await fit(start, line(24), { ...options, optimizer: sgd({ learningRate }) });
      const losses = run.history.map(({ loss }) => loss);
      expect((losses.at(-1) as number) < (losses[0] as number)).toBe(falls);
    }
    expect((await sharpness(start, line(24), { learningRate: 2 / top })).regime).toBe('edge');
  });

  it('needs a learning rate', async () => {
    const error = await rejection(sharpness(linear(), line(24), { loss: meanSquaredError() } as never));
    expect(error.message).toMatch(/sharpness: learningRate: expected/);
  });
});
