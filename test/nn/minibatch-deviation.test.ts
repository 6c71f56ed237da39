/** The minibatch standard deviation, beside plain sums, and what it tells a critic of a generator that repeats itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { applyModel } from '../../src/nn/layer.ts';
import { minibatchDeviation } from '../../src/nn/minibatch-deviation.ts';

const call = (x: Tensor, group: number) =>
  applyModel(minibatchDeviation({ group }), new Map(), x, { mode: 'predict' }) as Tensor;

/** By loops: of each group the mean over places and channels of the population's standard deviation over its rows. */
function byHand(rows: readonly (readonly number[])[], group: number): number[] {
  const size = rows.length % group === 0 ? group : rows.length;
  return rows.map((_, r) => {
    const first = Math.floor(r / size) * size;
    const members = rows.slice(first, first + size);
    const width = (rows[0] as readonly number[]).length;
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const mean = members.reduce((s, row) => s + (row[k] as number), 0) / size;
      sum += Math.sqrt(members.reduce((s, row) => s + ((row[k] as number) - mean) ** 2, 0) / size);
    }
    return sum / width;
  });
}

describe('minibatchDeviation', () => {
  it('adds one channel that holds the mean deviation of the row’s group at every place', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 108, maxLength: 108 }),
        (n, group, values) => {
          const [height, width, channels] = [2, 3, 2];
          const length = height * width * channels;
          const rows = Array.from({ length: n }, (_, r) => values.slice(r * length, (r + 1) * length));
          const y = call(tensor(Float64Array.from(rows.flat()), [n, height, width, channels]), group);
          expect(y.shape).toEqual([n, height, width, channels + 1]);
          const wanted = byHand(rows, group);
          for (let r = 0; r < n; r++)
            for (let place = 0; place < height * width; place++) {
              const at = (r * height * width + place) * (channels + 1);
              expect(Array.from(y.data.slice(at, at + channels))).toEqual(
                (rows[r] as number[]).slice(place * channels, (place + 1) * channels),
              );
              // ε = 1e-8 under the root adds at most its root, where the deviation is 0.
              expect(Math.abs((y.data[at + channels] as number) - (wanted[r] as number))).toBeLessThanOrEqual(
                1.0001e-4,
              );
            }
        },
      ),
    );
  });

  it('of a collapsed batch is 0, up to the root of ε', () => {
    const row = [0.3, -1, 2];
    const y = call(tensor([...row, ...row, ...row, ...row], [4, 3]), 4);
    for (let r = 0; r < 4; r++) expect(y.data[4 * r + 3]).toBeCloseTo(1e-4, 8);
    // One row that differs is seen in its group alone: of 0, 0, 0, 8 the deviation is √12, a third of it the mean.
    const mixed = call(tensor([...row, ...row, ...row, 8.3, -1, 2, ...row, ...row, ...row, ...row], [8, 3]), 4);
    expect(mixed.data[3]).toBeCloseTo(Math.sqrt(12) / 3, 3);
    expect(mixed.data[4 * 7 + 3]).toBeCloseTo(1e-4, 8);
  });

  it('takes a batch that is no whole number of groups as one group, and of one row says 0', () => {
    expect(call(tensor([1, 2, 3], [3, 1]), 2).data[1]).toBeCloseTo(Math.sqrt(2 / 3), 6);
    expect(call(tensor([5], [1, 1]), 2).data[1]).toBeCloseTo(1e-4, 8);
  });
});
