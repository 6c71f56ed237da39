/** Corruption of inputs: how much of what, that targets stay clean, and that nothing is corrupted but training. */
import {
  type CorruptOptions,
  constant,
  corrupt,
  dense,
  fit,
  meanSquaredError,
  randomKey,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import type { TrickContext } from '../../src/train/trick.ts';

const ROWS = 200;
const WIDTH = 50;
const x = tensor(new Float32Array(ROWS * WIDTH).fill(0.4), [ROWS, WIDTH]);

/** What a batch of 0.4 becomes, evaluated at once. */
function corrupted(options: CorruptOptions): number[] {
  let draws = 0;
  const context = { random: () => ({ key: randomKey(7), stream: draws++ }) } as unknown as TrickContext;
  return Array.from(corrupt(options).change({ x }, context).x.data);
}

const share = (values: readonly number[], of: number) => values.filter((value) => value === of).length / values.length;
const f32 = Math.fround(0.4);
// Of 10,000 draws: five standard errors of a share p are 0.05 √(p (1 − p)) ≤ 0.025.
const TOLERANCE = 0.025;

describe('corrupt', () => {
  it('masks a quarter, and leaves the rest', () => {
    const values = corrupted({ masking: 0.25 });
    expect(Math.abs(share(values, 0) - 0.25)).toBeLessThan(TOLERANCE);
    expect(share(values, 0) + share(values, f32)).toBe(1);
  });

  it('sets salt and pepper alike often, at the ends of the range', () => {
    const values = corrupted({ saltPepper: 0.2, range: [-1, 2] });
    expect(Math.abs(share(values, -1) - 0.1)).toBeLessThan(TOLERANCE);
    expect(Math.abs(share(values, 2) - 0.1)).toBeLessThan(TOLERANCE);
    expect(share(values, -1) + share(values, 2) + share(values, f32)).toBe(1);
  });

  it('adds noise of the deviation that was asked for, and clips it where a range is given', () => {
    const values = corrupted({ gaussian: 0.3 });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    // Five standard errors: 5 · 0.3 / 100, and 5 · 0.3 / √20,000.
    expect(Math.abs(mean - 0.4)).toBeLessThan(0.015);
    expect(Math.abs(deviation - 0.3)).toBeLessThan(0.011);
    const clipped = corrupted({ gaussian: 0.3, range: [0, 1] });
    expect(clipped).toEqual(values.map((value) => Math.min(1, Math.max(0, value))));
  });

  it('is only of training: loss and evaluation have the clean rows, and so have targets', async () => {
    // A model that is the identity, and does not move: its training loss is the mean square of the noise alone.
    const identity = dense(1, { bias: false, kernelInitializer: constant(1) });
    const rows = {
      x: Array.from({ length: 64 }, (_, i) => [i / 64]),
      y: Array.from({ length: 64 }, (_, i) => [i / 64]),
    };
    const still = {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0 }),
      standardize: false,
      progress: false,
    } as const;
    const run = await fit(identity, rows, { ...still, epochs: 40, tricks: [corrupt({ gaussian: 0.5 })] });
    const mean = run.history.reduce((sum, { loss }) => sum + loss, 0) / 40;
    // Of 2,560 squares: five standard errors are 5 · 0.25 · √(2 / 2,560).
    expect(Math.abs(mean - 0.25)).toBeLessThan(0.035);
    expect((await run.evaluate(rows)).loss).toBe(0);
    expect(await run.predict([[0.5]])).toEqual([0.5]);
  });
});
