import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { customGradient } from '../../src/autodiff/custom-gradient.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { hvp } from '../../src/autodiff/hvp.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { add, exp, floor, log1p, mul, neg, sigmoid, square } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { transpose } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';

const DEVICES = ['wasm', 'reference'] as const;
const softplus = customGradient(
  (x: Tensor) => log1p(exp(x)),
  (cotangent, [x]) => [mul(cotangent, sigmoid(x))],
);
const product = customGradient(
  (a: Tensor, b: Tensor) => matmul(a, b),
  (cotangent, [a, b]) => [matmul(cotangent, transpose(b)), matmul(transpose(a), cotangent)],
);
const round = customGradient(
  (x: Tensor) => floor(add(x, 0.5)),
  (cotangent) => [cotangent],
);
/** Two functions of one name. */
const [twice, thrice] = [2, 3].map((factor) => {
  const scaled = (x: Tensor): Tensor => mul(x, factor);
  return customGradient(scaled, (cotangent) => [mul(cotangent, 10 * factor)]);
}) as [typeof round, typeof round];

describe('customGradient', () => {
  test('computes at once, and gives its own gradient', () => {
    expect(round([0.2, 1.7]).toArray()).toEqual([0, 2]);
    expect(grad((x: Tensor) => sum(square(round(x))), tensor([0.2, 1.7])).toArray()).toEqual([0, 4]);
  });

  test('hands its output to the gradient', () => {
    const e = customGradient(exp, (cotangent, _, output) => [mul(cotangent, output)]);
    expect(grad((x: Tensor) => sum(e(x)), tensor([1])).item()).toBeCloseTo(Math.E, 12);
    expect(checkGradient((x: Tensor) => e(x), tensor([0.5, -1])).ok).toBe(true);
  });

  test('is differentiated again through its gradient', () => {
    const s = sigmoid(tensor(0.5)).item();
    expect(hvp((x: Tensor) => sum(softplus(x)), tensor([0.5]), tensor([1])).item()).toBeCloseTo(s * (1 - s), 12);
  });

  test.each(DEVICES)('is a part of what compile runs on %s: value, gradient and second derivative', async (device) => {
    const f = (x: Tensor): Tensor => sum(softplus(x));
    const results = (x: Tensor) => ({ y: f(x), first: grad(f, x), second: hvp(f, x, tensor([1, 1, 1])) });
    const x = tensor([0.5, -1, 2]);
    const compiled = await compile(results, { device, verify: true })(x);
    const exact = results(x);
    for (const key of ['y', 'first', 'second'] as const)
      exact[key].data.forEach((value: number, i: number) => {
        expect(compiled[key].data[i]).toBeCloseTo(value, device === 'wasm' ? 6 : 12);
      });
  });

  test.each(DEVICES)('of two functions of one name are never taken for each other on %s', async (device) => {
    const f = (x: Tensor): Tensor => sum(add(twice(x), mul(thrice(x), 100)));
    const both = compile((x: Tensor) => [twice(x), thrice(x), grad(f, x)] as const, { device, verify: true });
    const [two, three, gradient] = await both(tensor([1, 2]));
    expect(two.toArray()).toEqual([2, 4]);
    expect(three.toArray()).toEqual([3, 6]);
    expect(gradient.toArray()).toEqual([3020, 3020]);
  });

  test.each(DEVICES)('is not taken for an op of the library of the same name on %s', async (device) => {
    const relu = customGradient(
      function relu(x: Tensor) {
        return neg(x);
      },
      (cotangent) => [cotangent],
    );
    expect((await compile((x: Tensor) => relu(x), { device })([1, -1])).toArray()).toEqual([-1, 1]);
  });

  test('can be checked against its function', () => {
    const at = { a: tensor([[0.5, -1]]), b: tensor([[2], [0.25]]) };
    expect(checkGradient((p: typeof at) => product(p.a, p.b), at).ok).toBe(true);
    const check = checkGradient((x: Tensor) => twice(x), tensor([1]));
    expect([check.ok, check.worst.analytic, Math.round(check.worst.numeric)]).toEqual([false, 10, 1]);
  });

  test('counts undefined as no gradient', () => {
    const first = customGradient(
      (a: Tensor, b: Tensor) => mul(a, b),
      (cotangent, [, b]) => [mul(cotangent, b), undefined],
    );
    const at = { a: tensor([2]), b: tensor([3]) };
    const gradients = grad((p: typeof at) => sum(first(p.a, p.b)), at);
    expect([gradients.a.item(), gradients.b.item()]).toEqual([3, 0]);
  });

  test('names the gradient that is missing or does not fit', () => {
    const short = customGradient(
      function mine(a: Tensor, b: Tensor) {
        return mul(a, b);
      },
      (cotangent) => [cotangent],
    );
    expect(() => grad((x: Tensor) => sum(short(x, x)), tensor([1]))).toThrow(
      'custom:mine: the gradient must return a list of 2, one for each input, got a list of 1',
    );
    const narrow = customGradient(
      function mine(x: Tensor) {
        return mul(x, 2);
      },
      (cotangent) => [sum(cotangent)],
    );
    expect(() => grad((x: Tensor) => sum(narrow(x)), tensor([1, 2]))).toThrow(
      'custom:mine: the gradient of input 0 has shape [], the input [2]',
    );
  });

  test('refuses results that are no f32 tensor, and traced tensors that are no arguments', async () => {
    const integers = customGradient(
      () => tensor([1], [1], 'i32'),
      () => [],
    );
    expect(() => integers()).toThrow('custom:function: the function must return one f32 tensor, got i32[1]');
    const closure = compile((x: Tensor) =>
      customGradient(
        (y: Tensor) => mul(x, y),
        (cotangent) => [cotangent],
      )(x),
    );
    await expect(closure([1])).rejects.toThrow('tensors of two different traces meet in one op');
  });
});
