/** What ops refuse, with the op, the shapes and the rule in the message; and what their functions make of their arguments. */
import { describe, expect, test } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { cast } from '../../src/ops/cast.ts';
import { abs, add, exp, float, log1p, mul, neg, relu, sub } from '../../src/ops/elementwise.ts';
import { pack, segment } from '../../src/ops/group.ts';
import { gather, gatherRows, oneHot, scatterAdd } from '../../src/ops/indexing.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { broadcastTo, pad, reshape, slice, transpose } from '../../src/ops/movement.ts';
import { uniformWithKey } from '../../src/ops/random.ts';
import { argmax, max, mean, prod, sum } from '../../src/ops/reduce.ts';
import { logSumExp, softmax, softmaxCrossEntropy, softmaxCrossEntropyGradient } from '../../src/ops/softmax.ts';

const M = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('refused', () => {
  test.each<[() => unknown, string]>([
    [() => add(M, [1, 2]), 'add: shapes [2,3] and [2] do not broadcast: 3 against 2 at axis -1'],
    [() => matmul(M, M), 'matmul: expected lhs.shape[1] = rhs.shape[0], got [2,3] × [2,3]'],
    [() => matmul(M, [1, 2, 3]), 'matmul: expected two matrices, got [2,3] × [3]'],
    [() => matmul(reshape(M, [1, 2, 3]), M), 'matmul: expected lhs.shape[2] = rhs.shape[0], got [1,2,3] × [2,3]'],
    [() => reshape(M, [4, 2]), 'reshape: [2,3] has 6 elements, [4,2] has 8'],
    [() => reshape(M, [4, -1]), 'reshape: every dimension must be an integer ≥ 1, got shape [4,1.5]'],
    [() => transpose(M, [0]), 'transpose: permutation [0] for shape [2,3] of rank 2'],
    [() => transpose(M, [0, 0]), 'transpose: axes [0,0] name one axis twice'],
    [() => transpose(M, [0, 2]), 'transpose: axis 2 does not exist in rank 2\n  help: legal: -2 … 1'],
    [() => broadcastTo(M, [3]), 'broadcastTo: [2,3] is larger than [3]'],
    [() => broadcastTo(M, [2, 4]), 'broadcastTo: shapes [2,3] and [2,4] do not broadcast: 3 against 4 at axis -1'],
    [() => slice(M, [1, 0], [2, 3]), 'slice: starts [1,0] with sizes [2,3] do not lie within [2,3]'],
    [() => slice(M, [0.5, 0], [1, 3]), 'slice: starts [0.5,0] with sizes [1,3] do not lie within [2,3]'],
    [() => slice(M, [0], [1]), 'slice: starts [0] with sizes [1] do not lie within [2,3]'],
    [() => pad(M, [0], [1]), 'pad: before [0] and after [1] do not fit [2,3]'],
    [() => pad(M, [-1, 0], [0, 0]), 'pad: before [-1,0] and after [0,0] do not fit [2,3]'],
    [() => sum(M, 2), 'sum: axis 2 does not exist in rank 2\n  help: legal: -2 … 1'],
    [() => sum(M, [0, -2]), 'sum: axes [0,0] name one axis twice'],
    [() => max(3, 0), 'max: axis 0 does not exist in rank 0\n  help: a scalar has none'],
    [() => argmax(3), 'argmax: axis -1 does not exist in rank 0'],
    [() => softmax(M, 2), 'softmax: axis 2 does not exist in rank 2'],
    [() => gather(3, [0]), 'gather: expected a table of rank ≥ 1, got a scalar'],
    [() => scatterAdd([0, 1], M, 0), 'scatterAdd: every dimension must be an integer ≥ 1, got shape [0]'],
    [() => oneHot([0], 2.5), 'oneHot: every dimension must be an integer ≥ 1, got shape [2.5]'],
    [() => gatherRows(M, [0], [1, 2], [1, 2]), 'gatherRows: expected shift and scale of shape [] or [3], got [2]'],
    [() => segment(tensor([1, 2]), 1, [2]), 'segment: [2] at 1 does not lie within f32[2]'],
    [() => pack([tensor([1, 2]), tensor([3])], [0, 1], 4), 'pack: input 1 at 1 overlaps its predecessor'],
    [() => pack([tensor([1, 2])], [3], 4), 'pack: the inputs end at 5, the block at 4'],
    [
      () => uniformWithKey(tensor([1, 2, 3]), [2], 0),
      'randomUniform: expected a key i32[3] of seed, step and iteration',
    ],
    [
      () => softmaxCrossEntropy(M, oneHot([0, 1], 3)),
      'these look like one-hot rows: use argmax(labels), or the crossEntropy loss',
    ],
    [
      () => softmaxCrossEntropy(M, Int32Array.of(0)),
      'softmaxCrossEntropy: expected logits [n, classes] and i32 class numbers [n], got [2,3] and i32[1]',
    ],
    [
      () => softmaxCrossEntropyGradient(M, tensor(Int32Array.of(0, 1)), tensor([1])),
      'softmaxCrossEntropyGradient: expected g [] or [2], got [1]',
    ],
  ])('with the op and the shapes named', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('functions', () => {
  test('count axes from the back, and keep dimensions if asked', () => {
    expect(sum(M, -1).toArray()).toEqual([6, 15]);
    expect(sum(M, [-2, 1], { keepDims: true }).toArray()).toEqual([[21]]);
    expect(mean(M, 0, { keepDims: true }).toArray()).toEqual([[2.5, 3.5, 4.5]]);
    expect([sum(3).item(), prod(M).item(), max(M, []).shape]).toEqual([3, 720, [2, 3]]);
  });

  test('matmul keeps leading axes', () => {
    const x = tensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [2, 2, 3],
    );
    expect(matmul(x, [[1], [0], [0]]).toArray()).toEqual([
      [[0], [3]],
      [[6], [9]],
    ]);
  });

  test('integers and bytes widen to f32 where arithmetic begins, booleans too', () => {
    expect(add(Uint8Array.of(200), Uint8Array.of(100)).toArray()).toEqual([300]);
    expect(float(Int32Array.of(-3)).dtype).toBe('f32');
    expect(mul([true, false], 2).toArray()).toEqual([2, 0]);
    expect(cast([2.9, -2.9, Number.NaN, 1e10], 'i32').toArray()).toEqual([2, -2, 0, 2 ** 31 - 1]);
    expect(cast([-1, 255.9, 300], 'u8').toArray()).toEqual([0, 255, 255]);
  });

  test('softmax takes any axis, and logSumExp any axes', () => {
    const bySecond = softmax(M, 1).toArray() as number[][];
    const byFirst = softmax(transpose(M), 0).toArray() as number[][];
    expect(byFirst.map((row) => row[0])).toEqual(bySecond[0]);
    expect(logSumExp([[1000, 1000]]).item()).toBeCloseTo(1000 + Math.LN2, 10);
    expect(logSumExp(M, 1, { keepDims: true }).shape).toEqual([2, 1]);
  });

  test('case 26: binary cross-entropy from logits loses nothing, since log1p and exp are exact at their ends', () => {
    const loss = (z: number, y: number): number => sub(add(relu(z), log1p(exp(neg(abs(z))))), mul(z, y)).item();
    expect(loss(40, 0)).toBe(40);
    expect(loss(-40, 1)).toBe(40);
    expect(loss(100, 0)).toBe(100);
    expect(loss(0, 1)).toBeCloseTo(Math.LN2, 7);
    expect(loss(-3, 0)).toBeCloseTo(0.0485874, 7);
    const certain: Tensor = log1p(exp(neg(abs(40))));
    expect(certain.item() / 4.2483543e-18).toBeCloseTo(1, 7);
  });
});
