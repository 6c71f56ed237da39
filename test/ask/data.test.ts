/** @file Requests about data that no other test holds to by their whole kind: scaling once, batch sizes, ids, streams. */
import { dense, embedding, fit, flatten, loadModel, meanSquaredError, sequential, sgd, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { modelToBytes } from '../../src/train/model-file.ts';
import { classes, classifier, clouds, rejection, still } from '../train/examples.ts';

describe('D2: scaling', () => {
  it('D2: is applied once, in training, prediction, evaluation and after a reload, and undone for targets', async () => {
    // y = 2 x exactly; one unit fits it in scaled units by a slope of 1, whatever the units are.
    const x = [[1000], [2000], [3000], [4000]];
    const y = [2000, 4000, 6000, 8000];
    const options = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.3 }), epochs: 200, progress: false };
    const run = await fit(sequential([dense(1)]), { x, y }, options);
    expect(run.parameters.get('0/kernel')?.data[0]).toBeCloseTo(1, 4);
    const loaded = await loadModel(modelToBytes(run.state));
    for (const model of [run, loaded]) {
      expect(await model.predict([5000])).toBeCloseTo(10_000, 0);
      // In the units of the data, squared: an error of 1 in 10,000 at most.
      expect((await model.evaluate({ x, y })).loss).toBeLessThan(1);
    }
    expect(modelToBytes(loaded.state)).toEqual(modelToBytes(run.state));
    // Trained on, the loaded model scales as it did, not anew by the new rows.
    const further = await fit(loaded, { x: [[1e6]], y: [2e6] }, { ...options, epochs: 1, optimizer: still.optimizer });
    expect(await further.predict([5000])).toBe(await run.predict([5000]));
  });
});

describe('D9: batchSize', () => {
  it.each([0, -1, 2.5, Number.NaN, '8'])('D9: %s is refused before anything else is looked at', async (batchSize) => {
    const error = await rejection(fit(classifier(), undefined as never, { ...classes, batchSize: batchSize as never }));
    expect(error.message).toMatch(/^fit: batchSize: expected an integer ≥ 1, got /);
  });

  it('D9: n + 1 is clamped with a note, and no rows are an error that names the source', async () => {
    const run = await fit(classifier(), clouds(9), { ...classes, epochs: 1, batchSize: 10 });
    expect(run.steps).toBe(1);
    expect(run.notes).toContain('batchSize: 10 is more than the 9 training rows; each step takes all 9');
    expect((await rejection(fit(classifier(), { x: [], y: [] }, classes))).message).toMatch(/^x is empty/);
    expect((await rejection(fit([], { target: 'y' }))).message).toMatch(/no rows|empty/);
  });
});

describe('case 05: ids outside of an embedding’s table', () => {
  const table = sequential([embedding(4, 2), flatten()]);
  const options = { ...still, loss: meanSquaredError(), batchSize: 1 } as const;
  const y = [new Array(6).fill(0)];
  const ids = (...values: number[]) => tensor(Int32Array.from(values), [1, values.length]);
  const devices = ['wasm', 'reference'] as const;

  it('case 05: D7: are refused by fit with position, value and range, in the same words on every device', async () => {
    for (const [bad, message] of [
      [[0, 3, 4], 'gather: index 4 at position 2 is outside 0 … 3'],
      [[-1, 0, 0], 'gather: index -1 at position 0 is outside 0 … 3'],
    ] as const) {
      const said = await Promise.all(
        devices.map(async (device) => rejection(fit(table, { x: ids(...bad), y }, { ...options, device }))),
      );
      expect(said[0]?.message).toContain(message);
      expect(said[1]?.message).toBe(said[0]?.message);
    }
  });

  it('case 05: D7: are refused by predict with the same words, and by row and column where they are no numbers', async () => {
    const run = await fit(table, { x: ids(0, 3, 1), y }, options);
    for (const device of devices) {
      expect((await rejection(run.predict(ids(0, 3, 4), { device }))).message).toContain(
        'gather: index 4 at position 2 is outside 0 … 3',
      );
      expect((await rejection(run.predict(ids(-1, 0, 0), { device }))).message).toContain(
        'gather: index -1 at position 0 is outside 0 … 3',
      );
      expect((await rejection(run.predict([[0, 3, Number.NaN]], { device }))).message).toMatch(
        /^x: row 0 \(counted from 0\), column 2 is NaN, a finite number expected/,
      );
      // After each refusal the model answers as before.
      expect(await run.predict(ids(0, 3, 1), { device })).toHaveLength(1);
    }
  });

  it.each(devices)('case 05: D7: a fraction is no id, on %s', async (device) => {
    const trained = await rejection(fit(table, { x: [[0, 1.5, 2]], y }, { ...options, device }));
    const said = /index -1 at position 1 is outside 0 … 3 \(in layer '0'\)\n {2}help: .* no whole number as −1/;
    expect(trained.message).toMatch(said);
    const run = await fit(table, { x: ids(0, 3, 1), y }, options);
    expect((await rejection(run.predict([[0, 1.5, 2]], { device }))).message).toMatch(said);
  });
});
