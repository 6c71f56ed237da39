import { accuracy, type Callback, crossEntropy, deviceCurves } from 'saddlepoint';
import { pointsFigure } from 'saddlepoint/plot';
import { describe, expect, it } from 'vitest';
import { deviceCurvesBy } from '../../src/train/device-curves.ts';
import { classifier, clouds, rejection } from './examples.ts';

const data = clouds(120);
const options = {
  ...{ loss: crossEntropy(), metrics: [accuracy()], validation: 0.2, batchSize: 12, epochs: 4 },
  devices: ['reference', 'wasm', { device: 'wasm', threads: 2 }] as const,
} as const;

describe('deviceCurves', () => {
  it('has a curve a device, over seconds of steps alone, of the same run', async () => {
    // A clock that steps alone move, by as many milliseconds as the device is told to take.
    let [now, cost] = [0, 0];
    const tick: Callback = {
      every: 1,
      onBegin() {
        cost += 10;
      },
      onStep() {
        now += cost;
      },
    };
    const found = await deviceCurvesBy(classifier(), data, { ...options, every: 8, tricks: [tick] }, () => now);
    expect(found.curves.map(({ name }) => name)).toEqual(['reference', 'wasm', 'wasm, 2 threads']);
    // 96 rows in 8 steps an epoch; device i takes 10 (i + 1) ms a step.
    found.curves.forEach(({ points }, i) => {
      expect(points.map(([seconds]) => seconds)).toEqual(
        [1, 2, 3, 4].map((n) => expect.closeTo(0.08 * n * (i + 1), 9)),
      );
    });
    const [, one, two] = found.curves.map(({ points }) => points.map(([, value]) => value));
    expect(two).toEqual(one);
    expect(found.curves[1]?.threads).toBe(1);
  });

  it('says when a value was first seen, above it, or of losses below', async () => {
    const rising = await deviceCurves(classifier(), data, { ...options, devices: ['wasm'], every: 8, epochs: 30 });
    const values = rising.curves[0]?.points ?? [];
    const [, middle] = values[14] as readonly [number, number];
    expect(rising.secondsTo(middle)).toEqual([
      { name: 'wasm', seconds: values.find(([, value]) => value >= middle)?.[0] },
    ]);
    expect(rising.secondsTo(1.01)).toEqual([{ name: 'wasm', seconds: undefined }]);
    const falling = await deviceCurves(classifier(), data, {
      ...options,
      devices: ['wasm'],
      measure: 'loss',
      every: 8,
    });
    const losses = falling.curves[0]?.points ?? [];
    const [seconds, last] = losses.at(-1) as readonly [number, number];
    expect(falling.secondsTo(last)).toEqual([{ name: 'wasm', seconds }]);
  });

  it('is one figure and plain JSON; a device that is not there has a reason and no line', async () => {
    const found = await deviceCurves(classifier(), data, { ...options, devices: ['wasm', 'webgl'] });
    expect(found.curves[1]).toMatchObject({
      name: 'webgl',
      points: [],
      reason: expect.stringContaining("device 'webgl'"),
    });
    expect(String(found)).toMatch(
      /^wasm +validation\.accuracy [\d.]+ after [\d.e-]+ s, 1 thread\nwebgl +device 'webgl'/,
    );
    const [series, around] = found.toFigure();
    expect(series.map(({ name }) => name)).toEqual(['wasm']);
    expect(around).toMatchObject({ x: 'seconds', y: 'validation.accuracy' });
    expect(pointsFigure(...found.toFigure())).toMatch(/^<svg[\s\S]*<\/svg>/);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found.toJSON());
  });

  it('refuses no device, a measure that is not there, and what fit refuses', async () => {
    const message = async (more: object) =>
      (await rejection(deviceCurves(classifier(), data, { ...options, ...more } as never))).message;
    expect(await message({ devices: [] })).toMatch(/deviceCurves\.devices: expected a list of devices, got/);
    expect(await message({ devices: [{ device: 'wasm', thread: 2 }] })).toMatch(/unknown option 'thread'/);
    expect(await message({ devices: ['cpu'] })).toMatch(/device: unknown value 'cpu'/);
    expect(await message({ measure: 'validation.f1' })).toMatch(/there is no 'validation\.f1'/);
    expect(await message({ every: 0 })).toMatch(/deviceCurves\.every: expected an integer ≥ 1, got 0/);
  });
});
