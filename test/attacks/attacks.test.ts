import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { legalRows } from '../../src/attacks/box.ts';
import { NORMS, projectToBall } from '../../src/attacks/norms.ts';
import {
  attacks,
  crossEntropy,
  dense,
  embedding,
  fit,
  flatten,
  robustness,
  sequential,
  type TrainedModel,
  tensor,
} from '../../src/index.ts';

const { apgd, bim, deepfool, fgsm, mifgsm, pgd } = attacks;
const ROWS = 60;
const x = Float32Array.from({ length: ROWS * 6 }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
const y = Int32Array.from({ length: ROWS }, (_, i) => Number((x[6 * i] as number) > (x[6 * i + 1] as number)));
const rows = tensor(x, [ROWS, 6]);
let model: TrainedModel;

beforeAll(async () => {
  const layer = sequential([dense(12, { activation: 'relu' }), dense(2)]);
  model = await fit(
    layer,
    { x: rows, y },
    { loss: crossEntropy(), epochs: 30, batchSize: 10, seed: 1, standardize: false, progress: false },
  );
});

const sizes = {
  linf: (change: number[]) => Math.max(...change.map(Math.abs)),
  l2: (change: number[]) => Math.hypot(...change),
  l1: (change: number[]) => change.reduce((sum, value) => sum + Math.abs(value), 0),
};

describe('attacks', () => {
  it.each(NORMS)('of ε in %s stay in the ball and in the range, and do not lower the loss', async (norm) => {
    const epsilon = 0.2;
    for (const attack of [
      fgsm({ epsilon, norm }),
      bim({ epsilon, norm }),
      pgd({ epsilon, norm, restarts: 2 }),
      mifgsm({ epsilon, norm }),
    ]) {
      const found = await attack(model, rows, y, { seed: 3 });
      for (let i = 0; i < ROWS; i++) {
        const change = Array.from(
          { length: 6 },
          (_, j) => (found.data[6 * i + j] as number) - (x[6 * i + j] as number),
        );
        // f32 rounding of a sum of six.
        expect(sizes[norm](change)).toBeLessThanOrEqual(epsilon + 1e-5);
      }
      expect(Math.min(...found.data)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...found.data)).toBeLessThanOrEqual(1);
      const before = (await model.evaluate({ x: rows, y })).loss;
      expect((await model.evaluate({ x: found, y })).loss).toBeGreaterThan(before);
    }
  });

  it('draw by the seed alone', async () => {
    const attack = pgd({ epsilon: 0.1 });
    const [one, same, other] = [
      await attack(model, rows, y, { seed: 1 }),
      await attack(model, rows, y, { seed: 1 }),
      await attack(model, rows, y, { seed: 2 }),
    ];
    expect(same.data).toEqual(one.data);
    expect(other.data).not.toEqual(one.data);
  });

  it('of ε 0 leave rows as they are', async () => {
    expect((await pgd({ epsilon: 0 })(model, rows, y)).data).toEqual(x);
  });

  it('that look for the smallest change fool every row', async () => {
    const found = await deepfool({ clip: false })(model, rows, y);
    const before = (await model.predict(rows)) as { label: unknown }[];
    const after = (await model.predict(found)) as { label: unknown }[];
    expect(after.every(({ label }, i) => label !== before[i]?.label)).toBe(true);
  });

  it('that choose their step do at least as well as a fixed one, within a row', async () => {
    const curve = await robustness(
      model,
      { x: rows, y },
      { attacks: [pgd({ epsilon: 1 }), apgd({ epsilon: 1, steps: 20 })], epsilons: [0.1] },
    );
    const [fixed, own] = curve.curves.map(({ points }) => points[0]?.accuracy as number);
    expect(own).toBeLessThanOrEqual((fixed as number) + 1 / ROWS);
  });

  it('refuse what they cannot use', async () => {
    await expect(pgd({ epsilon: 0.1, clip: [0, 0.5] })(model, rows, y)).rejects.toThrow(
      /row 0 holds .* outside of the clip range \[0, 0.5\]/,
    );
    await expect(
      pgd({ epsilon: 0.1 })(
        model,
        rows,
        y.map(() => 7),
      ),
    ).rejects.toThrow(/7/);
    expect(() => pgd({ epsilon: -1 })).toThrow(/pgd\.epsilon: expected a finite number ≥ 0, got -1/);
    expect(() => deepfool().at(0.1)).toThrow(/deepfool: it has no radius/);
    const ids = Int32Array.from({ length: 20 }, (_, i) => i % 5);
    const words = await fit(
      sequential([embedding(5, 4, { rows: false }), flatten(), dense(2)]),
      { x: tensor(ids, [20, 1]), y: ids.map((id) => id % 2) },
      { loss: crossEntropy(), epochs: 1, progress: false },
    );
    await expect(
      fgsm({ epsilon: 0.1, clip: false })(
        words,
        tensor(ids, [20, 1]),
        ids.map((id) => id % 2),
      ),
    ).rejects.toThrow(/no gradient to its input/);
  });
});

describe('projections', () => {
  const values = fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 6, maxLength: 6 });
  it.each(NORMS)('to a ball of %s end inside and leave what is inside', (norm) => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.1, max: 4, noNaN: true }), (change, epsilon) => {
        const found = Array.from(projectToBall(norm, tensor(change, [1, 6]), epsilon).data);
        expect(sizes[norm](found)).toBeLessThanOrEqual(epsilon * (1 + 1e-6) + 1e-6);
        if (sizes[norm](change) < epsilon)
          for (const [j, value] of found.entries()) expect(value).toBeCloseTo(change[j] as number, 5);
      }),
      { numRuns: 50 },
    );
  });

  it('to the range do not move a row that began outside further out', () => {
    const project = legalRows(tensor([[2, 0.5]]), 'linf', 0.3, [0, 1]);
    expect(project(tensor([[5, 5]])).toArray()).toEqual([[2, 0.8]]);
  });
});
