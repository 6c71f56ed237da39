import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseEigen } from '../../../src/core/symmetric-eigen.ts';
import { findCriticalPoint } from '../../../src/optim/drivers/critical-point.ts';
import { cubicNewton } from '../../../src/optim/drivers/cubic-newton.ts';
import { lanczos, powerIteration } from '../../../src/optim/drivers/lanczos.ts';
import { negativeCurvatureStep } from '../../../src/optim/drivers/negative-curvature.ts';
import { type LinearOperator, matrixOf, type Objective } from '../../../src/optim/drivers/operator.ts';
import { saddleFreeNewton } from '../../../src/optim/drivers/saddle-free-newton.ts';
import { density, trace } from '../../../src/optim/drivers/spectrum.ts';

const diagonal = (values: readonly number[]): LinearOperator => ({
  size: values.length,
  times: (v) => v.map((x, i) => x * (values[i] as number)),
});

/** Dauphin et al. 2014, figure 2: Newton goes to the saddle of 5x² − y². */
const saddle: Objective = {
  size: 2,
  at: ([x, y]: Float64Array) => ({
    value: 5 * (x as number) ** 2 - (y as number) ** 2 + (y as number) ** 4,
    gradient: [10 * (x as number), -2 * (y as number) + 4 * (y as number) ** 3],
  }),
  hessian: ([, y]: Float64Array) => diagonal([10, -2 + 12 * (y as number) ** 2]),
};

