/** A new last layer on a trained body. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  adam,
  crossEntropy,
  dense,
  fit,
  loadModel,
  meanSquaredError,
  replaceHead,
  sequential,
} from '../../src/index.ts';
import { accuracy } from '../../src/nn/metrics.ts';
import '../../src/node.ts';

/** Points on three rings by their radius, as texts; `side` tells left from right. */
function rings(rows: number) {
  const x = new Float32Array(rows * 2);
  const ring: string[] = [];
  const value: number[] = [];
  for (let i = 0; i < rows; i++) {
    const [radius, angle] = [0.5 + (i % 3), 2.4 * i];
    x.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * i);
    ring.push(['inner', 'middle', 'outer'][i % 3] as string);
    value.push(1000 + 500 * (i % 3));
  }
  return { x, ring, outer: ring.map((name) => (name === 'outer' ? 'far' : 'near')), value, rows };
}

const data = rings(300);
const rowsOf = (values: Float32Array) =>
  Array.from({ length: values.length / 2 }, (_, i) => [...values.subarray(2 * i, 2 * i + 2)]);
const x = rowsOf(data.x);
const trainedBase = () =>
  fit(
    sequential([dense(24, { activation: 'relu', name: 'body' }), dense(16, { activation: 'relu' }), dense(3)]),
    { x, y: data.ring },
    { loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 1e-2 }), epochs: 60, seed: 1 },
  );

test('other classes are learned on a body that keeps every bit, and the model is saved and read', async () => {
  const base = await trainedBase();
  const changed = replaceHead(base, dense(2, { name: 'head' }), { seed: 3 });
  expect([...changed.parameters.keys()]).toEqual([
    'body/kernel',
    'body/bias',
    '1/kernel',
    '1/bias',
    'head/kernel',
    'head/bias',
  ]);
  expect(changed.parameters.get('head/kernel')?.shape).toEqual([16, 2]);
  const before = [...base.parameters].map(([path, { data }]) => [path, data.slice()] as const);

  const run = await fit(
    changed,
    { x, y: data.outer },
    {
      ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 1e-2 }), epochs: 30, seed: 1 },
      freeze: ['body', '1'],
    },
  );
  expect((await run.evaluate({ x, y: data.outer })).accuracy).toBeGreaterThan(0.97);
  for (const path of ['body/kernel', 'body/bias', '1/kernel', '1/bias'])
    expect(run.parameters.get(path)?.data).toEqual(base.parameters.get(path)?.data);
  for (const [path, values] of before) expect(base.parameters.get(path)?.data).toEqual(values);
  expect(await run.predict([2.5, 0])).toMatchObject({ label: 'far' });

  const folder = mkdtempSync(join(tmpdir(), 'saddlepoint-'));
  await run.save(join(folder, 'new.safetensors'));
  const read = await loadModel(join(folder, 'new.safetensors'));
  expect(await read.predict([0.5, 0])).toEqual(await run.predict([0.5, 0]));
  rmSync(folder, { recursive: true });
});

test('a head of values gets targets that are standardized, and answers in their units', async () => {
  const changed = replaceHead(await trainedBase(), dense(1));
  const run = await fit(
    changed,
    { x, y: data.value },
    {
      ...{ loss: meanSquaredError(), optimizer: adam({ learningRate: 1e-2 }), epochs: 40, seed: 1 },
      freeze: ['body', '1'],
    },
  );
  expect(run.notes.some((note) => note.startsWith('y: targets are standardized'))).toBe(true);
  expect(Math.abs(((await run.predict([2.5, 0])) as number) - 2000)).toBeLessThan(150);
});

const options = {
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 1e-2 }),
  epochs: 2,
  seed: 1,
  shuffle: false,
};

test('a model that is saved with its new head learns after it was read as it would have without: its targets are scaled', async () => {
  const changed = replaceHead(await trainedBase(), dense(1));
  const folder = mkdtempSync(join(tmpdir(), 'saddlepoint-'));
  await changed.save(join(folder, 'new-head.safetensors'));
  const read = await loadModel(join(folder, 'new-head.safetensors'));
  const [one, other] = [
    await fit(changed, { x, y: data.value }, options),
    await fit(read, { x, y: data.value }, options),
  ];
  expect(one.state.targetScaling?.shift[0]).toBeGreaterThan(1000);
  expect(other.state.targetScaling).toEqual(one.state.targetScaling);
  for (const [path, { data: values }] of one.parameters) expect(other.parameters.get(path)?.data).toEqual(values);

  // What has been trained is no new head any more.
  await other.save(join(folder, 'trained.safetensors'));
  const again = await fit(
    await loadModel(join(folder, 'trained.safetensors')),
    { x, y: data.value.map((y) => 2 * y) },
    options,
  );
  expect(again.state.targetScaling).toEqual(one.state.targetScaling);
  rmSync(folder, { recursive: true });
});

test('a new head has its targets scaled by a stream as by rows in memory', async () => {
  const changed = replaceHead(await trainedBase(), dense(1));
  const rows = { x, y: data.value };
  const [one, other] = [await fit(changed, rows, options), await fit(changed, { batches: [rows] }, options)];
  expect(other.state.targetScaling).toEqual(one.state.targetScaling);
  for (const [path, { data: values }] of one.parameters) expect(other.parameters.get(path)?.data).toEqual(values);
  const plain = await fit(changed, { batches: [rows] }, { ...options, standardize: false });
  expect(plain.state.targetScaling).toBeUndefined();
});

test('an unnamed head at the place of the old one starts anew, by the seed', async () => {
  const base = await trainedBase();
  const [one, same, other] = [1, 1, 2].map(
    (seed) => replaceHead(base, dense(3), { seed }).parameters.get('2/kernel')?.data,
  );
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(one).not.toEqual(base.parameters.get('2/kernel')?.data);
});

test('what cannot get a new head is named', async () => {
  const base = await trainedBase();
  const single = await fit(dense(3), { x, y: data.ring }, { loss: crossEntropy(), epochs: 1 });
  const records = await fit({ a: x.map(([a]) => a as number), kind: data.ring }, { target: 'kind', epochs: 1 });
  expect(() => replaceHead(sequential([dense(2)]) as never, dense(3))).toThrow(/expected a trained model as the base/);
  expect(() => replaceHead(base, dense as never)).toThrow(/expected a layer as the head/);
  expect(() => replaceHead(single, dense(3))).toThrow(/of at least two layers, got dense/);
  expect(() => replaceHead(records, dense(3))).toThrow(/was trained on records/);
  expect(() => replaceHead(base, dense(3), { seed: -1 })).toThrow(/replaceHead\.seed/);
  expect(() => replaceHead(base, dense(3), { sede: 1 } as never)).toThrow(/seed/);
});
