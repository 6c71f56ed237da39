import { describe, expect, test } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { hvp } from '../../src/autodiff/hvp.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { exp, mul, sigmoid, square, tanh } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { softmaxCrossEntropy } from '../../src/ops/softmax.ts';

const x = tensor([
  [0.5, -1, 2],
  [1, 0.25, -0.5],
]);
const labels = tensor([1, 0], [2], 'i32');
interface Net {
  readonly w: Tensor;
  readonly v: Tensor;
}
const net: Net = {
  w: tensor(
    Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)),
    [3, 4],
  ),
  v: tensor(
    Array.from({ length: 8 }, (_, i) => Math.cos(2 * i)),
    [4, 2],
  ),
};
const along: Net = {
  w: tensor(
    Array.from({ length: 12 }, (_, i) => Math.cos(i)),
    [3, 4],
  ),
  v: tensor(
    Array.from({ length: 8 }, (_, i) => Math.sin(3 * i)),
    [4, 2],
  ),
};
const loss = (p: Net): Tensor => mean(softmaxCrossEntropy(matmul(tanh(matmul(x, p.w)), p.v), labels));

/** The difference of two gradients along the vector. */
function numeric(name: keyof Net): number[] {
  const step = 1e-5;
  const moved = (sign: number): Net => ({
    w: tensor(
      Float64Array.from(net.w.data, (value, i) => value + sign * step * (along.w.data[i] as number)),
      [3, 4],
    ),
    v: tensor(
      Float64Array.from(net.v.data, (value, i) => value + sign * step * (along.v.data[i] as number)),
      [4, 2],
    ),
  });
  const above = grad(loss, moved(1))[name].data;
  const below = grad(loss, moved(-1))[name].data;
  return Array.from(above, (value, i) => (value - (below[i] as number)) / (2 * step));
}

describe('hvp', () => {
  test('of a cubic is its second derivative times the vector', () => {
    expect(hvp((p: Tensor) => sum(mul(square(p), p)), tensor([1, 2]), tensor([1, 0])).toArray()).toEqual([6, 0]);
  });

  test('of a linear function is zero', () => {
    expect(hvp((p: Tensor) => sum(mul(p, 3)), tensor([1, 2]), tensor([1, 1])).toArray()).toEqual([0, 0]);
  });

  test('of a network agrees with differences of its gradients', () => {
    const product = hvp(loss, net, along);
    for (const name of ['w', 'v'] as const) {
      // Central differences of step 1e-5 are good to about 1e-10.
      numeric(name).forEach((expected, i) => {
        expect(product[name].data[i]).toBeCloseTo(expected, 8);
      });
    }
  });

  test.each(['wasm', 'reference'] as const)('inside compile gives the same on %s', async (device) => {
    const compiled = compile((p: Net, v: Net) => hvp(loss, p, v), { device, verify: true });
    const product = await compiled(net, along);
    const exact = hvp(loss, net, along);
    for (const name of ['w', 'v'] as const) {
      exact[name].data.forEach((expected: number, i: number) => {
        // f32: some ten roundings of values below 1.
        expect(product[name].data[i]).toBeCloseTo(expected, device === 'wasm' ? 5 : 12);
      });
    }
  });

  test.each([
    ['tanh', tanh, [-0.726862, -0.3271326]],
    ['sigmoid', sigmoid, [-0.0575568, -0.0947302]],
    ['exp', exp, [1.6487213, 4.4816891]],
  ] as const)('case 24: the second derivative of %s is there on every backend', async (_, f, expected) => {
    const point = tensor([0.5, 1.5]);
    const ones = tensor([1, 1]);
    for (const device of ['wasm', 'reference'] as const) {
      const second = await compile((p: Tensor, v: Tensor) => hvp((q: Tensor) => sum(f(q)), p, v), { device })(
        point,
        ones,
      );
      expected.forEach((value, i) => {
        expect(second.data[i]).toBeCloseTo(value, 5);
      });
    }
  });

  test('names the leaf where the vector does not fit', () => {
    const wrong = { ...along, v: tensor([1, 2]) };
    expect(() => hvp(loss, net, wrong)).toThrow("hvp: the vector has 'v' [2] where the point has 'v' [4,2]");
    const more = { ...along, z: tensor(1) };
    expect(() => hvp(loss, net, more)).toThrow("hvp: the vector has 'z', which the point has not");
  });
});