describe('lanczos', () => {
  it('finds both ends of random spectra, with bounds that hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 40 }),
        async (values) => {
          const { top, bottom, bounds, values: ritz, ritzVector } = await lanczos(diagonal(values));
          const sorted = [...values].sort((a, b) => a - b);
          // As many steps as rows, unless the space closes before: then ends that differ by rounding are one.
          expect(top).toBeCloseTo(sorted.at(-1) as number, 6);
          expect(bottom).toBeCloseTo(sorted[0] as number, 6);
          ritz.forEach((value, k) => {
            const distance = Math.min(...sorted.map((x) => Math.abs(x - value)));
            expect(distance).toBeLessThanOrEqual((bounds[k] as number) + 1e-9);
          });
          const v = ritzVector(0);
          expect(v.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes what is denormal for 0', async () => {
    const { top, bottom, ritzVector } = await lanczos(diagonal([0, -5e-324]));
    expect([top, bottom]).toEqual([expect.closeTo(0, 300), expect.closeTo(0, 300)]);
    expect(ritzVector(0).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 9);
  });

  it('reaches the ends of 500 eigenvalues in 60 steps', async () => {
    const values = Array.from({ length: 500 }, (_, i) => (i === 0 ? -2 : i === 499 ? 10 : i / 500));
    const { top, bottom, steps } = await lanczos(diagonal(values), { steps: 60 });
    expect(steps).toBe(60);
    // Eigenvalues far from the rest converge geometrically.
    expect(Math.abs(top - 10)).toBeLessThan(1e-10);
    expect(Math.abs(bottom + 2)).toBeLessThan(1e-10);
  });

  it('says which option and which product is wrong', async () => {
    await expect(lanczos(diagonal([1]), { steps: 0 })).rejects.toThrow(/steps: expected an integer ≥ 1, got 0/);
    await expect(lanczos(diagonal([Number.NaN]))).rejects.toThrow(/product 1 is not finite/);
  });
});

it('power iteration finds the eigenvalue of largest absolute value', async () => {
  const found = await powerIteration(diagonal([1, -3, 2]), { tolerance: 1e-6, steps: 500 });
  expect(found.converged).toBe(true);
  // The Rayleigh quotient's error is the square of the residual's.
  expect(found.value).toBeCloseTo(-3, 9);
  expect(Math.abs(found.vector[1] as number)).toBeCloseTo(1, 6);
});

describe('spectrum', () => {
  const values = Array.from({ length: 200 }, (_, i) => (i < 60 ? -1 - i / 100 : 1 + i / 100));

  it('integrates to 1 and has its mass where the eigenvalues are', async () => {
    const found = await density(diagonal(values), { probes: 4, steps: 30 });
    const step = (found.values[1] as number) - (found.values[0] as number);
    const mass = (keep: (x: number) => boolean): number =>
      found.density.reduce((sum, y, i) => sum + (keep(found.values[i] as number) ? y * step : 0), 0);
    expect(mass(() => true)).toBeCloseTo(1, 3);
    // Signs ±1 on a diagonal operator have no sampling error: the weights are exact.
    expect(mass((x) => x < 0)).toBeCloseTo(0.3, 3);
  });

  it('gives the trace of a diagonal operator exactly, of others within its error', async () => {
    const exact = await trace(diagonal([1, 2, 3]), { probes: 3 });
    expect(exact).toEqual({ value: 6, standardError: 0 });
    const ones: LinearOperator = { size: 50, times: (v) => v.map(() => v.reduce((a, b) => a + b)) };
    const { value, standardError } = await trace(ones, { probes: 400 });
    // Five standard errors: once in a million.
    expect(Math.abs(value - 50)).toBeLessThan(5 * standardError);
  });
});

describe('saddleFreeNewton', () => {
  it('leaves the saddle to which Newton goes, exactly and in the Krylov space', async () => {
    for (const exactBelow of [2000, 0]) {
      const { point, value, ending } = await saddleFreeNewton(saddle, [0.5, 0.1], { exactBelow });
      expect(ending).toBe('minimum');
      expect(value).toBeCloseTo(-0.25, 9);
      expect(Math.abs(point[1] as number)).toBeCloseTo(Math.SQRT1_2, 5);
    }
  });

  it('takes the paper’s first step: away from the saddle in y, to it in x', async () => {
    const steps: Float64Array[] = [];
    const quadratic: Objective = {
      ...saddle,
      at: ([x, y]: Float64Array) => ({ value: 0, gradient: [10 * (x as number), -2 * (y as number)] }),
      hessian: () => diagonal([10, -2]),
    };
    await saddleFreeNewton(quadratic, [0.5, 0.1], {
      ...{ damping: 1e-9, adaptive: false, maximumIterations: 1 },
      onIteration: ({ point }) => steps.push(point),
    });
    expect(steps[0]?.[0]).toBeCloseTo(0, 8);
    expect(steps[0]?.[1]).toBeCloseTo(0.2, 8);
  });

  it('goes along the bottom where the gradient is 0, and ends at once in a minimum', async () => {
    const left = await saddleFreeNewton(saddle, [0, 0]);
    expect(left.value).toBeCloseTo(-0.25, 9);
    const minimum = await saddleFreeNewton(saddle, [0, Math.SQRT1_2]);
    expect(minimum).toMatchObject({ ending: 'minimum', iterations: 0 });
  });

  it('refuses illegal options with name and range', async () => {
    await expect(saddleFreeNewton(saddle, [0, 0], { damping: 0 })).rejects.toThrow(
      /damping: expected a finite number > 0/,
    );
    await expect(saddleFreeNewton(saddle, [Number.NaN, 0])).rejects.toThrow(/at the start/);
  });
});

describe('findCriticalPoint', () => {
  it('goes to the nearest critical point, be it a saddle', async () => {
    const found = await findCriticalPoint(saddle, [0.3, 0.1], { tolerance: 1e-10 });
    expect(found.converged).toBe(true);
    expect(Math.hypot(...found.point)).toBeLessThan(1e-9);
  });

  it('solves with a dense and with a Krylov form alike', async () => {
    const n = 12;
    const matrix = Float64Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return i === j ? i - 5.5 : 0.3 * Math.cos(i * j);
    });
    const times = (v: ArrayLike<number>): Float64Array =>
      Float64Array.from({ length: n }, (_, i) =>
        Array.from(v).reduce((sum, x, j) => sum + x * (matrix[i * n + j] as number), 0),
      );
    const indefinite: Objective = {
      size: n,
      at: (x) => ({ value: 0, gradient: times(x).map((g) => g - 1) }),
      hessian: () => ({ size: n, times }),
    };
    for (const denseSize of [2000, 0]) {
      const found = await findCriticalPoint(indefinite, new Float64Array(n), { denseSize, tolerance: 1e-9 });
      expect(found.converged, `denseSize ${denseSize}`).toBe(true);
    }
    expect(denseEigen(await matrixOf({ size: n, times }), n).values[0]).toBeLessThan(0);
  });
});

it('cubic Newton leaves the saddle, also from the point itself', async () => {
  for (const start of [
    [0.5, 0.1],
    [0, 0],
  ]) {
    const found = await cubicNewton(saddle, start);
    expect(found.converged).toBe(true);
    expect(found.value).toBeCloseTo(-0.25, 9);
    expect(found.bottom).toBeGreaterThan(0);
  }
});

it('a step along negative curvature lowers the value, and stays where nothing bends down', async () => {
  const left = await negativeCurvatureStep(saddle, Float64Array.of(0, 0));
  expect(left.value).toBeLessThan(-0.1);
  expect(left.bottom).toBeCloseTo(-2, 9);
  const stayed = await negativeCurvatureStep(saddle, Float64Array.of(0, Math.SQRT1_2));
  expect(stayed.length).toBe(0);
});
