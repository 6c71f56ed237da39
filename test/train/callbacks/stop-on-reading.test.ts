import {
  adam,
  crossEntropy,
  dense,
  fastAdversarial,
  fit,
  mul,
  type Regularizer,
  reshape,
  sequential,
  stopOnReading,
  sum,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';

const [ROWS, WIDTH] = [40, 6];
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
const y = Int32Array.from({ length: ROWS }, (_, i) => Number((x[WIDTH * i] as number) > (x[WIDTH * i + 1] as number)));
const data = { x: tensor(x, [ROWS, WIDTH]), y };
const layer = () => sequential([dense(5, { activation: 'tanh' }), dense(2)]);
/** One step an epoch. */
const options = {
  ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: ROWS, seed: 1 },
  ...{ standardize: false, progress: false, shuffle: false },
} as const;

/** Shows the number of each step, and changes nothing. */
const counting = (): Regularizer => ({
  ...{ kind: 'regularizer', name: 'counting', options: {}, scalarCount: 1 },
  scalars: (step) => [step],
  penalty(_, context) {
    context.reading('counting.step', reshape(context.scalars, []));
    return mul(sum(context.scalars), 0);
  },
});

describe('stopOnReading', () => {
  it('ends the run at the first step above, and keeps the model of the last sound look', async () => {
    const stop = stopOnReading('counting.step', { above: 20, every: 1 });
    const run = await fit(layer(), data, { ...options, epochs: 40, tricks: [counting()], callbacks: [stop] });
    expect(run.ending).toBe('stopped');
    expect(run.steps).toBe(22);
    expect(run.notes.join()).toContain('stopOnReading: counting.step is 21.0, above 20, at step 21');
    // Readings of 0 to 10 are sound: eleven steps.
    const sound = await fit(layer(), data, { ...options, epochs: 11, tricks: [counting()] });
    expect(stop.lastSound?.parameters).toEqual(sound.parameters);
  });

  it('lets a run go on that stays below, and looks at no more models than it was asked to', async () => {
    const stop = stopOnReading('counting.step', { above: 100, soundBelow: 3, every: 1 });
    const run = await fit(layer(), data, { ...options, epochs: 10, tricks: [counting()], callbacks: [stop] });
    expect(run.ending).toBe('completed');
    const sound = await fit(layer(), data, { ...options, epochs: 4, tricks: [counting()] });
    expect(stop.lastSound?.parameters).toEqual(sound.parameters);
  });

  it('names the readings that there are, and its options', async () => {
    const asked = (reading: string, tricks = [counting()]) =>
      fit(layer(), data, { ...options, epochs: 2, tricks, callbacks: [stopOnReading(reading, { above: 1 })] });
    await expect(asked('counting.stop')).rejects.toThrow(/no reading 'counting\.stop'.*\n?.*counting\.step/);
    await expect(asked('counting.step', [])).rejects.toThrow(/no trick of this run has readings/);
    expect(() => stopOnReading('gap', {} as never)).toThrow(/stopOnReading\.above: expected a finite number/);
    expect(() => stopOnReading('gap', { above: 1, soundBelow: 2 })).toThrow(/soundBelow: .* ≤ 1, got 2/);
    expect(() => stopOnReading('gap', { above: 1, every: 0 })).toThrow(/every: expected an integer ≥ 1, got 0/);
    expect(() => stopOnReading('', { above: 1 })).toThrow(/the name of a reading/);
  });
});

describe("the guard of fastAdversarial, as stopOnReading's source", () => {
  const gapsOf = async (batchSize: number, guard: boolean) => {
    const gaps: (number | undefined)[] = [];
    await fit(layer(), data, {
      ...{ ...options, batchSize, epochs: 3, tricks: [fastAdversarial({ epsilon: 0.1, guard })] },
      callbacks: [{ onStep: ({ readings }) => void gaps.push(readings?.['fastAdversarial.gap']) }],
    });
    return gaps;
  };

  it('shows the gap of accuracies in [−1, 1], also of last batches smaller than what it looks at', async () => {
    for (const batchSize of [3, 13, 40]) {
      const gaps = (await gapsOf(batchSize, true)) as number[];
      expect(gaps).toHaveLength(3 * Math.ceil(ROWS / batchSize));
      for (const gap of gaps) expect(Math.abs(gap)).toBeLessThanOrEqual(1);
    }
  });

  it('shows none where it is off', async () => {
    expect((await gapsOf(13, false)).every((gap) => gap === undefined)).toBe(true);
  });

  it('trains on rows of several steps, and on none where it only watches', async () => {
    const train = (guard: boolean | 'watch') =>
      fit(layer(), data, { ...options, epochs: 3, tricks: [fastAdversarial({ epsilon: 0.3, guard })] });
    const [on, off, watched] = [await train(true), await train(false), await train('watch')];
    expect(on.parameters).not.toEqual(off.parameters);
    expect(watched.parameters).toEqual(off.parameters);
  });
});
