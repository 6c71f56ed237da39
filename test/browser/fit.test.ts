import {
  accuracy,
  adam,
  type ClassPrediction,
  crossEntropy,
  dense,
  fit,
  loadModel,
  sequential,
  train,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds } from '../train/examples.ts';
import { hashOf, PARAMETERS_OF_42, scenario } from './scenario.ts';

const model = () => sequential([dense(16, { activation: 'relu' }), dense(3)]);
const options = { loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 0.02 }), batchSize: 16 };

describe('a page', () => {
  it('trains a small network, and the loss falls', async () => {
    const data = clouds(120);
    const run = await fit(model(), data, { ...options, epochs: 15, seed: 1 });
    expect(run.device).toMatchObject({
      name: 'wasm',
      reason: expect.stringMatching(/^WebAssembly SIMD is available/),
      threads: 1,
    });
    expect(run.history.at(-1)?.loss).toBeLessThan((run.history[0]?.loss as number) / 5);
    expect(run.history.at(-1)?.accuracy).toBe(1);
    const answer = (await run.predict([4.5, 0.5])) as ClassPrediction;
    expect(answer.label).toBe('1');
    expect(answer.probabilities['1']).toBeGreaterThan(0.8);
    expect((await run.evaluate(data)).accuracy).toBe(1);
  });

  it('gets the same parameters as Node for the same seed, to the bit', async () => {
    expect(await hashOf(await scenario(42))).toBe(PARAMETERS_OF_42);
  });

  it('draws epochs as they come', async () => {
    const seen: number[] = [];
    for await (const { epoch } of train(model(), clouds(60), { ...options, epochs: 3 })) seen.push(epoch);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('a page that trains stays alive', () => {
  /** Times between two turns that a page's timers got, in milliseconds. */
  async function gapsWhile(work: Promise<unknown>): Promise<number[]> {
    const gaps: number[] = [];
    let last = performance.now();
    let goesOn = true;
    const tick = (): void => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (goesOn) setTimeout(tick, 0);
    };
    setTimeout(tick, 0);
    await work;
    goesOn = false;
    return gaps;
  }

  it('T3: timers fire all through a fit', async () => {
    const controller = new AbortController();
    const began = performance.now();
    // Long beside the tracing and planning before the first step, which is one piece.
    setTimeout(() => controller.abort(), 3000);
    const more = { epochs: 1_000_000, signal: controller.signal };
    const gaps = await gapsWhile(fit(model(), clouds(3000), { ...options, ...more }));
    const took = performance.now() - began;
    // Without yielding there would be one gap of everything. How long the gaps are is for a benchmark: other work on the
    // machine stretches them.
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.max(...gaps)).toBeLessThan(took / 2);
  });

  it('an abort by the user is heard at once', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const began = performance.now();
    const run = await fit(model(), clouds(3000), { ...options, epochs: 1_000_000, signal: controller.signal });
    expect(run.ending).toBe('aborted');
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await run.predict([0.5, 0.5])).toHaveProperty('label');
  });
});

describe('a model kept by the browser', () => {
  it('comes back from IndexedDB as it was: by key, and by { indexedDB }', async () => {
    const run = await fit(model(), clouds(60), { ...options, epochs: 2 });
    await run.save('test/model');
    await run.save({ indexedDB: 'test/other' });
    for (const place of ['test/model', { indexedDB: 'test/other' }]) {
      const loaded = await loadModel(place);
      expect([...loaded.parameters]).toEqual([...run.parameters]);
      expect(await loaded.predict(clouds(9).x)).toEqual(await run.predict(clouds(9).x));
      const more = { ...options, epochs: 1, seed: 5 };
      expect(await hashOf(await fit(loaded, clouds(60), more))).toBe(await hashOf(await fit(run, clouds(60), more)));
    }
  });

  it('is replaced as a whole, and one that is not there is named', async () => {
    const [first, second] = [await fit(model(), clouds(30), { ...options, epochs: 1 }), await scenario(1)];
    await first.save('test/replaced');
    await second.save('test/replaced');
    expect(await hashOf(await loadModel('test/replaced'))).toBe(await hashOf(second));
    await expect(loadModel('test/never')).rejects.toThrow(/no model is saved under 'test\/never' in this browser/);
  });

  it('S2: may have a million parameters: 4 bytes each and a header, however the rows were given', async () => {
    const wide = () => sequential([dense(1000, { bias: false }), dense(3, { bias: false })]);
    const columns = 1000;
    const rows = Float32Array.from({ length: 9 * columns }, (_, i) => (i * 0.618) % 1);
    const y = clouds(9).y;
    const nested = Array.from({ length: 9 }, (_, i) => Array.from(rows.subarray(i * columns, (i + 1) * columns)));
    const sizes = [];
    for (const x of [rows, nested]) {
      const run = await fit(wide(), { x, y }, { ...options, epochs: 1 });
      await run.save('test/million');
      const loaded = await loadModel('test/million');
      expect(await hashOf(loaded)).toBe(await hashOf(run));
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const [blob] = await Promise.all([new Response(readable).blob(), run.save(writable)]);
      const header = Number(new DataView(await blob.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
      expect(blob.size).toBe(8 + header + 4 * (1000 * 1000 + 1000 * 3));
      sizes.push(blob.size);
    }
    expect(sizes[1]).toBe(sizes[0]);
  });

  it('goes through a Blob, as a download does', async () => {
    const run = await fit(model(), clouds(30), { ...options, epochs: 1 });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [blob] = await Promise.all([new Response(readable).blob(), run.save(writable)]);
    expect(await hashOf(await loadModel(new File([blob], 'model.safetensors')))).toBe(await hashOf(run));
  });
});
