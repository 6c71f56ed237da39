import { attacks, crossEntropy, dense, fit, robustness, sequential, type TrainedModel, tensor } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';

const [ROWS, WIDTH, EPSILON] = [150, 12, 0.15];
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
const y = Int32Array.from({ length: ROWS }, (_, i) => {
  const row = x.subarray(WIDTH * i, WIDTH * (i + 1));
  return Number(row.subarray(0, 6).reduce((a, b) => a + b * b, 0) > row.subarray(6).reduce((a, b) => a + b, 0) * 0.8);
});
const test = { x: tensor(x, [ROWS, WIDTH]), y };
const attack = attacks.pgd({ epsilon: EPSILON, steps: 10 });
const models: Record<string, TrainedModel> = {};

beforeAll(async () => {
  for (const [name, units, seed] of [
    ['narrow', 6, 1],
    ['wide', 40, 2],
  ] as const)
    models[name] = await fit(sequential([dense(units, { activation: 'relu' }), dense(2)]), test, {
      ...{ loss: crossEntropy(), epochs: 60, batchSize: 15, seed, standardize: false, progress: false },
    });
});

describe('transferMatrix', () => {
  it('has on its diagonal what the attack leaves of the model it knows', async () => {
    const { names, accuracy } = await attacks.transferMatrix(models, test, attack, { seed: 4 });
    expect(names).toEqual(['narrow', 'wide']);
    for (const [i, name] of names.entries()) {
      const { curves } = await robustness(models[name] as TrainedModel, test, {
        ...{ attacks: [attack], epsilons: [EPSILON], seed: 4 },
      });
      expect(accuracy[i]?.[i]).toBe(curves[0]?.points[0]?.accuracy);
    }
  });

  it('has beside it what rows made for one leave of the other, which is more', async () => {
    const { names, accuracy } = await attacks.transferMatrix(models, test, attack);
    for (const [i, from] of names.entries()) {
      const rows = await attack(models[from] as TrainedModel, test.x, y);
      for (const [j, to] of names.entries()) {
        const answers = (await (models[to] as TrainedModel).predict(rows)) as { label: string }[];
        const right = answers.filter(({ label }, row) => label === String(y[row])).length;
        expect(accuracy[i]?.[j]).toBeCloseTo(right / ROWS, 12);
        if (i !== j) expect(accuracy[i]?.[j]).toBeGreaterThan(accuracy[j]?.[j] as number);
      }
    }
  });
});
