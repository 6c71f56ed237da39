import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  binaryCrossEntropy,
  constant,
  dense,
  dropout,
  fit,
  flatten,
  glorotNormal,
  huber,
  layer,
  loadModel,
  mul,
  sequential,
  sgd,
  type TrainedModel,
} from 'saddlepoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classes, classifier, clouds, line, rejection, trainedLine, weightsOf } from './examples.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saddlepoint-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

async function bytesOf(model: TrainedModel): Promise<Uint8Array> {
  await model.save(at('bytes.safetensors'));
  return new Uint8Array(readFileSync(at('bytes.safetensors')));
}

const halfRate = { optimizer: sgd({ learningRate: 0.05 }), progress: false, epochs: 3 };

/** Models of every kind: layers, losses, scaling, class names. */
const models: [what: string, make: () => Promise<TrainedModel>, rows: unknown][] = [
  [
    'a classifier with names',
    async () => {
      const { x, y } = clouds(30);
      return fit(classifier(), { x, y: y.map((label) => ['ä', 'b"', '__proto__'][label]) }, classes);
    },
    clouds(9).x,
  ],
  ['values, scaled', trainedLine, [[1], [30], [-4.5]]],
  [
    'yes and no',
    () =>
      fit(
        sequential([dense(1)]),
        { x: clouds(20).x, y: clouds(20).y.map((label) => label > 0) },
        { ...halfRate, loss: binaryCrossEntropy() },
      ),
    clouds(5).x,
  ],
  [
    'images of bytes, with every layer',
    async () => {
      const images = Array.from({ length: 20 }, (_, i) => new Uint8Array(6).map((_v, j) => (i * 37 + j * 11) % 256));
      const model = sequential([
        dense(8, {
          activation: 'relu',
          kernelInitializer: glorotNormal(),
          biasInitializer: constant(0.1),
          name: 'wide',
        }),
        dropout(0.3),
        sequential([flatten(), dense(4, { activation: 'tanh', bias: false })], { name: 'inner' }),
        dense(2),
      ]);
      return fit(model, { x: images, y: images.map((_, i) => i % 2) }, { ...classes, epochs: 2 });
    },
    Array.from({ length: 3 }, (_, i) => new Uint8Array(6).fill(i * 80)),
  ],
  [
    'a loss with options, a constant column',
    () =>
      fit(
        sequential([dense(1)]),
        {
          x: [
            [1, 5],
            [2, 5],
            [3, 5],
          ],
          y: [2, 4, 7],
        },
        { ...halfRate, loss: huber({ delta: 0.5 }) },
      ),
    [
      [1, 5],
      [9, 7],
    ],
  ],
];

