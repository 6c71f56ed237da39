import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { constant, randomNormal, randomUniform } from '../../src/nn/initializers.ts';
import { applyModel, initialize, type Layer, layerToJson } from '../../src/nn/layer.ts';
import { layerFromJson } from '../../src/nn/serialize.ts';
import { add } from '../../src/ops/elementwise.ts';

const TABLE = tensor([
  [0, 1],
  [2, 3],
  [4, 5],
  [6, 7],
]);
const apply = (layer: Layer, x: Tensor, table: Tensor = TABLE) =>
  applyModel(layer, new Map([['table', table]]), x, { mode: 'train' });

describe('embedding', () => {
  it('gives a row for each id, whatever holds the ids', () => {
    const expected = [
      [
        [2, 3],
        [6, 7],
        [2, 3],
      ],
    ];
    for (const ids of [Int32Array.of(1, 3, 1), Uint8Array.of(1, 3, 1), Float32Array.of(1, 3, 1)])
      expect(apply(embedding(4, 2), tensor(ids, [1, 3])).toArray()).toEqual(expected);
    expect(apply(embedding(4, 2), tensor(Int32Array.of(2))).toArray()).toEqual([[4, 5]]);
  });

  it('has one leaf, kept by rows unless it is not wanted so', () => {
    const leavesOf = (layer: Layer) => initialize(layer, { shape: [1, 3], dtype: 'f32' }, 1).parameters;
    const [leaf] = leavesOf(embedding(40, 8));
    expect(leaf).toMatchObject({ path: 'table', kind: 'rows', shape: [40, 8] });
    expect(Math.max(...(leaf?.data ?? []).map(Math.abs))).toBeLessThanOrEqual(0.05);
    expect(leavesOf(embedding(40, 8, { rows: false }))[0]?.kind).toBe('trainable');
  });

  it('case 22: its gradient adds up what one row gets: embedding 4 × 2, ids 1, 3, 1', () => {
    const ids = tensor(Int32Array.of(1, 3, 1));
    const f = (table: Tensor) => add(apply(embedding(4, 2), ids, table), 0);
    const check = checkGradient(f, TABLE);
    expect(check.ok, String(check)).toBe(true);
  });

  it('goes to JSON and back, with the table that it would have', async () => {
    for (const layer of [
      embedding(5, 3),
      embedding(5, 3, { rows: false, initializer: randomNormal(0.1), name: 'words' }),
      embedding(5, 3, { initializer: randomUniform(0.5) }),
      embedding(5, 3, { initializer: constant(2) }),
    ]) {
      const loaded = await layerFromJson(JSON.parse(JSON.stringify(layerToJson(layer))));
      const input = { shape: [1, 2], dtype: 'f32' } as const;
      expect(layerToJson(loaded)).toEqual(layerToJson(layer));
      expect(initialize(loaded, input, 3).parameters).toEqual(initialize(layer, input, 3).parameters);
    }
  });

  it('refuses sizes that are none, and fractions among ids', () => {
    expect(() => embedding(0, 2)).toThrow('embedding.vocabulary: expected');
    expect(() => embedding(4, 1.5)).toThrow('embedding.dimension: expected');
    expect(() => embedding(4, 2, { rows: 'yes' as never })).toThrow('embedding.rows: expected true or false');
    for (const bad of [1.5, Number.NaN, -1, 4])
      expect(() => apply(embedding(4, 2), tensor([[0, bad]]))).toThrow(/gather: index (-1|4) at position 1 is outside/);
  });
});
