/** SVRG on a linear model with the mean squared error, where every gradient can be computed by hand. */
import { type Callback, dense, fit, meanSquaredError, sequential, sgd, svrg } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { spread } from '../train/examples.ts';

const ROWS = 24;
const SIZE = 4;
const PASS = ROWS / SIZE;
const x = Array.from({ length: ROWS }, (_, i) => [spread(i, 0) - 0.5, spread(i, 1) - 0.5]);
const y = x.map(([a = 0, b = 0], i) => 2 * a - b + spread(i, 2) - 0.5);
const RATE = 0.1;

/** The gradient of the mean of (w · x − y)² over some rows. */
function gradientOf(w: readonly number[], rows: readonly number[]): number[] {
  return [0, 1].map((j) =>
    rows.reduce((sum, row) => {
      const [a = 0, b = 0] = x[row] as number[];
      const residual = (w[0] as number) * a + (w[1] as number) * b - (y[row] as number);
      return sum + (2 * residual * ((x[row] as number[])[j] as number)) / rows.length;
    }, 0),
  );
}
const all = Array.from({ length: ROWS }, (_, i) => i);

/** The weights before each step and at the end; rows come in their own order. */
async function pathOf(epochs: number, options: { snapshotEvery?: number } = {}): Promise<number[][]> {
  const path: number[][] = [];
  const read = async (control: Parameters<NonNullable<Callback['onBegin']>>[0]) => {
    const [kernel] = [...(await control.parameters()).values()];
    path.push([...(kernel?.data ?? [])]);
  };
  const watch: Callback = { every: 1, onBegin: read, onStep: (_, control) => read(control) };
  await fit(
    sequential([dense(1, { bias: false })]),
    { x, y },
    {
      ...{ loss: meanSquaredError(), standardize: false, shuffle: false, progress: false, epochs, batchSize: SIZE },
      ...{ optimizer: sgd({ learningRate: RATE }), tricks: [svrg(options)], callbacks: [watch], device: 'reference' },
    },
  );
  return path;
}
/** What each step subtracted, in units of the gradient. */
const stepsOf = (path: readonly number[][]) =>
  path.slice(1).map((w, i) => w.map((value, j) => (((path[i] as number[])[j] as number) - value) / RATE));
const rowsOf = (step: number) => all.slice((step % PASS) * SIZE, ((step % PASS) + 1) * SIZE);

/** Weights are read in f32: 24 bits of numbers below 4, divided by the rate. */
const TOLERANCE = (4 * 2 ** -23) / RATE;
const close = (given: readonly number[], wanted: readonly number[]) =>
  given.forEach((value, j) => {
    expect(Math.abs(value - (wanted[j] as number))).toBeLessThanOrEqual(TOLERANCE);
  });

describe('svrg', () => {
  it('moves nothing while it takes the gradient at the snapshot', async () => {
    const path = await pathOf(1);
    for (const w of path) expect(w).toEqual(path[0]);
  });

  it('gives the full gradient at the snapshot: the minibatch is taken out', async () => {
    const path = await pathOf(2);
    const [snapshot = []] = path;
    const full = gradientOf(snapshot, all);
    close(stepsOf(path)[PASS] as number[], full);
    // The minibatch by itself says something else.
    const own = gradientOf(snapshot, rowsOf(0));
    expect(Math.max(...own.map((value, j) => Math.abs(value - (full[j] as number))))).toBeGreaterThan(100 * TOLERANCE);
  });

  it('is g(w) − g(snapshot) + the full gradient there, both of the same minibatch, at every step of a round', async () => {
    const path = await pathOf(4, { snapshotEvery: 3 });
    const [snapshot = []] = path;
    const full = gradientOf(snapshot, all);
    stepsOf(path).forEach((taken, step) => {
      if (step < PASS) return;
      const [here, there] = [path[step] as number[], snapshot].map((w) => gradientOf(w, rowsOf(step)));
      close(
        taken,
        full.map((value, j) => (here?.[j] as number) - (there?.[j] as number) + value),
      );
    });
  });

  it('is unbiased: the mean of the corrected gradients over a pass is the full gradient at the same weights', async () => {
    // At any fixed weights, here those behind the first round; each minibatch once, each with as many rows.
    const path = await pathOf(3);
    const [snapshot = [], w = []] = [path[0], path.at(-1)];
    const full = gradientOf(snapshot, all);
    const corrected = Array.from({ length: PASS }, (_, step) => {
      const [here, there] = [w, snapshot].map((at) => gradientOf(at, rowsOf(step)));
      return full.map((value, j) => (here?.[j] as number) - (there?.[j] as number) + value);
    });
    const mean = [0, 1].map((j) => corrected.reduce((sum, one) => sum + (one[j] as number) / PASS, 0));
    const wanted = gradientOf(w, all);
    mean.forEach((value, j) => {
      expect(value).toBeCloseTo(wanted[j] as number, 12);
    });
  });

  it('takes a new snapshot after so many epochs, from where it stands', async () => {
    const path = await pathOf(4, { snapshotEvery: 1 });
    const steps = stepsOf(path);
    const second = path[2 * PASS] as number[];
    for (let step = 2 * PASS; step < 3 * PASS; step++) expect(path[step + 1]).toEqual(second);
    close(steps[3 * PASS] as number[], gradientOf(second, all));
  });

  it('counts the rows of a last, smaller batch as they are', async () => {
    const seen: number[][] = [];
    const watch: Callback = {
      every: 1,
      async onStep(_, control) {
        seen.push([...([...(await control.parameters()).values()][0]?.data ?? [])]);
      },
    };
    // 24 rows by 10: 10, 10 and 4.
    await fit(
      sequential([dense(1, { bias: false })]),
      { x, y },
      {
        ...{ loss: meanSquaredError(), standardize: false, shuffle: false, progress: false, epochs: 2, batchSize: 10 },
        ...{ optimizer: sgd({ learningRate: RATE }), tricks: [svrg()], callbacks: [watch], device: 'reference' },
      },
    );
    const [before, after] = [seen[2] as number[], seen[3] as number[]];
    close(
      after.map((value, j) => ((before[j] as number) - value) / RATE),
      gradientOf(before, all),
    );
  });
});
