import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { customGradient } from '../../src/autodiff/custom-gradient.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { hvp } from '../../src/autodiff/hvp.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { type Layer, layer } from '../../src/nn/layer.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { add, div, exp, floor, log1p, mul, neg, sigmoid, sqrt, square, sub } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { transpose } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { fit } from '../../src/train/fit.ts';

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

  test('takes and gives lists: cotangents come for every output, 0 for those not used', () => {
    const polar = customGradient(
      (x: Tensor, y: Tensor) => [sqrt(add(square(x), square(y))), div(y, x)],
      ([r, slope], [x, y], [radius]) => [
        sub(div(mul(r as Tensor, x), radius as Tensor), div(mul(slope as Tensor, y), square(x))),
        add(div(mul(r as Tensor, y), radius as Tensor), div(slope as Tensor, x)),
      ],
    );
    expect(polar(3, 4).map((result) => result.item())).toEqual([5, 4 / 3]);
    const at = { x: tensor([3, 0.5]), y: tensor([4, -2]) };
    for (const order of [1, 2] as const) {
      for (const which of [0, 1]) {
        const check = checkGradient((p: typeof at) => polar(p.x, p.y)[which] as Tensor, at, { order });
        expect(check.ok, `output ${which}: ${check}`).toBe(true);
      }
      const both = checkGradient((p: typeof at) => mul(...(polar(p.x, p.y) as [Tensor, Tensor])), at, { order });
      expect(both.ok, both.toString()).toBe(true);
    }
  });

  test.each(DEVICES)('gives the argument itself, the same result twice, and constants on %s', async (device) => {
    const odd = customGradient(
      (x: Tensor) => [x, x, tensor(7)],
      ([first, second], _) => [add(mul(first as Tensor, 10), mul(second as Tensor, 100))],
    );
    const f = (x: Tensor): Tensor => sum(add(...(odd(x).slice(0, 2) as [Tensor, Tensor])));
    const results = compile((x: Tensor) => [...odd(x), grad(f, x)], { device, verify: true });
    expect((await results([1, 2])).map((result) => result.toArray())).toEqual([[1, 2], [1, 2], 7, [110, 110]]);
  });

  test('may take gradients and other custom functions inside', async () => {
    const slope = customGradient(
      (x: Tensor) => grad((v: Tensor) => sum(mul(square(v), twice(v))), x),
      (cotangent, [x]) => [mul(cotangent, softplus(x))],
    );
    // Of 2 x · v² with the gradient 20 for 2 x: 4 x² + 20 x².
    expect(slope([1, 2]).toArray()).toEqual([24, 96]);
    expect((await compile((x: Tensor) => slope(x))([1, 2])).toArray()).toEqual([24, 96]);
    const gradient = await compile((x: Tensor) => grad((v: Tensor) => sum(slope(v)), x))([0]);
    expect(gradient.item()).toBeCloseTo(Math.LN2, 6);
  });

  test('serves in layers and losses that are trained', async () => {
    const halved = layer('halved', {}, (x) => halfGradient(x));
    const halfGradient = customGradient(
      (x: Tensor) => mul(x, 1),
      (cotangent) => [mul(cotangent, 0.5)],
    );
    const data = { x: [[1], [2], [4]], y: [3, 1, 2] };
    const weights = async (parts: Layer[], learningRate: number): Promise<number[]> => {
      const optimizer = sgd({ learningRate });
      const options = { loss: meanSquaredError(), optimizer, epochs: 2, batchSize: 3, seed: 3, shuffle: false };
      const { parameters } = await fit(sequential([dense(1), ...parts]), data, options);
      return [...parameters.values()].flatMap((parameter) => Array.from(parameter.data));
    };
    // Halving is exact, so half the gradient is half the learning rate, bit for bit.
    expect(await weights([halved], 0.5)).toEqual(await weights([], 0.25));
    expect(await weights([halved], 0.5)).not.toEqual(await weights([], 0.5));
  });

  test('refuses results that are no f32 tensors', () => {
    const of = (result: unknown): (() => unknown) =>
      customGradient(
        () => result as Tensor,
        () => [],
      );
    const expected = 'custom:function: the function must return an f32 tensor or a list of them, got';
    expect(of(tensor([1], [1], 'i32'))).toThrow(`${expected} i32[1]`);
    expect(of([tensor([1]), 3])).toThrow(`${expected} [f32[1], 3]`);
    expect(of([])).toThrow(`${expected} []`);
    expect(of(undefined)).toThrow(`${expected} undefined`);
  });

  test.each([
    ['in an op with an argument', (x: Tensor, y: Tensor) => mul(x, y)],
    ['as a result', (x: Tensor) => mul(x, 2)],
    ['on the way', (x: Tensor, y: Tensor) => grad((v: Tensor) => sum(mul(v, mul(x, 2))), y)],
  ])('refuses a traced tensor that is no argument %s', async (_, body) => {
    const at = (x: Tensor): Tensor => {
      const mine = (y: Tensor): Tensor => body(x, y);
      return customGradient(mine, (cotangent) => [cotangent])(mul(x, 3));
    };
    const expected = 'custom:mine: the function uses a traced tensor that is none of its arguments';
    await expect(compile(at)([1])).rejects.toThrow(expected);
    expect(() => grad((x: Tensor) => sum(at(x)), tensor([1]))).toThrow(expected);
    const onHost = (x: Tensor): Tensor =>
      customGradient(
        function mine(y: Tensor) {
          return body(x, y);
        },
        (cotangent) => [cotangent],
      )([1]);
    await expect(compile(onHost)([1])).rejects.toThrow(expected);
  });

  test('takes the tensors of an outer trace as arguments, at a point that is constant', async () => {
    const gradient = compile((x: Tensor) => grad((w: Tensor) => sum(product(w, x)), tensor([[1, 2]])));
    expect((await gradient([[3], [4]])).toArray()).toEqual([[3, 4]]);
  });
});
