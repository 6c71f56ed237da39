import {
  accuracy,
  adam,
  apply,
  crossEntropy,
  dense,
  embedding,
  fit,
  flatten,
  graph,
  input,
  loadModel,
  meanAbsoluteError,
  meanSquaredError,
  mergeConcat,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { splitRows } from '../../src/data/split.ts';
import { rejection, spread, weightsOf } from './examples.ts';

const ROWS = 60;
const ids = Int32Array.from({ length: ROWS }, (_, i) => i % 5);
const size = Array.from({ length: ROWS }, (_, i) => [100 * spread(i, 0), 10 + spread(i, 1)]);
const image = Uint8Array.from({ length: ROWS * 4 }, (_, i) => (i * 37) % 256);
/** The label follows from the id alone, the price from size and image. */
const label = Array.from(ids, (id) => (id < 2 ? 'low' : 'high'));
const price = size.map(([a = 0], i) => 3 * a + (image[4 * i] as number));

function model() {
  const [id, sizes, pixels] = [input('id'), input('size'), input('image')];
  const embedded = apply(flatten(), apply(embedding(5, 3, { rows: false }), id));
  const both = apply(
    dense(24, { activation: 'relu' }),
    apply(mergeConcat(), [embedded, sizes, apply(flatten(), pixels)]),
  );
  return graph({
    inputs: [id, sizes, pixels],
    outputs: { label: apply(dense(2, { name: 'label' }), both), price: apply(dense(1, { name: 'price' }), both) },
  });
}

const data = {
  x: { id: tensor(ids, [ROWS, 1]), size, image: tensor(image, [ROWS, 2, 2]) },
  y: { label, price },
};
const options = {
  loss: { label: crossEntropy(), price: meanSquaredError() },
  metrics: { label: [accuracy()], price: [meanAbsoluteError()] },
  optimizer: adam({ learningRate: 0.01 }),
  epochs: 200,
  batchSize: 16,
  progress: false,
};

describe('models of several inputs and outputs', () => {
  it('learn each output, report it by name, and answer by name in the units of the data', async () => {
    const run = await fit(model(), data, options);
    const last = run.history.at(-1) as unknown as Record<string, number>;
    expect(Object.keys(last).sort()).toEqual(
      ['epoch', 'label.accuracy', 'label.loss', 'loss', 'price.loss', 'price.meanAbsoluteError', 'seconds'].sort(),
    );
    expect(last['label.accuracy']).toBe(1);
    expect(last['price.meanAbsoluteError']).toBeLessThan(20);
    const one = { id: [ids[7]], size: size[7], image: [[...image.slice(28, 30)], [...image.slice(30, 32)]] };
    const bytes = { ...one, image: tensor(image.slice(28, 32), [2, 2]) };
    const answer = (await run.predict(bytes)) as unknown as { label: { label: string }; price: number };
    expect(answer.label.label).toBe('high');
    expect(Math.abs(answer.price - (price[7] as number))).toBeLessThan(60);
    const all = (await run.predict(data.x)) as unknown as (typeof answer)[];
    expect(all).toHaveLength(ROWS);
    expect(all[7]).toEqual(answer);
    const evaluation = await run.evaluate(data as never);
    expect(evaluation).toHaveProperty(['label.accuracy'], 1);
  });

  it('S1: come back from a file with equal answers, and go on training', async () => {
    const run = await fit(model(), data, { ...options, epochs: 3 });
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const loaded = await loadModel(new Blob(chunks as BlobPart[]));
    expect(await loaded.predict(data.x)).toEqual(await run.predict(data.x));
    const more = await fit(loaded, data, { ...options, epochs: 2 });
    expect(weightsOf(more)).not.toEqual(weightsOf(run));
    expect((await more.predict(data.x)) as unknown[]).toHaveLength(ROWS);
  });

  it('take equal steps on both backends', async () => {
    const [wasm, reference] = await Promise.all(
      (['wasm', 'reference'] as const).map((device) => fit(model(), data, { ...options, epochs: 2, device })),
    );
    for (const [i, value] of weightsOf(wasm as never).entries())
      expect(value).toBeCloseTo(weightsOf(reference as never)[i] as number, 4);
  });

  it('weigh the losses of their outputs', async () => {
    const run = await fit(model(), data, { ...options, epochs: 1, lossWeights: { price: 0 }, shuffle: false });
    const record = run.history[0] as unknown as Record<string, number>;
    expect(record.loss).toBeCloseTo(record['label.loss'] as number, 5);
  });

  it('fit the scaling on training rows alone, of inputs and of values', async () => {
    // Rows that validate are those of a seed; making them huge must not change what training sees.
    const first = await fit(model(), data, { ...options, epochs: 1, validation: 0.2 });
    const { shift, scale } = first.state.named?.outputs[1] ?? {};
    const held = splitRows(ROWS, 0.2, { seed: 0 }).validation;
    const far = price.map((value, row) => (held.includes(row) ? 1e6 : value));
    const wide = size.map((values, row) => (held.includes(row) ? [1e6, 1e6] : values));
    const changed = { x: { ...data.x, size: wide }, y: { label, price: far } };
    const second = await fit(model(), changed, { ...options, epochs: 1, validation: 0.2 });
    expect(second.state.named?.outputs[1]).toMatchObject({ shift, scale });
    expect(second.state.inputScaling).toEqual(first.state.inputScaling);
    expect(second.history[0]?.loss).toBe(first.history[0]?.loss);
  });

  it('with one output of several inputs take plain targets and losses', async () => {
    const [a, b] = [input('a'), input('b')];
    const one = graph({ inputs: [a, b], outputs: apply(dense(1), apply(mergeConcat(), [a, b])) });
    const x = { a: size, b: size.map(([v]) => [v]) };
    const run = await fit(one, { x, y: price }, { loss: meanSquaredError(), epochs: 1, progress: false });
    expect(await run.predict({ a: size[0], b: [size[0]?.[0]] })).toEqual(expect.any(Number));
  });

  it.each([
    [{ ...data, x: { ...data.x, more: size } }, options, /there is no input 'more'/],
    [{ ...data, y: { label } }, options, /fit: y: nothing for 'price'/],
    [data, { ...options, loss: { label: crossEntropy() } }, /fit: loss: nothing for 'price'/],
    [data, { ...options, scaling: 'minMax' }, /fit: scaling: inputs by name are scaled each by its kind, got 'minMax'/],
    [data, { ...options, lossWeights: { prise: 1 } }, /fit: lossWeights: there is no 'prise'/],
    [{ ...data, y: { label: label.slice(1), price } }, options, /y\.label has 59 rows, but x has 60/],
  ])('name what does not fit', async (given, wanted, message) => {
    expect((await rejection(fit(model(), given as never, wanted as never))).message).toMatch(message);
  });
});
