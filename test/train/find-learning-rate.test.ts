import {
  adamw,
  constant,
  crossEntropy,
  dense,
  findLearningRate,
  fit,
  meanSquaredError,
  sequential,
  sgd,
} from 'saddlepoint';
import { pointsFigure } from 'saddlepoint/plot';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection, weightsOf } from './examples.ts';

/** f(w) = w², w₀ = 1, so that sgd multiplies w by 1 − 2 · rate at each step. */
const parabola = () => sequential([dense(1, { kernelInitializer: constant(1), bias: false })]);
const point = { x: [[1]], y: [0] };
const still = { loss: meanSquaredError(), standardize: false, batchSize: 1, shuffle: false } as const;

describe('findLearningRate', () => {
  it.each(['wasm', 'reference'] as const)('takes one step at each rate, by hand on a parabola (%s)', async (device) => {
    const curve = await findLearningRate(parabola(), point, { ...still, device, from: 1e-3, to: 0.4, steps: 51 });
    // Adam is the default; sgd here, whose steps are known.
    const known = await findLearningRate(parabola(), point, {
      ...{ ...still, device, from: 1e-3, to: 0.4, steps: 51, optimizer: sgd({ learningRate: 0.5 }) },
    });
    let w = 1;
    const losses: number[] = [];
    for (const rate of known.learningRates) {
      losses.push(w * w);
      w *= 1 - 2 * rate;
    }
    expect(known.losses).toHaveLength(51);
    // f32: the rate, the step and w are rounded to 24 bits in each of 51 steps; 1 − 2 · rate ≥ 0.2 makes 5 times as much of it.
    known.losses.forEach((loss, i) => {
      expect(Math.abs(loss - (losses[i] as number))).toBeLessThanOrEqual(51 * 2 ** -20 * Math.abs(losses[i] as number));
    });
    known.learningRates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(1e-3 * 400 ** (i / 50), 12);
    });
    expect(curve.losses[0]).toBe(1);
    expect(curve.losses).not.toEqual(known.losses);
  });

  it('stops at 4 times the lowest smoothed loss, and suggests a rate at which the parabola converges', async () => {
    const curve = await findLearningRate(parabola(), point, {
      ...{ ...still, optimizer: sgd(), from: 1e-4, to: 1e3, steps: 200 },
    });
    expect(curve.losses.length).toBeLessThan(200);
    const before = curve.smoothed.slice(0, -1);
    expect(curve.smoothed.at(-1)).toBeGreaterThan(4 * Math.min(...before));
    before.forEach((loss, i) => {
      expect(loss).toBeLessThanOrEqual(4 * Math.min(...before.slice(0, i + 1)));
    });
    expect(curve.suggestion).toBe(Math.min(curve.steepest as number, curve.tenthOfMinimum as number));
    // Below 1 gradient descent on w² converges, from 1 on it does not.
    expect(curve.suggestion).toBeGreaterThan(1e-4);
    expect(curve.suggestion).toBeLessThan(1);
  });

  it('leaves model, data and optimizer as they are, and says the same again', async () => {
    const data = clouds(40);
    const copy = structuredClone(data);
    const options = { ...classes, optimizer: adamw({ learningRate: 1e-3 }) };
    const base = await fit(classifier(), data, options);
    const weights = weightsOf(base);
    const range = { ...options, steps: 40 };
    const first = await findLearningRate(base, data, { ...range, validation: 0.2 });
    expect(weightsOf(base)).toEqual(weights);
    expect(data).toEqual(copy);
    expect(await findLearningRate(base, data, range)).toEqual(first);
    expect(weightsOf(await fit(classifier(), data, options))).toEqual(weights);
  });

  it('ends where the loss is no number any more', async () => {
    const curve = await findLearningRate(parabola(), point, {
      ...{ ...still, optimizer: sgd(), from: 1, to: 1e38, steps: 40, stopAt: 1e60 },
    });
    expect(curve.losses.length).toBeGreaterThan(2);
    expect(curve.losses.length).toBeLessThan(40);
    expect(curve.losses.every(Number.isFinite)).toBe(true);
  });

  it('takes records as fit does, draws its curve and is JSON', async () => {
    const records = clouds(60).x.map(([a, b], i) => ({ a, b, kind: `k${i % 3}` }));
    const curve = await findLearningRate(records, { target: 'kind', steps: 60 });
    const lines = String(curve).split('\n');
    expect(lines[0]).toBe('    rate       loss');
    expect(lines[1]).toMatch(/^ +1\.0e-7 +[\d.]+ {2}█*$/);
    expect(lines.length).toBeLessThanOrEqual(22);
    expect(lines.at(-1)).toMatch(/^suggestion [\de.-]+ \(steepest [\de.–-]+, a tenth of the lowest [\de.–-]+\)$/);
    const json = JSON.parse(JSON.stringify(curve));
    expect(json.losses).toEqual(curve.losses);
    expect(json.suggestion).toBe(curve.suggestion);
  });

  it('refuses what it cannot do', async () => {
    const message = async (options: object) =>
      (await rejection(findLearningRate(classifier(), clouds(9), { loss: crossEntropy(), ...options }))).message;
    expect(await message({ from: 0 })).toMatch(/from: expected a finite number > 0, got 0/);
    expect(await message({ resume: {} })).toMatch(/'resume' is for one run/);
    expect(await message({ rates: 3 })).toMatch(/unknown option 'rates'/);
    expect(await message({ signal: AbortSignal.abort() })).toMatch(/aborted/);
  });

  it('is a figure: both losses by rate, no higher than they are drawn, and the rates that are suggested', async () => {
    const curve = await findLearningRate(parabola(), point, {
      ...{ ...still, optimizer: sgd(), from: 1e-4, to: 1e3, steps: 200 },
    });
    const [series, options] = curve.toFigure();
    expect(series.map(({ name }) => name)).toEqual(['loss', 'smoothed', 'steepest', 'a tenth of the lowest']);
    const [losses, smoothed, steepest] = series.map(({ points }) => points);
    expect(losses?.map(([rate]) => rate)).toEqual(curve.learningRates);
    const highest = Math.max(...(smoothed ?? []).map(([, loss]) => loss));
    smoothed?.forEach(([, loss], i) => {
      expect(loss).toBe(Math.min(curve.smoothed[i] as number, highest));
    });
    expect(Math.max(...(losses ?? []).map(([, loss]) => loss))).toBe(highest);
    expect(highest).toBeLessThan(Math.max(...curve.losses));
    expect(steepest?.map(([rate]) => rate)).toEqual([curve.steepest, curve.steepest]);
    expect(options).toMatchObject({ x: 'learning rate', log: 'x' });
    expect(pointsFigure(...curve.toFigure())).toMatch(/^<svg[\s\S]*steepest[\s\S]*<\/svg>/);
  });
});
