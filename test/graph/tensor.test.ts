/** Tensors on the host: what they are made of, and how they read. */
import { describe, expect, test } from 'vitest';
import { leavesOf } from '../../src/core/tree.ts';
import { isTensor, type TensorLike, tensor, tensorsIn } from '../../src/graph/tensor.ts';

describe('tensor', () => {
  test.each<[TensorLike, number[], string]>([
    [3, [], 'f32'],
    [true, [], 'f32'],
    [[1, 2, 3], [3], 'f32'],
    [[[1], [2]], [2, 1], 'f32'],
    [new Float32Array(4), [4], 'f32'],
    [[new Float32Array(2), new Float32Array(2)], [2, 2], 'f32'],
    [new Uint8Array(2), [2], 'u8'],
    [new Uint8ClampedArray(2), [2], 'u8'],
    [new Int16Array(2), [2], 'i32'],
    [new Int32Array(2), [2], 'i32'],
  ])('of %o has its shape and type', (data, shape, dtype) => {
    const t = tensor(data);
    expect([t.shape, t.dtype]).toEqual([shape, dtype]);
  });

  test.each<[() => unknown, string]>([
    [() => tensor([[1, 2], [3]]), 'tensor: ragged data: length 1 at [1], length 2 expected'],
    [() => tensor([1, [2]] as never), 'tensor: ragged data: a list at [1], a number expected'],
    [() => tensor([[1], 2] as never), 'tensor: ragged data: a number at [1], a list expected'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is refused.
    [() => tensor([1, , 3] as never), 'tensor: cannot take undefined at [1]'],
    [() => tensor(['1'] as never), "tensor: cannot take '1' at [0]"],
    [() => tensor([]), 'tensor: every dimension must be an integer ≥ 1, got shape [0]'],
    [() => tensor([1, 2, 3], [2, 2]), 'tensor: shape [2,2] has 4 elements, the data 3'],
    [() => tensor([1, 2], [2.5]), 'tensor: every dimension must be an integer ≥ 1, got shape [2.5]'],
    [() => tensor([1.5], [1], 'i32'), 'tensor: 1.5 at position 0 is no i32 value'],
    [() => tensor([0, Number.NaN], [2], 'i32'), 'tensor: NaN at position 1 is no i32 value'],
    [() => tensor([256], [1], 'u8'), 'tensor: 256 at position 0 is no u8 value'],
    [() => tensor(new BigInt64Array(1)), 'tensor: cannot take BigInt64Array(1)'],
  ])('refuses what has no shape or does not fit, saying where', (make, message) => {
    expect(make).toThrow(message);
  });

  test('reads as nested arrays, as a number, and as text', () => {
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor([[7]]).item()).toBe(7);
    expect(() => tensor([1, 2]).item()).toThrow('item(): expected one element, got shape [2]');
    expect(String(tensor(Float64Array.from({ length: 10 }, (_, i) => i / 3)))).toBe(
      'Tensor f32[10] [0, 0.3333333, 0.6666667, 1, 1.333333, 1.666667, 2, 2.333333, …]',
    );
  });

  test('of one element works as a number; of more it throws rather than compare wrongly', () => {
    expect((tensor(2) as never as number) + 1).toBe(3);
    expect((tensor([2]) as never as number) > 1).toBe(true);
    expect(() => (tensor([1, 2]) as never as number) > 0).toThrow('Tensor f32[2] [1, 2] was used as a number');
  });
});

describe('tensorsIn', () => {
  test('takes lists of numbers for tensors, and lists that hold tensors or objects for branches', () => {
    const tree = tensorsIn({ a: [[1, 2]], b: [tensor(1), 2], c: [{ d: new Float32Array(2) }], e: 5, f: [] });
    expect(leavesOf(tree).map(({ path, leaf }) => `${path} ${leaf.shape}`)).toEqual([
      'a 1,2',
      'b/0 ',
      'b/1 ',
      'c/0/d 2',
      'e ',
    ]);
    expect(leavesOf(tree).every(({ leaf }) => isTensor(leaf))).toBe(true);
  });

  test.each([undefined, null, 'x', () => 1, new Map()])('refuses %s', (leaf) => {
    expect(() => tensorsIn({ leaf })).toThrow('tensor: cannot take');
  });
});
