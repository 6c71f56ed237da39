/** Trigonometric, hyperbolic and error functions at the edges of their domains, on both backends, and their derivatives there. */
import { describe, expect, test } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { gelu } from '../../src/nn/activations.ts';
import { add, mul, stopGradient, sub } from '../../src/ops/elementwise.ts';
import { erf, erfinv } from '../../src/ops/erf.ts';
import { acosh, asinh, atanh, cosh, sinh } from '../../src/ops/hyperbolic.ts';
import { log2, log10, rsqrt } from '../../src/ops/powers.ts';
import { sum } from '../../src/ops/reduce.ts';
import { ceil, round } from '../../src/ops/rounding.ts';
import { acos, asin, atan, atan2, cos, sin, tan } from '../../src/ops/trigonometric.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const derivative =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    grad((at: Tensor) => sum(f(at)), x) as Tensor;

describe.each(['reference', 'wasm'] as const)('on %s', (device) => {
  const at = async (f: (x: Tensor) => Tensor, ...x: number[]): Promise<number[]> =>
    Array.from((await compile(f, { device })(x)).data);

  test.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['sin', sin, [0, -0, inf, -inf, nan], [0, -0, nan, nan, nan]],
    ['cos', cos, [0, -0, inf, -inf, nan], [1, 1, nan, nan, nan]],
    ['tan', tan, [0, -0, inf, nan], [0, -0, nan, nan]],
    ['asin', asin, [0, -0, 1.5, -1.5, inf, nan], [0, -0, nan, nan, nan, nan]],
    ['acos', acos, [1, 1.5, -inf, nan], [0, nan, nan, nan]],
    ['atan', atan, [0, -0, nan], [0, -0, nan]],
    ['sinh', sinh, [0, -0, inf, -inf, nan], [0, -0, inf, -inf, nan]],
    ['cosh', cosh, [0, -0, inf, -inf, nan], [1, 1, inf, inf, nan]],
    ['asinh', asinh, [0, -0, inf, -inf, nan], [0, -0, inf, -inf, nan]],
    ['acosh', acosh, [1, 0.5, -3, -1e10, -inf, inf, nan], [0, nan, nan, nan, nan, inf, nan]],
    ['atanh', atanh, [0, -0, 1, -1, 2, -inf, nan], [0, -0, inf, -inf, nan, nan, nan]],
    ['erf', erf, [0, -0, 9, -9, inf, -inf, nan], [0, -0, 1, -1, 1, -1, nan]],
    ['erfinv', erfinv, [0, -0, 1, -1, 1.5, inf, nan], [0, -0, inf, -inf, nan, nan, nan]],
    ['round', round, [0.5, 1.5, -0.5, -1.5, -0.4, 8388607.5, inf, nan], [0, 2, -0, -2, -0, 8388608, inf, nan]],
    ['ceil', ceil, [0.5, -0.5, 0, -0, 2, inf, nan], [1, -0, 0, -0, 2, inf, nan]],
    ['log2', log2, [1, 0, -1, inf, nan], [0, -inf, nan, inf, nan]],
    ['log10', log10, [1, 0, -1, inf, nan], [0, -inf, nan, inf, nan]],
    ['rsqrt', rsqrt, [4, 0, -1, inf, nan], [0.5, inf, nan, 0, nan]],
  ])('%s', async (_, f, x, y) => {
    expect(await at(f, ...x)).toEqual(y);
  });

  test('atan2 goes by the signs of zeros and takes infinities for diagonals', async () => {
    const f = compile((y: Tensor, x: Tensor) => atan2(y, x), { device });
    const y = [0, -0, 0, -0, 1, -1, inf, inf, -inf, 1, nan, 1];
    const x = [1, 1, -1, -0, 0, -0, inf, -inf, -inf, inf, 1, nan];
    const got = (await f(y, x)).data;
    // One rounding of the constants, and one of the sum.
    y.forEach((value, i) => {
      const exact = Math.atan2(value, x[i] as number);
      if (exact === 0 || Number.isNaN(exact)) expect(got[i]).toBe(exact);
      else expect(Math.abs((got[i] as number) / exact - 1)).toBeLessThan(2 ** -23);
    });
  });

  test('sinh and cosh overflow when they must, not when e^|x| does', async () => {
    const [edge, beyond] = device === 'wasm' ? [89.4, 89.5] : [710.4, 710.5];
    for (const f of [sinh, cosh]) {
      expect(await at(f, edge)).not.toContain(inf);
      expect(await at(f, beyond)).toEqual([inf]);
    }
    expect(await at(sinh, -beyond)).toEqual([-inf]);
  });

  test('sine and cosine of the largest f32 number are right, and of its neighbor', async () => {
    const x = [2 ** 127 * (2 - 2 ** -23), 2 ** 127 * (2 - 2 ** -22), -1e22];
    for (const [f, exact] of [
      [sin, Math.sin],
      [cos, Math.cos],
    ] as const) {
      const got = await at(f, ...x);
      x.forEach((value, i) => {
        const input = device === 'wasm' ? Math.fround(value) : value;
        expect(Math.abs((got[i] as number) / exact(input) - 1)).toBeLessThan(3 * 2 ** -24);
      });
    }
  });

  test('exact GELU is 0 where erf is −1, and its slope too', async () => {
    const [y, slope] = [await at(gelu, -120, -30, 0, 30), await at(derivative(gelu), -120, 0, 30)];
    expect(y.map((value) => value + 0)).toEqual([0, 0, 0, 30]);
    expect(slope.map((value) => value + 0)).toEqual([0, 0.5, 1]);
  });

  test('derivatives are right where a branch hides an overflow', async () => {
    for (const [f, x, slope] of [
      [sinh, 88.9, Math.cosh(Math.fround(88.9))],
      [cosh, -88.9, -Math.sinh(Math.fround(88.9))],
      [asinh, 1e12, 1e-12],
      [acosh, 1e12, 1e-12],
      [atan, 1e15, 1e-30],
      [atanh, 0.5, 4 / 3],
    ] as const) {
      const [got] = await at(derivative(f), device === 'wasm' ? x : Math.fround(x));
      expect(Math.abs((got as number) / slope - 1)).toBeLessThan(1e-6);
    }
  });

  test('rounding passes no gradient, unless it is sent straight through', async () => {
    expect(
      await at(
        derivative((x) => mul(round(x), 3)),
        0.7,
      ),
    ).toEqual([0]);
    expect(
      await at(
        derivative((x) => mul(add(x, stopGradient(sub(round(x), x))), 3)),
        0.7,
      ),
    ).toEqual([3]);
  });
});
