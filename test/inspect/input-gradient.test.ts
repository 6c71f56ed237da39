import {
  crossEntropy,
  dense,
  explain,
  fit,
  meanSquaredError,
  sequential,
  type TrainedModel,
  tensor,
} from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';

const [ROWS, WIDTH, CLASSES] = [30, 6, 3];
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
const y = Int32Array.from({ length: ROWS }, (_, i) => {
  const row = Array.from(x.subarray(WIDTH * i, WIDTH * i + CLASSES));
  return row.indexOf(Math.max(...row));
});
const rows = tensor(x, [ROWS, WIDTH]);
const options = { loss: crossEntropy(), epochs: 30, batchSize: 10, seed: 1, standardize: false, progress: false };
const hidden = (activation: 'tanh' | 'relu') => sequential([dense(16, { activation }), dense(CLASSES)]);
let smooth: TrainedModel;
let kinked: TrainedModel;
let linear: TrainedModel;

beforeAll(async () => {
  smooth = await fit(hidden('tanh'), { x: rows, y }, options);
  kinked = await fit(hidden('relu'), { x: rows, y }, options);
  linear = await fit(sequential([dense(CLASSES)]), { x: rows, y }, options);
});

/** The parameters of a model in double precision, layer by layer. */
const layersOf = (model: TrainedModel) => {
  const leaves = [...model.parameters.values()].map(({ data }) => Float64Array.from(data as ArrayLike<number>));
  return Array.from(
    { length: leaves.length / 2 },
    (_, i) => leaves.slice(2 * i, 2 * i + 2) as [Float64Array, Float64Array],
  );
};

/** The logit of a class, in double precision. */
function logit(model: TrainedModel, row: ArrayLike<number>, label: number, activation: (z: number) => number): number {
  const layers = layersOf(model);
  const last = layers.length - 1;
  const out = layers.reduce<ArrayLike<number>>((input, [kernel, bias], i) => {
    return Array.from(bias, (start, k) => {
      const z = Array.from(input).reduce(
        (sum, value, j) => sum + value * (kernel[j * bias.length + k] as number),
        start,
      );
      return i < last ? activation(z) : z;
    });
  }, row);
  return out[label] as number;
}
const relu = (z: number) => Math.max(0, z);
const rowOf = (i: number) => Array.from(x.subarray(WIDTH * i, WIDTH * (i + 1)));

describe('inputGradient', () => {
  it('is the slope of the logit of the class that is asked about', async () => {
    const { shape, data } = await explain.inputGradient(smooth, rows, y);
    expect(shape).toEqual([ROWS, WIDTH]);
    const h = 1e-4;
    for (let i = 0; i < ROWS; i++)
      for (let j = 0; j < WIDTH; j++) {
        const at = (step: number) =>
          logit(
            smooth,
            rowOf(i).map((value, k) => value + (k === j ? step : 0)),
            y[i] as number,
            Math.tanh,
          );
        // f32 against central differences of doubles, whose own error is h².
        expect(Math.abs((data[WIDTH * i + j] as number) - (at(h) - at(-h)) / (2 * h))).toBeLessThan(2e-5);
      }
  });

  it("is of a linear classifier the class's weights, whatever the noise", async () => {
    const kernel = layersOf(linear)[0]?.[0] as Float64Array;
    for (const method of ['plain', 'smooth'] as const) {
      const { data } = await explain.inputGradient(linear, rows, y, { method, samples: 5, noise: 0.3 });
      for (let i = 0; i < ROWS; i++)
        for (let j = 0; j < WIDTH; j++)
          // A mean of five equal numbers.
          expect(data[WIDTH * i + j]).toBeCloseTo(kernel[CLASSES * j + (y[i] as number)] as number, 5);
    }
  });

  it.each([
    // The midpoint rule: errors of order 1 / samples² where the slope is smooth, 1 / samples where it jumps.
    ['tanh', 0, 1e-4],
    ['tanh', 0.5, 1e-4],
    ['relu', 0, 0.03],
  ] as const)(
    'integrated adds up to the difference of the logits (%s, from %d)',
    async (activation, baseline, error) => {
      const [model, f] = activation === 'tanh' ? [smooth, Math.tanh] : [kinked, relu];
      const { data } = await explain.inputGradient(model, rows, y, { method: 'integrated', samples: 100, baseline });
      let largest = 0;
      for (let i = 0; i < ROWS; i++) {
        const sum = Array.from(data.subarray(WIDTH * i, WIDTH * (i + 1))).reduce((a, b) => a + b, 0);
        const label = y[i] as number;
        const difference = logit(model, rowOf(i), label, f) - logit(model, Array(WIDTH).fill(baseline), label, f);
        largest = Math.max(largest, Math.abs(difference));
        expect(Math.abs(sum - difference)).toBeLessThan(error);
      }
      // Ten times what is forgiven, so that zeros would be seen.
      expect(largest).toBeGreaterThan(10 * error);
    },
  );

  it('smooth is the mean slope of noisy rows: the plain one without noise, drawn by the seed with some', async () => {
    const plain = await explain.inputGradient(kinked, rows, y);
    const still = await explain.inputGradient(kinked, rows, y, { method: 'smooth', samples: 4, noise: 0 });
    for (const [i, value] of still.data.entries()) expect(value).toBeCloseTo(plain.data[i] as number, 6);
    const noisy = { method: 'smooth', samples: 8, noise: 0.3 } as const;
    const [one, same, other] = [
      await explain.inputGradient(kinked, rows, y, { ...noisy, seed: 1 }),
      await explain.inputGradient(kinked, rows, y, { ...noisy, seed: 1 }),
      await explain.inputGradient(kinked, rows, y, { ...noisy, seed: 2 }),
    ];
    expect(same.data).toEqual(one.data);
    expect(other.data).not.toEqual(one.data);
    expect(one.data).not.toEqual(plain.data);
  });

  it('refuses what it cannot use', async () => {
    await expect(explain.inputGradient(smooth, rows, y, { method: 'guided' as never })).rejects.toThrow(
      /inputGradient\.method: unknown value 'guided'/,
    );
    await expect(explain.inputGradient(smooth, rows, y, { samples: 0 })).rejects.toThrow(
      /inputGradient\.samples: expected an integer ≥ 1/,
    );
    const values = Float32Array.from(y);
    const regression = await fit(
      sequential([dense(1)]),
      { x: rows, y: values },
      { ...options, loss: meanSquaredError(), epochs: 1 },
    );
    await expect(explain.inputGradient(regression, rows, values)).rejects.toThrow(/targets are no class numbers/);
  });
});
