/** @file What every layer is held to inside a model that is trained, frozen, saved and loaded; rows in `layer-rows.ts`. */
import { adamw, dense, fit, loadModel, meanSquaredError, type Run, sgd } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { modelToBytes } from '../../src/train/model-file.ts';
import { type LayerRow, layerRows } from './layer-rows.ts';
import { ownLayers, rowsOf, wholeOf } from './whole.ts';

const ROWS = 4;
const data = (row: LayerRow) => ({ x: rowsOf(row, ROWS), y: [0.5, -1, 2, 0.25] });
const quiet = {
  ...{ loss: meanSquaredError(), epochs: 1, batchSize: ROWS, shuffle: false, standardize: false, progress: false },
  optimizer: sgd({ learningRate: 0.05 }),
} as const;
const fresh = (row: LayerRow) => wholeOf(row, dense(1));

/** Bytes of the leaves of the layer itself, or of the head behind it. */
const leaves = (run: Pick<Run, 'parameters'>, of: 'layer' | 'head') =>
  [...run.parameters]
    .filter(([path]) => path.startsWith('0/') === (of === 'layer'))
    .map(([path, { data }]) => [path, [...data]] as const);

describe.each(Object.entries(layerRows))('%s', (_, row) => {
  const hasLeaves = Object.keys(row.parameters).length > 0;

  // f32 against double precision: a step of rate 0.05 by gradients that are sums of some hundred products.
  it('M2: takes a step of fit alike on both backends within 2e-5', async () => {
    const [wasm, reference] = await Promise.all(
      (['wasm', 'reference'] as const).map((device) => fit(fresh(row), data(row), { ...quiet, device })),
    );
    const still = await fit(fresh(row), data(row), { ...quiet, optimizer: sgd({ learningRate: 0 }) });
    for (const of of hasLeaves ? (['layer', 'head'] as const) : (['head'] as const))
      expect(leaves(wasm as Run, of)).not.toEqual(leaves(still, of));
    for (const [path, { data }] of (reference as Run).parameters)
      data.forEach((expected, i) => {
        const difference = Math.abs((wasm?.parameters.get(path)?.data[i] as number) - expected);
        expect(difference, `${path}[${i}]`).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(expected)));
      });
  });

  it.runIf(hasLeaves)('M5: freezes byte for byte, statistics and states too, under momentum and decay', async () => {
    const base = await fit(fresh(row), data(row), quiet);
    const optimizer = adamw({ learningRate: 0.05, weightDecay: 0.1 });
    const options = { ...quiet, optimizer, epochs: 3 };
    const frozen = await fit(base, data(row), { ...options, freeze: ['0'] });
    expect(leaves(frozen, 'layer')).toEqual(leaves(base, 'layer'));
    expect(leaves(frozen, 'head')).not.toEqual(leaves(base, 'head'));
    expect(leaves(await fit(frozen, data(row), quiet), 'layer')).not.toEqual(leaves(frozen, 'layer'));
  });

  it('S1: comes back from its file with the same bytes and bits, and trains on as it would have', async () => {
    const run = await fit(fresh(row), data(row), quiet);
    const bytes = modelToBytes(run.state);
    const loaded = await loadModel(bytes, ownLayers(row));
    expect([...loaded.parameters]).toEqual([...run.parameters]);
    expect(modelToBytes(loaded.state)).toEqual(bytes);
    const rows = rowsOf(row, ROWS, 1);
    expect(await loaded.predict(rows)).toEqual(await run.predict(rows));
    const [further, expected] = [await fit(loaded, data(row), quiet), await fit(run, data(row), quiet)];
    expect([...further.parameters]).toEqual([...expected.parameters]);
  });
});
