import {
  type AugmentOptions,
  augment,
  compile,
  crossEntropy,
  dense,
  fit,
  flatten,
  loadModel,
  sequential,
  type Tensor,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { applyModel } from '../../src/nn/layer.ts';
import { rejection, spread, weightsOf } from '../train/examples.ts';

const devices = ['wasm', 'reference'] as const;
type Device = (typeof devices)[number];
const [N, H, W] = [64, 7, 6];

/** Rows of one image, so that only the draws tell them apart; a value at each place, none of them 0. */
function rowsOf(value: (v: number, u: number) => number, rows = N, channels = 1): Tensor {
  const one = Array.from({ length: H * W * channels }, (_, i) =>
    value(Math.floor(i / channels / W), Math.floor(i / channels) % W),
  );
  return tensor(
    Float32Array.from({ length: rows * one.length }, (_, i) => one[i % one.length] as number),
    [...[rows, H, W, channels]],
  );
}

/** The layer's output while training, an image [height][width] a row. */
async function trained(options: AugmentOptions, x: Tensor, device: Device, seed = 1): Promise<number[][][]> {
  const model = augment(options);
  const call = compile((input: Tensor, key: Tensor) => applyModel(model, new Map(), input, { mode: 'train', key }), {
    device,
  });
  const { data } = await call(x, tensor([seed, 5, 0], [3], 'i32'));
  return Array.from({ length: x.shape[0] as number }, (_, n) =>
    Array.from({ length: H }, (_, v) => Array.from(data.slice((n * H + v) * W, (n * H + v + 1) * W))),
  );
}

const value = (v: number, u: number) => 1 + v * 10 + u;
const image = Array.from({ length: H }, (_, v) => Array.from({ length: W }, (_, u) => value(v, u)));

const shifted = (dy: number, dx: number, fill: 'zero' | 'edge') =>
  image.map((row, v) =>
    row.map((_, u) => {
      const [y, x] = [v - dy, u - dx];
      const [nearY, nearX] = [Math.min(Math.max(y, 0), H - 1), Math.min(Math.max(x, 0), W - 1)];
      return fill === 'edge' || (y === nearY && x === nearX) ? value(nearY, nearX) : 0;
    }),
  );

describe.each(devices)('augment (%s)', (device) => {
  it.each(['zero', 'edge'] as const)('moves by whole pixels, every distance occurring, %s beyond', async (fill) => {
    const found = new Set<string>();
    const legal = new Map<string, string>();
    for (let dy = -2; dy <= 2; dy++)
      for (let dx = -1; dx <= 1; dx++) legal.set(JSON.stringify(shifted(dy, dx, fill)), `${dy} ${dx}`);
    for (const row of await trained({ shift: [2, 1], fill }, rowsOf(value, 256), device)) {
      const move = legal.get(JSON.stringify(row));
      expect(move).toBeDefined();
      found.add(move as string);
    }
    // 256 draws of 15: each is missed with probability (14/15)^256 < 1e-7.
    expect(found.size).toBe(15);
  });

  it('mirrors about half of the rows, bit for bit', async () => {
    const mirrored = image.map((row) => [...row].reverse());
    const texts = (await trained({ flip: 'horizontal' }, rowsOf(value, 256), device)).map((row) => JSON.stringify(row));
    const flips = texts.filter((text) => text === JSON.stringify(mirrored)).length;
    expect(texts.filter((text) => text === JSON.stringify(image))).toHaveLength(256 - flips);
    // Binomial: 128 ± 8; beyond 5 deviations one seed in a million.
    expect(Math.abs(flips - 128)).toBeLessThan(40);
    const both = await trained({ flip: 'both' }, rowsOf(value), device);
    expect(new Set(both.map((row) => row[0]?.[0])).size).toBe(4);
  });

  it('turns and scales: a plane stays a plane, its gradient turned and divided', async () => {
    // Interpolation between four pixels is exact on 4 + 0.3 y − 0.2 x about the center; inner pixels show the map itself.
    const [a, b] = [0.3, -0.2];
    const plane = rowsOf((v, u) => 4 + a * (v - (H - 1) / 2) + b * (u - (W - 1) / 2));
    for (const [options, degrees, zoom] of [
      [{ rotate: 15 }, 15, 0],
      [{ zoom: 0.2 }, 0, 0.2],
      [{ rotate: 15, zoom: 0.2 }, 15, 0.2],
    ] as const) {
      const angles: number[] = [];
      const factors: number[] = [];
      for (const row of await trained(options, plane, device)) {
        const at = (v: number, u: number) => row[v]?.[u] as number;
        const [dv, du] = [(at(4, 2) - at(2, 2)) / 2, at(3, 3) - at(3, 2)];
        // The center keeps its value: (H − 1)/2 = 3 and (W − 1)/2 = 2.5.
        expect((at(3, 2) + at(3, 3)) / 2).toBeCloseTo(4, 5);
        expect(at(2, 3) - at(2, 2)).toBeCloseTo(du, 5);
        factors.push(Math.hypot(a, b) / Math.hypot(dv, du));
        angles.push(((Math.atan2(du, dv) - Math.atan2(b, a)) * 180) / Math.PI);
      }
      const most = (values: number[], middle: number) => Math.max(...values.map((one) => Math.abs(one - middle)));
      // f32 of some 1e-6 relative to slopes of 0.2.
      expect(most(angles, 0)).toBeLessThanOrEqual(degrees + 1e-3);
      expect(most(factors, 1)).toBeLessThanOrEqual(zoom + 1e-4);
      // The largest of 64 draws is above half of the range, but for 2^-64.
      expect(most(angles, 0)).toBeGreaterThanOrEqual(degrees / 2);
      expect(most(factors, 1)).toBeGreaterThanOrEqual(zoom / 2);
    }
  });

  it('cuts one square out, all of it where it lies inside, and leaves the rest', async () => {
    let whole = 0;
    for (const row of await trained({ cutout: 3 }, rowsOf(value), device)) {
      const cells = row.flatMap((line, v) => line.flatMap((one, u) => (one === 0 ? [[v, u] as const] : [])));
      row.forEach((line, v) => {
        line.forEach((one, u) => {
          if (one !== 0) expect(one).toBe(value(v, u));
        });
      });
      const [vs, us] = [cells.map(([v]) => v), cells.map(([, u]) => u)];
      const [height, width] = [vs, us].map((all) => Math.max(...all) - Math.min(...all) + 1) as [number, number];
      expect(cells).toHaveLength(height * width);
      expect(Math.max(height, width)).toBeLessThanOrEqual(3);
      expect(Math.min(height, width)).toBeGreaterThanOrEqual(2);
      whole += Number(height * width === 9);
    }
    expect(whole).toBeGreaterThan(0);
  });

  it('adds noise of its deviation', async () => {
    const noisy = await trained({ noise: 0.5 }, rowsOf(value), device);
    const differences = noisy.flatMap((row) => row.flatMap((line, v) => line.map((one, u) => one - value(v, u))));
    const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
    const deviation = Math.sqrt(differences.reduce((sum, one) => sum + (one - mean) ** 2, 0) / differences.length);
    // 2688 draws: standard errors 0.0096 and 0.0068; 5 of them.
    expect(Math.abs(mean)).toBeLessThan(0.048);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.034);
  });
});

