import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketByLength, padSequences } from '../../../src/data/sequence/pad.ts';

describe('padding', () => {
  test('goes to the end, and the mask says where', () => {
    expect(padSequences([[5, 6, 7], [8]])).toEqual({
      ...{ shape: [2, 3], dtype: 'i32', data: Int32Array.of(5, 6, 7, 8, 0, 0), mask: Uint8Array.of(1, 1, 1, 1, 0, 0) },
      lengths: Int32Array.of(3, 1),
    });
  });

  test('goes to the front, and either end is cut, on demand', () => {
    const data = (options: object) => [...padSequences([[5, 6, 7], [8]], { length: 2, ...options }).data];
    expect(data({})).toEqual([6, 7, 8, 0]);
    expect(data({ truncating: 'post' })).toEqual([5, 6, 8, 0]);
    expect(data({ padding: 'pre', value: 9 })).toEqual([6, 7, 9, 8]);
  });

  test('takes steps of several numbers', () => {
    const padded = padSequences(
      [
        [1, 2, 3, 4],
        [5.5, 6],
      ],
      { width: 2, dtype: 'f32' },
    );
    expect(padded).toMatchObject({
      shape: [2, 2, 2],
      data: Float32Array.of(1, 2, 3, 4, 5.5, 6, 0, 0),
      mask: Uint8Array.of(1, 1, 1, 0),
    });
    expect(() => padSequences([[1, 2, 3]], { width: 2 })).toThrow('sequence 0 has 3 numbers, a multiple of 2 expected');
  });

  test('D7: ids that are none are refused, with sequence and position', () => {
    expect(() => padSequences([[1], [2, 2.5]])).toThrow('sequence 1, position 1 is 2.5, an id expected');
    expect(() => padSequences([[Number.NaN]])).toThrow('sequence 0, position 0 is NaN');
    expect(() => padSequences([[Number.NaN]], { dtype: 'f32' })).toThrow('a finite number expected');
    expect(() => padSequences([])).toThrow('there are no sequences');
  });
});

describe('buckets', () => {
  test('hold every row once, none longer than its bucket, and are the same for a seed and an epoch', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(9),
        (lengths, batchSize, seed) => {
          const batches = bucketByLength(lengths, { batchSize, seed });
          const rows = batches.flatMap((batch) => [...batch.rows]).sort((a, b) => a - b);
          expect(rows).toEqual(lengths.map((_, row) => row));
          for (const batch of batches) {
            expect(batch.rows.length).toBeLessThanOrEqual(batchSize);
            for (const row of batch.rows) expect(lengths[row]).toBeLessThanOrEqual(batch.length);
          }
          expect(bucketByLength(lengths, { batchSize, seed })).toEqual(batches);
        },
      ),
    );
    const lengths = Array.from({ length: 40 }, (_, i) => i + 1);
    const order = (epoch: number) => bucketByLength(lengths, { batchSize: 4, epoch }).flatMap(({ rows }) => [...rows]);
    expect(order(0)).not.toEqual(order(1));
  });

  test('refuse ends that do not ascend and sequences beyond the last', () => {
    expect(() => bucketByLength([9], { batchSize: 1, ends: [4, 8] })).toThrow(
      'sequence 0 has length 9, the last end is 8',
    );
    expect(() => bucketByLength([1], { batchSize: 1, ends: [8, 4] })).toThrow('ends[1]: expected an integer ≥ 9');
  });
});
