import {
  adam,
  batchNorm,
  crossEntropy,
  dense,
  dropout,
  embedding,
  fit,
  flatten,
  landscape,
  lazyAdam,
  lossSurface,
  meanSquaredError,
  reestimateStatistics,
  sequential,
  sgd,
  type TrainedModel,
  tensor,
} from 'saddlepoint';
import { landscapeFigure } from 'saddlepoint/plot';
import { describe, expect, it } from 'vitest';
import { classifier, clouds, line, rejection } from '../../train/examples.ts';

const loss = crossEntropy();
const trained = (seed = 0) => fit(classifier(), clouds(60), { loss, epochs: 3, seed, progress: false });

describe('landscape', () => {
  it.each(['wasm', 'reference'] as const)(
    'has the loss of the models that it shows, at every point (%s)',
    async (device) => {
      const run = await trained();
      const found = await landscape(run, clouds(60), { grid: 5, radius: 0.5, device });
      expect(found.losses).toHaveLength(25);
      // (0, 0) is the middle of an odd grid.
      expect(found.losses[12]).toBeCloseTo((await run.evaluate(clouds(60), { device })).loss, 5);
      expect(found.center).toBeCloseTo(found.losses[12] as number, 6);
      const surface = await lossSurface(run, clouds(60), { device });
      const directions = [surface.start.map((value) => 0.3 * value), surface.start.map((_, i) => Math.cos(i))];
      const given = await landscape(run, clouds(60), { directions, grid: 3, device });
      for (const [i, a] of [-1, 0, 1].entries())
        for (const [j, b] of [-1, 0, 1].entries()) {
          const point = surface.start.map(
            (value, k) => value + a * (directions[0]?.[k] ?? 0) + b * (directions[1]?.[k] ?? 0),
          );
          // Rows are along the second direction; f32 sums in another order.
          expect(given.losses[j * 3 + i]).toBeCloseTo(await surface.value(point), 4);
        }
    },
  );

  it('is a parabola along a line through the least squares of a linear model', async () => {
    const run = await fit(sequential([dense(1)]), line(24), { loss: meanSquaredError(), epochs: 30, progress: false });
    const surface = await lossSurface(run, line(24));
    const found = await landscape(run, line(24), { directions: [Float64Array.of(1, 0)], grid: 5 });
    expect(found.y).toBeUndefined();
    const [a, b, c, d, e] = found.losses as unknown as [number, number, number, number, number];
    // Second differences of a quadratic are one number: half of its curvature, by a grid of steps of ½.
    for (const second of [b - 2 * c + d, c - 2 * d + e]) expect(second).toBeCloseTo(a - 2 * b + c, 4);
    const [curvature] = await surface.hessian(surface.start).times(Float64Array.of(1, 0));
    expect((a - 2 * b + c) / 0.25).toBeCloseTo(curvature as number, 3);
  });

  it('takes a line as readily as a plane, and the same picture from the same seed', async () => {
    const run = await trained();
    const options = { dimensions: 1, grid: 7, seed: 3 } as const;
    const first = await landscape(run, clouds(30), options);
    expect(await landscape(run, clouds(30), options)).toEqual(first);
    expect((await landscape(run, clouds(30), { ...options, seed: 4 })).losses).not.toEqual(first.losses);
    expect(first.x).toEqual(Float64Array.from({ length: 7 }, (_, i) => (i - 3) / 3));
    expect(String(first)).toMatch(
      /^landscape along filter-normalized random directions\n {2}7 points, -1 … 1\n {2}lowest/,
    );
  });

  it('keeps losses that are not finite, and says where it is finite', async () => {
    const run = await fit(sequential([dense(1)]), line(24), { loss: meanSquaredError(), epochs: 1, progress: false });
    const found = await landscape(run, line(24), { directions: [Float64Array.of(1e30, 0)], grid: 3 });
    expect(Array.from(found.losses, Number.isFinite)).toEqual([false, true, false]);
    expect(found.lowest).toEqual(found.highest);
    expect(found.toJSON()).toMatchObject({ losses: [null, found.losses[1], null], y: null, path: null });
    expect(landscapeFigure(found, 'Cliffs')).not.toMatch(/NaN|Infinity/);
  });

  it('draws a plane as a map, in an SVG without holes', async () => {
    const found = await landscape(await trained(), clouds(60), { grid: 6 });
    const svg = landscapeFigure(found, 'Title <&>');
    expect(svg).toMatch(/<title>Title &lt;&amp;&gt;<\/title>/);
    expect(svg).toContain('first direction');
    // The lowest losses have a color, too: the first of viridis.
    expect(svg).toMatch(/fill="(#440154|rgb\(68, 1, 84\))"/);
    expect(svg.match(/<path/g)?.length).toBeGreaterThan(5);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('refuses options out of range, vectors of another length, models that draw, and hears its signal', async () => {
    const run = await trained();
    const message = async (options: object, model: unknown = run) =>
      (await rejection(landscape(model as TrainedModel, clouds(9), options))).message;
    expect(await message({ grid: 1 })).toMatch(/landscape: grid: expected an integer ≥ 2, got 1/);
    expect(await message({ dimensions: 3 })).toMatch(/landscape: dimensions: expected an integer .*2, got 3/);
    expect(await message({ radius: 0 })).toMatch(/landscape: radius: expected a finite number > 0, got 0/);
    expect(await message({ directions: 'random' })).toMatch(/directions: .*'random'/);
    expect(await message({ directions: [[1]], grid: 2 })).toMatch(/direction 0 has 1 numbers, expected \d+/);
    expect(await message({ directions: [[1]], dimensions: 2 })).toMatch(/dimensions is 2, but there are 1 directions/);
    expect(await message({ gird: 3 })).toMatch(/unknown option 'gird'/);
    expect(await message({}, dense(3))).toMatch(/a layer needs a loss/);
    const stop = AbortSignal.abort();
    const aborted = await rejection(landscape(run, clouds(9), { signal: stop }));
    expect(aborted).toMatchObject({ code: 'aborted' });
  });
});

describe('landscape.line', () => {
  it('goes from the first model to the second, and finds no barrier in a convex loss', async () => {
    const linear = () => sequential([dense(3)]);
    const [a, b] = await Promise.all(
      [0, 1].map((seed) => fit(linear(), clouds(60), { loss, seed, epochs: 2, progress: false })),
    );
    const found = await landscape.line(a as TrainedModel, b as TrainedModel, clouds(60), { grid: 5, beyond: 0.5 });
    expect(Array.from(found.x)).toEqual([-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]);
    expect(found.losses[2]).toBeCloseTo((await (a as TrainedModel).evaluate(clouds(60))).loss, 5);
    expect(found.losses[6]).toBeCloseTo((await (b as TrainedModel).evaluate(clouds(60))).loss, 5);
    // The highest point of a convex function on a line is an end.
    const [start, end] = [found.losses[2] as number, found.losses[6] as number];
    expect(found.barrier).toBeCloseTo(Math.max(start, end) - (start + end) / 2, 6);
    expect(String(found)).toMatch(/^landscape between two models\n/);
  });

  it('rises over a model and its mirror image, whose mean is the zero of all hidden units', async () => {
    const run = await fit(classifier(), clouds(60), {
      loss,
      epochs: 30,
      optimizer: adam({ learningRate: 0.03 }),
      progress: false,
    });
    const surface = await lossSurface(run, clouds(60));
    // Hidden tanh units with both signs turned compute the same.
    const mirrored = surface.start.slice();
    for (const { path, offset, shape } of surface.leaves)
      if (path !== '1/bias')
        mirrored.fill(0, offset, offset).set(
          surface.start.subarray(offset, offset + shape.reduce((a, b) => a * b, 1)).map((v) => -v),
          offset,
        );
    const found = await landscape.line(run, surface.modelAt(mirrored), clouds(60), { grid: 3, beyond: 0 });
    expect(found.losses[0]).toBeCloseTo(found.losses[2] as number, 4);
    expect(found.losses[1]).toBeCloseTo(Math.log(3), 1);
    expect(found.barrier).toBeCloseTo((found.losses[1] as number) - (found.losses[0] as number), 4);
  });

  it('refuses models that do not fit each other', async () => {
    const other = await fit(sequential([dense(3)]), clouds(9), { loss, epochs: 1, progress: false });
    expect((await rejection(landscape.line(await trained(), other, clouds(9)))).message).toMatch(
      /has no|numbers, expected/,
    );
    expect((await rejection(landscape.line(dense(3) as never, other, clouds(9)))).message).toMatch(
      /expected trained models/,
    );
  });
});

describe('landscape.slice', () => {
  it('holds the whole way of a run on a quadratic in two parameters, and lowers the loss along it', async () => {
    const slice = landscape.slice({ grid: 9 });
    const run = await fit(sequential([dense(1)]), line(24), {
      ...{
        loss: meanSquaredError(),
        epochs: 12,
        optimizer: sgd({ learningRate: 0.05 }),
        callbacks: [slice],
        progress: false,
      },
    });
    const { result } = slice;
    expect(result?.path).toHaveLength(13);
    expect((result?.explainedVariance?.[0] ?? 0) + (result?.explainedVariance?.[1] ?? 0)).toBeCloseTo(1, 9);
    const losses = result?.path?.map((place) => place.loss) ?? [];
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    // The run holds its last weights: they are the origin.
    expect(result?.path?.at(-1)?.x).toBeCloseTo(0, 9);
    expect(result?.center).toBeCloseTo(await lossSurface(run, line(24)).then((s) => s.value(s.start)), 6);
    expect(String(result)).toMatch(/explained variance of the path \d+\.\d % \+ \d+\.\d % = 100\.0 %/);
    expect(landscapeFigure(result as never, 'Way')).toMatch(/% of the way's variance/);
  });

  it('changes nothing in the run, and keeps no more places than asked for', async () => {
    const slice = landscape.slice({ every: 1, snapshots: 4, grid: 2, rows: 20, directions: 'filterNormalized' });
    const options = { loss, epochs: 4, batchSize: 10, progress: false } as const;
    const watched = await fit(classifier(), clouds(60), { ...options, callbacks: [slice] });
    const alone = await fit(classifier(), clouds(60), options);
    expect([...watched.parameters]).toEqual([...alone.parameters]);
    expect(slice.result?.path?.length).toBeLessThanOrEqual(4);
    const steps = slice.result?.path?.map(({ step }) => step as number) ?? [];
    expect(steps[0]).toBe(0);
    // Evenly spaced, by a power of two.
    const gap = (steps[1] as number) - (steps[0] as number);
    expect(Math.log2(gap) % 1).toBe(0);
    steps.slice(1).forEach((step, i) => {
      expect(step - (steps[i] as number)).toBe(gap);
    });
    expect(slice.result?.explainedVariance).toBeUndefined();
  });

  it('refuses options out of range, and models whose loss is no function of the parameters alone', async () => {
    const ids = {
      x: tensor(
        Int32Array.from({ length: 20 }, (_, i) => i % 9),
        [10, 2],
      ),
      y: [0, 1, 2, 0, 1, 2, 0, 1, 2, 0],
    };
    expect(() => landscape.slice({ every: 0 })).toThrow(/landscape.slice: every: expected an integer ≥ 1, got 0/);
    expect(() => landscape.slice({ directions: 'random' as never })).toThrow(/landscape.slice: directions/);
    expect(() => landscape.slice({ dimensions: 1 } as never)).toThrow(/unknown option 'dimensions'/);
    const options = { loss, epochs: 1, callbacks: [landscape.slice({ grid: 2 })], progress: false } as const;
    const table = fit(sequential([embedding(9, 4), flatten(), dense(3)]), ids, { ...options, optimizer: lazyAdam() });
    expect((await rejection(table)).message).toMatch(/'0\/table' is a table trained by rows/);
    // In predict mode dropout draws nothing.
    const run = await fit(sequential([dense(4), dropout(0.5), dense(3)]), clouds(30), options);
    expect(run.ending).toBe('completed');
  });
});

describe('batch normalization', () => {
  const normalized = () => sequential([dense(6, { activation: 'relu' }), batchNorm(), dropout(0.1), dense(3)]);
  const run = (seed = 0) => fit(normalized(), clouds(60), { loss, epochs: 5, seed, progress: false });

  it('is held at the running statistics: the loss is that of the model at every point, and no direction changes them', async () => {
    const model = await run();
    const surface = await lossSurface(model, clouds(60));
    expect(surface.leaves.map(({ path }) => path)).not.toContain('1/mean');
    expect(await surface.value(surface.start)).toBeCloseTo((await model.evaluate(clouds(60))).loss, 5);
    const moved = surface.start.map((value, i) => value + 0.1 * Math.cos(i));
    expect(await surface.value(moved)).toBeCloseTo((await surface.modelAt(moved).evaluate(clouds(60))).loss, 5);
    expect(surface.modelAt(moved).parameters.get('1/mean')).toEqual(model.parameters.get('1/mean'));
    const found = await landscape(model, clouds(60), { grid: 3, radius: 0.2 });
    expect(found.losses[4]).toBeCloseTo(await surface.value(surface.start), 5);
    const { hessian } = await lossSurface(model, clouds(60), { device: 'reference' });
    const [a, b] = [Math.sin, Math.cos].map((f) => Float64Array.from({ length: surface.size }, (_, i) => f(i)));
    const operator = hessian(surface.start);
    const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
    const [ab, ba] = [
      dot(a as Float64Array, await operator.times(b as Float64Array)),
      dot(b as Float64Array, await operator.times(a as Float64Array)),
    ];
    expect(ab).toBeCloseTo(ba, 9);
  });

  it('takes those of the rows where it is to: as after the statistics were taken anew, with all rows as one minibatch', async () => {
    const model = await run();
    const surface = await lossSurface(model, clouds(60), { statistics: 'batch' });
    const { x, y } = clouds(60);
    const moved = surface.start.map((value, i) => value + 0.3 * Math.cos(i));
    const renewed = await reestimateStatistics(surface.modelAt(moved), { x, y }, { batchSize: 60 });
    // Running variances may be unbiased, of 60 rows by a sixtieth.
    const expected = (await renewed.evaluate(clouds(60))).loss;
    expect(Math.abs((await surface.value(moved)) / expected - 1)).toBeLessThan(0.02);
    await expect(lossSurface(model, clouds(60), { statistics: 'rows' as never })).rejects.toThrow(/statistics/);
  });

  it('is seen between two models and along a way, by the rows at each point', async () => {
    const [first, second] = [await run(0), await run(1)];
    const across = await landscape.line(first, second, clouds(60), { grid: 3, beyond: 0 });
    const own = await lossSurface(second, clouds(60), { statistics: 'batch' });
    expect(across.losses.at(-1)).toBeCloseTo(await own.value(own.start), 5);
    const slice = landscape.slice({ grid: 3 });
    await fit(normalized(), clouds(60), { loss, epochs: 4, progress: false, callbacks: [slice] });
    expect(slice.result?.losses.every(Number.isFinite)).toBe(true);
  });
});
