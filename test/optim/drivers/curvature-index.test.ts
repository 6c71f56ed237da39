import { describe, expect, it } from 'vitest';
import { qr } from '../../../src/core/linear-algebra.ts';
import { randomNormal } from '../../../src/core/philox.ts';
import { index } from '../../../src/optim/drivers/curvature-index.ts';
import type { LinearOperator } from '../../../src/optim/drivers/operator.ts';

const diagonal = (values: readonly number[]): LinearOperator => ({
  size: values.length,
  times: (v) => v.map((x, i) => x * (values[i] as number)),
});

/** Q · diag(values) · Qᵀ with Q drawn by a seed: eigenvectors that lie along no axis, as those of a network. */
function turned(values: readonly number[], seed: number): LinearOperator {
  const n = values.length;
  const drawn = new Float32Array(n * n);
  randomNormal(drawn, seed, 0);
  const { q } = qr(drawn, n, n);
  return {
    size: n,
    times(v) {
      const inside = Float64Array.from(values, (value, k) => {
        let along = 0;
        for (let i = 0; i < n; i++) along += (q[i * n + k] as number) * (v[i] as number);
        return value * along;
      });
      return Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (q[i * n + k] as number) * (inside[k] as number);
        return sum;
      });
    },
  };
}

const split = Array.from({ length: 200 }, (_, i) => (i < 60 ? -1 - i / 100 : 1 + i / 100));
/** As a network has them: a few large, half of all within ±0.001 of 0. */
const crowded = Array.from({ length: 160 }, (_, i) =>
  i < 10 ? 2 + i : i < 90 ? 1e-3 * Math.sin(1 + i) : 0.2 + i / 500,
);
const negative = crowded.filter((value) => value < -1e-5).length / crowded.length;

describe('index', () => {
  it('counts negative eigenvalues, all of them or by quadrature within the error that it states', async () => {
    const exact = await index(diagonal(split));
    expect(exact).toMatchObject({ fraction: 0.3, error: 0, method: 'eigenvalues', probes: 0, products: 200 });
    const estimated = await index(diagonal(split), { denseSize: 0, steps: 40, probes: 5 });
    expect(estimated.method).toBe('quadrature');
    expect(Math.abs(estimated.fraction - 0.3)).toBeLessThanOrEqual(estimated.error + 1e-9);
    expect((await index(diagonal([1, 2, 3]), { denseSize: 0 })).fraction).toBe(0);
  });

  it('takes products until the error is as small as asked for, where half of all eigenvalues crowd around 0', async () => {
    for (const seed of [0, 1, 2]) {
      const operator = turned(crowded, 7);
      const rough = await index(operator, { denseSize: 0, steps: 20, maximumProducts: 200, seed });
      expect(rough.products).toBeLessThanOrEqual(200);
      expect(rough.error).toBeGreaterThan(0.1);
      expect(Math.abs(rough.fraction - negative)).toBeLessThanOrEqual(rough.error);
      const fine = await index(operator, { denseSize: 0, steps: 20, accuracy: 0.03, seed });
      expect(fine.error).toBeLessThanOrEqual(0.03);
      // Two standard errors hold in 19 of 20 cases; three in all but one of 370.
      expect(Math.abs(fine.fraction - negative)).toBeLessThanOrEqual(1.5 * fine.error);
      expect(fine.products).toBeGreaterThan(rough.products);
    }
  });

  it('draws more vectors where their spread is what is off', async () => {
    const { probes, error, products } = await index(turned(split, 3), {
      ...{ denseSize: 0, probes: 2, accuracy: 0.02, steps: 10 },
    });
    expect(probes).toBeGreaterThan(2);
    expect(error).toBeLessThanOrEqual(0.02);
    expect(products).toBeLessThanOrEqual(20_000);
  });

  it('states the error that is left where products are used up, an infinite one for a single vector', async () => {
    const operator = turned(crowded, 7);
    const few = await index(operator, { denseSize: 0, maximumProducts: 30, probes: 3, accuracy: 1e-3 });
    expect(few).toMatchObject({ probes: 3, products: 30 });
    expect(few.error).toBeGreaterThan(1e-3);
    const one = await index(operator, { denseSize: 0, maximumProducts: 5, probes: 1, steps: 5 });
    expect(one.error).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses options out of range', async () => {
    const message = (options: object) => expect(index(diagonal([1]), options as never)).rejects;
    await message({ accuracy: 0 }).toThrow(/index: accuracy: expected .*> 0.*got 0/);
    await message({ probes: 10, maximumProducts: 9 }).toThrow(
      /index: maximumProducts: expected an integer ≥ 10, got 9/,
    );
    await message({ step: 3 }).toThrow(/unknown option 'step'/);
  });
});
