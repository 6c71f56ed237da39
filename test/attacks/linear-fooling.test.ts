import { attacks, crossEntropy, dense, fit, sequential, type TrainedModel, tensor } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';

const [ROWS, CLASSES] = [40, 3];
/** A power of two and values on a grid: x ± ε is exact in f32. */
const EPSILON = 1 / 8;
const gridOf = (width: number) =>
  Float32Array.from({ length: ROWS * width }, (_, i) => Math.round(32 * (Math.sin(i * 12.9898) + 1)) / 64);
const options = { loss: crossEntropy(), epochs: 20, seed: 1, standardize: false, progress: false } as const;

/** One dense layer on rows of some width; two classes or three, by the sums of parts of a row. */
async function linearModel(width: number, classes: number) {
  const x = gridOf(width);
  const y = Int32Array.from({ length: ROWS }, (_, i) => {
    const part = Math.floor(width / classes);
    const sums = Array.from({ length: classes }, (__, k) =>
      x.subarray(width * i + part * k, width * i + part * (k + 1)).reduce((a, b) => a + b, 0),
    );
    return sums.indexOf(Math.max(...sums));
  });
  const model = await fit(sequential([dense(classes)]), { x: tensor(x, [ROWS, width]), y }, options);
  return { model, x, y, kernel: kernelOf(model) };
}

const kernelOf = (model: TrainedModel): ArrayLike<number> =>
  [...model.parameters.values()].find(({ shape }) => shape.length === 2)?.data as ArrayLike<number>;

describe('one small push for each number of a row', () => {
  it.each([8, 64])('moves the logits of a linear classifier of %i inputs by ε ‖w‖₁, exactly', async (width) => {
    const { model, x, y, kernel } = await linearModel(width, 2);
    const moved = await attacks.fgsm({ epsilon: EPSILON, clip: false })(model, tensor(x, [ROWS, width]), y);
    for (let i = 0; i < ROWS; i++) {
      // Of the wrong class against the right one: what the attack raises.
      const [right, wrong] = y[i] === 0 ? [0, 1] : [1, 0];
      let pushed = 0;
      let norm = 0;
      for (let j = 0; j < width; j++) {
        const weight = (kernel[2 * j + wrong] as number) - (kernel[2 * j + right] as number);
        pushed += weight * ((moved.data[width * i + j] as number) - (x[width * i + j] as number));
        norm += Math.abs(weight) * EPSILON;
      }
      expect(norm).toBeGreaterThan(0);
      expect(pushed).toBe(norm);
    }
  });
});

describe('linearFooling', () => {
  const width = 12;
  let made: Awaited<ReturnType<typeof linearModel>>;
  beforeAll(async () => {
    made = await linearModel(width, CLASSES);
  });
  const fooled = (epsilon: number, clip?: false) =>
    attacks.linearFooling(made.model, tensor(made.x, [ROWS, width]), {
      ...{ from: 0, to: 2, epsilon },
      ...(clip === false && { clip }),
    });

  it('adds ε (w_to − w_from), which moves the difference of the two logits by ε ‖w_to − w_from‖²', () => {
    const { adversarial, weights } = fooled(EPSILON, false);
    expect(weights.shape).toEqual([CLASSES, width]);
    const difference = Array.from({ length: width }, (_, j) => {
      expect(weights.data[2 * width + j]).toBe(made.kernel[CLASSES * j + 2]);
      return (weights.data[2 * width + j] as number) - (weights.data[j] as number);
    });
    const wanted = EPSILON * difference.reduce((sum, w) => sum + w * w, 0);
    for (let i = 0; i < ROWS; i++) {
      const pushed = difference.reduce(
        (sum, w, j) => sum + w * ((adversarial.data[width * i + j] as number) - (made.x[width * i + j] as number)),
        0,
      );
      // x + ε w is rounded to f32: half a unit in the last place of 12 numbers below 2.
      expect(Math.abs(pushed - wanted)).toBeLessThan(12 * 2 ** -24 * 2);
    }
  });

  it('makes the model see the class that was wanted, once enough is added', async () => {
    const seen = (await made.model.predict(fooled(20, false).adversarial)) as { label: string }[];
    expect(seen.map(({ label }) => label)).toEqual(Array(ROWS).fill('2'));
  });

  it('stays in the range of the data, and does nothing with ε 0', () => {
    const { adversarial } = fooled(20);
    expect(Math.min(...adversarial.data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...adversarial.data)).toBeLessThanOrEqual(1);
    expect(fooled(0).adversarial.data).toEqual(made.x);
  });

  it('refuses other models and classes that are not there', async () => {
    const rows = tensor(made.x, [ROWS, width]);
    const deep = await fit(sequential([dense(4), dense(CLASSES)]), { x: rows, y: made.y }, { ...options, epochs: 1 });
    const choice = { from: 0, to: 1, epsilon: 0.1 };
    expect(() => attacks.linearFooling(deep, rows, choice)).toThrow(/the model is not one dense layer/);
    expect(() => attacks.linearFooling(made.model, rows, { ...choice, to: 3 })).toThrow(
      /linearFooling\.to: expected an integer ≥ 0 and ≤ 2, got 3/,
    );
  });
});
