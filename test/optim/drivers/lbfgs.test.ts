import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lbfgs } from '../../../src/optim/drivers/lbfgs.ts';
import { cubicMinimizer, strongWolfe } from '../../../src/optim/drivers/strong-wolfe.ts';

type Function1 = (x: number) => { value: number; slope: number };

describe('strongWolfe', () => {
  const options = { decrease: 1e-4, curvature: 0.1, evaluations: 40 };
  /** Moré & Thuente 1994, functions 1 to 3 and 5, which are hard for line searches. */
  const functions: Record<string, Function1> = {
    'Moré–Thuente 1': (a) => ({ value: -a / (a * a + 2), slope: (a * a - 2) / (a * a + 2) ** 2 }),
    'Moré–Thuente 2': (a) => ({
      value: (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4,
      slope: 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3,
    }),
    'Moré–Thuente 5': (a) => {
      const gamma = (b: number): number => Math.sqrt(1 + b * b) - b;
      const [g1, g2] = [gamma(0.01), gamma(1e-3)];
      const [r1, r2] = [Math.sqrt((1 - a) ** 2 + 1e-6), Math.sqrt(a * a + 1e-4)];
      return { value: g1 * r1 + g2 * r2, slope: (g1 * (a - 1)) / r1 + (g2 * a) / r2 };
    },
    'a logarithm, undefined beyond 1': (a) => ({ value: -Math.log(1 - a) - 3 * a, slope: 1 / (1 - a) - 3 }),
  };
  it.each(Object.entries(functions))('finds a step that satisfies both conditions: %s', async (_, f) => {
    for (const first of [1e-3, 0.1, 1, 10, 1000]) {
      const origin = { step: 0, ...f(0) };
      const found = await strongWolfe(async (step) => ({ step, ...f(step) }), origin, first, options);
      expect(found, `from ${first}`).toBeDefined();
      const { step, value, slope } = found as { step: number; value: number; slope: number };
      expect(value).toBeLessThanOrEqual(origin.value + options.decrease * step * origin.slope);
      expect(Math.abs(slope)).toBeLessThanOrEqual(options.curvature * Math.abs(origin.slope));
    }
  });

  it('takes the minimizer of a cubic, and stays inside', () => {
    // x³ − 3x between 0 and 2: the minimum is at 1.
    const at = (step: number) => ({ step, value: step ** 3 - 3 * step, slope: 3 * step ** 2 - 3 });
    expect(cubicMinimizer(at(0), at(2))).toBeCloseTo(1, 12);
    expect(cubicMinimizer(at(2), at(0))).toBeCloseTo(1, 12);
    expect(cubicMinimizer(at(0), { step: 1, value: Number.NaN, slope: Number.NaN })).toBe(0.5);
    expect(cubicMinimizer(at(1), at(3))).toBeCloseTo(1.2, 12);
  });
});

describe('lbfgs', () => {
  const rosenbrock = (x: ArrayLike<number>) => {
    let value = 0;
    const gradient = new Float64Array(x.length);
    for (let i = 0; i + 1 < x.length; i++) {
      const [a, b] = [x[i] as number, x[i + 1] as number];
      value += (1 - a) ** 2 + 100 * (b - a * a) ** 2;
      gradient[i] = (gradient[i] as number) - 2 * (1 - a) - 400 * a * (b - a * a);
      gradient[i + 1] = (gradient[i + 1] as number) + 200 * (b - a * a);
    }
    return { value, gradient };
  };

  it('minimizes the Rosenbrock function of 20 variables', async () => {
    const start = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const values: number[] = [];
    const result = await lbfgs(rosenbrock, start, { onIteration: ({ value }) => values.push(value) });
    expect(['gradient', 'value']).toContain(result.ending);
    for (const x of result.point) expect(x).toBeCloseTo(1, 5);
    expect(result.iterations).toBe(values.length);
    expect(values.every((value, i) => i === 0 || value <= (values[i - 1] as number))).toBe(true);
    expect(result.evaluations).toBeGreaterThan(result.iterations);
  });

  it('finds the minimum of any convex quadratic of n variables', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        async (terms) => {
          const f = (x: Float64Array) => ({
            value: terms.reduce((sum, [c, m], i) => sum + (c * ((x[i] as number) - m) ** 2) / 2, 0),
            gradient: terms.map(([c, m], i) => c * ((x[i] as number) - m)),
          });
          const { gradient, ending } = await lbfgs(f, new Float64Array(terms.length), { valueTolerance: 0 });
          expect(['gradient', 'value', 'lineSearch']).toContain(ending);
          // Whatever ended it, the slope is what rounding of the value leaves: √ε beside the curvature.
          for (const g of gradient) expect(Math.abs(g)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says why it ended', async () => {
    const bowl = (x: Float64Array) => ({ value: (x[0] as number) ** 2, gradient: [2 * (x[0] as number)] });
    expect((await lbfgs(bowl, [0])).ending).toBe('gradient');
    expect((await lbfgs(rosenbrock, [-1.2, 1], { maximumIterations: 3 })).iterations).toBe(3);
    expect((await lbfgs(rosenbrock, [-1.2, 1], { maximumIterations: 3 })).ending).toBe('iterations');
    const few = await lbfgs(rosenbrock, [-1.2, 1], { maximumEvaluations: 5 });
    expect(few.ending).toBe('evaluations');
    expect(few.evaluations).toBeLessThanOrEqual(5);
    expect((await lbfgs(bowl, [1], { signal: AbortSignal.abort() })).ending).toBe('aborted');
    // A gradient of the wrong sign: nothing along it is lower.
    const wrong = (x: Float64Array) => ({ value: (x[0] as number) ** 2, gradient: [-2 * (x[0] as number)] });
    expect(await lbfgs(wrong, [1])).toMatchObject({ ending: 'lineSearch', value: 1, iterations: 0 });
  });

  it('refuses what it cannot begin with', async () => {
    await expect(lbfgs(() => ({ value: Number.NaN, gradient: [0] }), [1])).rejects.toThrow(/finite value and gradient/);
    await expect(lbfgs(() => ({ value: 1, gradient: [0, 1] }), [1])).rejects.toThrow(/2 elements, the point 1/);
    await expect(lbfgs(rosenbrock, [1, 1], { memory: 0 })).rejects.toThrow(/lbfgs.memory: expected an integer ≥ 1/);
    await expect(lbfgs(rosenbrock, [1, 1], { curvature: 1e-5 })).rejects.toThrow(
      /lbfgs.curvature: expected .* > 0.0001/,
    );
    await expect(lbfgs(rosenbrock, [1, 1], { tolerance: 1 } as never)).rejects.toThrow(/unknown option 'tolerance'/);
  });
});