describe('augment', () => {
  const x = rowsOf((v, u) => spread(v, u), 24);
  const y = Array.from({ length: 24 }, (_, i) => i % 2);
  const model = (options: AugmentOptions = { shift: 1, rotate: 10, noise: 0.05 }) =>
    sequential([augment(options), flatten(), dense(2)]);
  const options = { loss: crossEntropy(), epochs: 2, batchSize: 10, progress: false } as const;

  it('gives the reference its own numbers, to f32', async () => {
    const all = { shift: 1, flip: 'both', rotate: 20, zoom: 0.1, cutout: 2 } as const;
    const [a, b] = await Promise.all(devices.map((device) => trained(all, rowsOf(value), device)));
    // Slopes of 10 a pixel, places to some 1e-6; a place on the edge may fall to either side, so a few may differ.
    const pairs = (a ?? []).flat(2).map((one, i) => Math.abs(one - ((b ?? []).flat(2)[i] as number)));
    expect(pairs.filter((difference) => difference > 1e-3).length).toBeLessThan(pairs.length / 100);
  });

  it('M8: is fixed by the seed, and other in each step', async () => {
    const run = await fit(model(), { x, y }, options);
    expect(weightsOf(await fit(model(), { x, y }, options))).toEqual(weightsOf(run));
    expect(weightsOf(await fit(model(), { x, y }, { ...options, seed: 1 }))).not.toEqual(weightsOf(run));
    const first = await trained({ shift: 2 }, rowsOf(value), 'wasm', 1);
    expect(await trained({ shift: 2 }, rowsOf(value), 'wasm', 2)).not.toEqual(first);
  });

  it('does nothing where the model predicts, also after it was saved and loaded', async () => {
    const run = await fit(model(), { x, y }, options);
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const loaded = await loadModel(new Blob(chunks as BlobPart[]));
    expect(await loaded.predict(x)).toEqual(await run.predict(x));
    expect(await run.predict(x)).toEqual(await run.predict(x));
    expect(loaded.state.layer.options).toEqual(run.state.layer.options);
  });

  it('takes images without channels, and refuses rows that are none, naming the layer', async () => {
    const flat = tensor(x.data as Float32Array, [24, H, W]);
    await fit(model({ shift: 1 }), { x: flat, y }, options);
    const error = await rejection(fit(model(), { x: tensor(x.data as Float32Array, [24, H * W]), y }, options));
    expect(error.message).toMatch(/augment: expected images .*, got \[1,42\] \(in layer '0'\)/);
  });
});
