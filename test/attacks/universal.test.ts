import { attacks, crossEntropy, dense, fit, sequential, type TrainedModel, tensor } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomUniform } from '../../src/core/philox.ts';

const [ROWS, WIDTH, EPSILON] = [120, 16, 0.2];
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
/** Three classes, by which of three groups of columns has the largest sum. */
const y = Int32Array.from({ length: ROWS }, (_, i) => {
  const sums = [0, 1, 2].map((k) => x.subarray(WIDTH * i + 5 * k, WIDTH * i + 5 * k + 5).reduce((a, b) => a + b, 0));
  return sums.indexOf(Math.max(...sums));
});
const rows = tensor(x, [ROWS, WIDTH]);
const clipped = (value: number) => Math.min(1, Math.max(0, value));
let model: TrainedModel;
let change: ArrayLike<number>;

const accuracyWith = async (added: ArrayLike<number>): Promise<number> => {
  const moved = Float32Array.from(x, (value, i) => clipped(value + (added[i % WIDTH] as number)));
  const answers = (await model.predict(tensor(moved, [ROWS, WIDTH]))) as { label: string }[];
  return answers.filter(({ label }, i) => label === String(y[i])).length / ROWS;
};

beforeAll(async () => {
  model = await fit(
    sequential([dense(24, { activation: 'relu' }), dense(3)]),
    { x: rows, y },
    { loss: crossEntropy(), epochs: 60, batchSize: 20, seed: 1, standardize: false, progress: false },
  );
  change = (await attacks.universalPerturbation(model, rows, y, { epsilon: EPSILON })).data;
});

describe('universalPerturbation', () => {
  it('fools more rows than any of 20 random changes of its size', async () => {
    expect(await accuracyWith(new Float32Array(WIDTH))).toBeGreaterThan(0.9);
    const universal = await accuracyWith(change);
    const draw = new Float32Array(WIDTH);
    for (let seed = 0; seed < 20; seed++) {
      randomUniform(draw, seed, 0);
      // At a corner of the ball, where a change is largest.
      const random = await accuracyWith(draw.map((value) => (value < 0.5 ? -EPSILON : EPSILON)));
      expect(universal).toBeLessThan(random);
    }
  });

  it('stays within ε, has the shape of a row, and is the same for the same seed', async () => {
    const again = await attacks.universalPerturbation(model, rows, y, { epsilon: EPSILON });
    expect(again.shape).toEqual([WIDTH]);
    expect(again.data).toEqual(change);
    for (const value of again.data) expect(Math.abs(value)).toBeLessThanOrEqual(Math.fround(EPSILON));
  });

  it('is nothing where ε is 0', async () => {
    const none = await attacks.universalPerturbation(model, rows, y, { epsilon: 0 });
    expect(Array.from(none.data, Math.abs)).toEqual(Array(WIDTH).fill(0));
  });

  it('refuses what it cannot use', async () => {
    await expect(attacks.universalPerturbation(model, rows, y, { epsilon: 0.1, steps: 0 })).rejects.toThrow(
      /universalPerturbation\.steps: expected an integer ≥ 1/,
    );
    await expect(attacks.universalPerturbation(model, rows, y, { epsilon: 0.1, step: 2 } as never)).rejects.toThrow(
      /unknown option 'step'/,
    );
  });
});
