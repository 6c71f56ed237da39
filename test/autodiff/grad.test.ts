/** grad and valueAndGrad: what they differentiate, what they leave alone, what they refuse. */
import { describe, expect, test } from 'vitest';
import { grad, valueAndGrad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { cast } from '../../src/ops/cast.ts';
import { add, exp, mul, reciprocal, sigmoid, square, stopGradient, tanh } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { reshape } from '../../src/ops/movement.ts';
import { l2Norm, mean, sum } from '../../src/ops/reduce.ts';
import { BACKENDS, optionsFor } from '../conformance/harness.ts';

const second =
  (f: (x: Tensor) => Tensor) =>
  (at: Tensor): Tensor =>
    grad((x: Tensor) => sum(grad((inner: Tensor) => sum(f(inner)), x)), at);

describe.each(BACKENDS)('on %s', (device) => {
  test.each([
    ['tanh', tanh, [-0.726862, -0.3271326]],
    ['sigmoid', sigmoid, [-0.0575568, -0.0947302]],
    ['exp', exp, [1.6487213, 4.4816891]],
  ] as const)('case 24: the second derivative of %s at 0.5 and 1.5', async (_, f, expected) => {
    const result = await compile(second(f), optionsFor(device))([0.5, 1.5]);
    expected.forEach((value, i) => {
      expect(result.data[i]).toBeCloseTo(value, 6);
    });
  });

  test('a third derivative works as well', async () => {
    const third = (x: Tensor): Tensor => grad((at: Tensor) => sum(second(reciprocal)(at)), x);
    expect((await compile(third, optionsFor(device))([2])).data[0]).toBeCloseTo(-6 / 16, 6);
  });

  test('a gradient penalty trains: the gradient of the norm of a gradient', async () => {
    const penalty = (w: Tensor, x: Tensor): Tensor => {
      const slope = grad((at: Tensor) => sum(tanh(matmul(at, w))), x);
      return square(add(l2Norm(slope), -1));
    };
    const f = compile((w: Tensor, x: Tensor) => grad((v: Tensor) => penalty(v, x), w), optionsFor(device));
    const exact = grad((v: Tensor) => penalty(v, tensor([[0.3, -0.2]])), tensor([[0.5], [1.5]]));
    const result = await f([[0.5], [1.5]], [[0.3, -0.2]]);
    result.data.forEach((value: number, i: number) => {
      expect(value).toBeCloseTo(exact.data[i] as number, 5);
    });
  });

  test('case 19: the norm of all gradients is 13, 0 without 0/0 for zeros, and NaN for NaN', async () => {
    const f = compile(
      (g: Tensor) => ({ norm: l2Norm(g), slope: grad((x: Tensor) => l2Norm(x), g) }),
      optionsFor(device),
    );
    const { norm, slope } = await f([3, 4, 12]);
    expect(norm.item()).toBe(13);
    expect(slope.data[2]).toBeCloseTo(12 / 13, 6);
    const zero = await f([0, 0, 0]);
    expect([zero.norm.item(), ...zero.slope.data]).toEqual([0, 0, 0, 0]);
    expect((await f([3, Number.NaN, 4])).norm.item()).toBe(Number.NaN);
  });
});

describe('grad', () => {
  test('has the structure and the shapes of its argument', () => {
    const at = { layers: [{ w: tensor([[1, 2]]), b: tensor([3]) }, { w: tensor([[4]]) }], scale: tensor(2) };
    const g = grad((p: typeof at) => mul(sum(p.layers[0]?.w as Tensor), p.scale), at);
    expect(g.scale.toArray()).toBe(3);
    expect(g.layers.map(({ w }) => w.toArray())).toEqual([[[2, 2]], [[0]]]);
  });

  test('is zero for leaves that are not used', () => {
    const g = grad((p: { a: Tensor; b: Tensor }) => sum(p.a), { a: tensor([1, 2]), b: tensor([[1, 2, 3]]) });
    expect(g.b.toArray()).toEqual([[0, 0, 0]]);
    expect(grad(() => tensor(3), tensor([1, 2])).toArray()).toEqual([0, 0]);
  });

  test('takes nested arrays of numbers as tensors', () => {
    expect(grad((x: Tensor) => sum(square(x)), [1, 2] as unknown as Tensor).toArray()).toEqual([2, 4]);
    expect(grad((p: { w: Tensor }) => sum(square(p.w)), { w: [[1], [2]] }).w.toArray()).toEqual([[2], [4]]);
  });

  test('counts what f reaches by closures as constant, also the same tensor', async () => {
    const f = compile((x: Tensor) => grad((y: Tensor) => sum(mul(y, x)), x));
    expect((await f([3, 5])).toArray()).toEqual([3, 5]);
  });

  test('stops at stopGradient, and at casts to integers', () => {
    expect(grad((x: Tensor) => sum(mul(x, stopGradient(x))), tensor([2, 3])).toArray()).toEqual([2, 3]);
    expect(grad((x: Tensor) => sum(mul(x, cast(cast(x, 'i32'), 'f32'))), tensor([2.5, 3])).toArray()).toEqual([2, 3]);
  });

  test('adds up over several uses', () => {
    expect(grad((x: Tensor) => sum(add(mul(x, x), add(x, reshape(x, [2])))), tensor([2, 3])).toArray()).toEqual([6, 8]);
  });

  test.each([
    [(x: Tensor) => x, 'shape [2]'],
    [(x: Tensor) => reshape(sum(x), [1]), 'shape [1]'],
    [() => 3 as unknown as Tensor, '3'],
    [() => undefined as unknown as Tensor, 'undefined'],
  ])('refuses a result that is no scalar tensor', (f, given) => {
    expect(() => grad(f, tensor([1, 2]))).toThrow(
      `grad: the function must return a scalar tensor, got ${given}\n  help: reduce it with sum or mean`,
    );
  });

  test('valueAndGrad gives the value as well', () => {
    const [value, g] = valueAndGrad((x: Tensor) => mean(square(x)), tensor([1, 3]));
    expect([value.item(), g.toArray()]).toEqual([5, [1, 3]]);
  });
});