describe('a model that is saved and loaded', () => {
  it.each(models)('S1: is the same to the bit: %s', async (_, make, rows) => {
    const model = await make();
    await model.save(at('model.safetensors'));
    const loaded = await loadModel(at('model.safetensors'));
    expect([...loaded.parameters]).toEqual([...model.parameters]);
    expect(await loaded.predict(rows)).toEqual(await model.predict(rows));
    expect(await bytesOf(loaded)).toEqual(await bytesOf(model));
  });

  it('evaluates the same', async () => {
    const run = await fit(classifier(), clouds(60), classes);
    await run.save(at('evaluated.safetensors'));
    const loaded = await loadModel(at('evaluated.safetensors'));
    expect(await loaded.evaluate(clouds(33))).toEqual(await run.evaluate(clouds(33)));
  });

  it('S1: trains on exactly as the run itself would', async () => {
    const run = await fit(classifier(), clouds(60), classes);
    await run.save(at('further.safetensors'));
    const options = { ...classes, optimizer: adam({ learningRate: 0.01 }), seed: 7 };
    const further = await fit(await loadModel(at('further.safetensors')), clouds(60), options);
    const expected = await fit(run, clouds(60), options);
    expect(further.history.map(({ loss }) => loss)).toEqual(expected.history.map(({ loss }) => loss));
    expect(weightsOf(further)).toEqual(weightsOf(expected));
    expect(further.history[0]?.loss).toBeLessThan(run.history[0]?.loss as number);
  });

  it('with targets scaled: goes on in the units that it was trained in', async () => {
    const run = await trainedLine();
    const loaded = await loadModel(await bytesOf(run));
    const further = await fit(loaded, line(24), { ...halfRate, loss: run.state.loss, epochs: 1 });
    expect(further.history[0]?.loss).toBeLessThan(1e-6);
    expect(await further.predict([30])).toBeCloseTo(32, 3);
  });

  it('S2: takes 4 bytes a parameter and a header', async () => {
    const run = await fit(sequential([dense(100), dense(3)]), clouds(9), { ...classes, epochs: 1 });
    const parameters = 2 * 100 + 100 + 100 * 3 + 3;
    const bytes = await bytesOf(run);
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    expect(bytes.length).toBe(8 + header + 4 * parameters);
    expect(header).toBeLessThan(1500);
  });

  it('can have layers of the user, built by a factory', async () => {
    const scale = (start: number) =>
      layer('scale', { start }, (x, context) => mul(x, context.parameter('factor', x.shape.slice(1), constant(start))));
    const run = await fit(sequential([scale(2), dense(3)]), clouds(9), { ...classes, epochs: 1 });
    const bytes = await bytesOf(run);
    const error = await rejection(loadModel(bytes));
    expect(error.message).toMatch(/^layer: unknown type 'scale'\n.*factory for layers of your own/);
    const loaded = await loadModel(bytes, { layers: { scale: ({ start }) => scale(start as number) } });
    expect(await loaded.predict([1, 2])).toEqual(await run.predict([1, 2]));
  });

  it('goes to a file URL, a stream, and comes from bytes, blobs, streams and answers', async () => {
    const run = await trainedLine();
    const bytes = await bytesOf(run);
    await run.save(new URL(`file://${at('url.safetensors')}`));
    expect(new Uint8Array(readFileSync(at('url.safetensors')))).toEqual(bytes);
    const sources = [
      new URL(`file://${at('url.safetensors')}`),
      bytes,
      bytes.buffer,
      new Blob([bytes as BlobPart]),
      new Response(bytes as BodyInit),
      new Blob([bytes as BlobPart]).stream(),
    ];
    for (const source of sources) expect(await (await loadModel(source)).predict([5])).toBe(await run.predict([5]));
  });
});

describe('a save that fails', () => {
  it('leaves the old file, and nothing beside it', async () => {
    const run = await trainedLine();
    const place = at('kept/model.safetensors');
    expect((await rejection(run.save(place))).message).toMatch(/could not write .*\n.*the folder does not exist/);
    const kept = at('kept.safetensors');
    await run.save(kept);
    const before = readFileSync(kept);
    const other = await fit(classifier(), clouds(9), { ...classes, epochs: 1 });
    // The bytes cannot even be made: options of a layer that JSON cannot hold.
    const loop: Record<string, never> = {};
    (loop as Record<string, unknown>).self = loop;
    const broken = layer('broken', loop, (x) => x);
    const unsavable = await fit(sequential([broken, dense(3)]), clouds(9), { ...classes, epochs: 1 });
    await rejection(unsavable.save(kept));
    expect(readFileSync(kept)).toEqual(before);
    await other.save(kept);
    expect(readFileSync(kept)).not.toEqual(before);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('S2: leaves the old file when the disk refuses', async () => {
    const run = await trainedLine();
    const kept = at('full.safetensors');
    await run.save(kept);
    const before = readFileSync(kept);
    const files = process.getBuiltinModule('node:fs/promises');
    const open = files.open;
    files.open = (() =>
      Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))) as never;
    try {
      expect((await rejection(run.save(kept))).message).toMatch(/no space left on device\n.*the disk is full/);
    } finally {
      files.open = open;
    }
    expect(readFileSync(kept)).toEqual(before);
  });
});
