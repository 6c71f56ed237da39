/** The gradient rule of every op record over all its samples, against central differences in double precision. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { customGradient } from '../../src/autodiff/custom-gradient.ts';
import type { Op } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { apply } from '../../src/graph/trace.ts';
import { cast } from '../../src/ops/cast.ts';
import { add, mul, sigmoid, square, stopGradient, sub } from '../../src/ops/elementwise.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import { describeSample, NAMES, OPS, weightedSum } from '../conformance/harness.ts';

/** Central differences cost two evaluations an element. */
const MOST_ELEMENTS = 66;

/** What a step commits: optimizers are not differentiated (their floors, at 1e-25, are no kinks one could meet). */
const smooth = (name: (typeof NAMES)[number], most: number): Sample[] =>
  (SAMPLES[name] as readonly Sample[]).filter((sample) => {
    const sizes = sampleTensors(sample).map(({ data, dtype }) => (dtype === 'f32' ? data.length : 0));
    const total = sizes.reduce((a, b) => a + b, 0);
    return sample.isSpecial !== true && total > 0 && total <= most;
  });

/** Inputs at a jump: conditions of exactly 0, of which any step in a common direction makes the other choice. */
const JUMPS: Readonly<Record<string, number>> = { select: 0 };

/** A function of the f32 inputs alone, but for the one that stays as it is. */
function ofFloats(op: Op, sample: Sample, held?: number): { f: (leaves: Tensor[]) => Tensor; at: Tensor[] } {
  const inputs = sampleTensors(sample);
  const isLeaf = ({ dtype }: Tensor, i: number): boolean => dtype === 'f32' && i !== held;
  const f = (leaves: Tensor[]): Tensor => {
    let next = 0;
    const all = inputs.map((input, i) => (isLeaf(input, i) ? (leaves[next++] as Tensor) : input));
    return weightedSum(apply(op, all, sample.attributes));
  };
  return { f, at: inputs.filter(isLeaf) };
}

const CHECKED = NAMES.filter((name) => smooth(name, MOST_ELEMENTS).length > 0);

/** The second order costs no more the longer the input is: three products and twelve gradients. */
const TWICE = NAMES.filter((name) => smooth(name, Number.POSITIVE_INFINITY).length > 0);

function expectSecondOrder(name: string, sample: Sample, f: (leaves: Tensor[]) => Tensor, at: Tensor[]): void {
  const check = checkGradient<Tensor[]>(f, at, { order: 2 });
  expect(check.ok, `${name} ${describeSample(sample)}: ${check}`).toBe(true);
}

describe('the gradient rule', () => {
  test.each(CHECKED)('of %s agrees with differences', (name) => {
    for (const sample of smooth(name, MOST_ELEMENTS)) {
      const { f, at } = ofFloats(OPS[name], sample, JUMPS[name]);
      const check = checkGradient<Tensor[]>(f, at);
      expect(check.ok, `${name} ${describeSample(sample)}: ${check}`).toBe(true);
    }
  });

  test.each(TWICE)('M3: of %s can be differentiated again, and agrees with differences of the gradient', (name) => {
    for (const sample of smooth(name, Number.POSITIVE_INFINITY)) {
      const { f, at } = ofFloats(OPS[name], sample, JUMPS[name]);
      expectSecondOrder(name, sample, f, at);
      // Also beneath a curved function, so that the rules of linear ops are differentiated at a cotangent that varies.
      expectSecondOrder(name, sample, (leaves) => square(sigmoid(mul(f(leaves), 0.1))), at);
    }
  });

  test('M3: is checked for every op but those without inputs of f32', () => {
    const unchecked = NAMES.filter((name) => !CHECKED.includes(name));
    expect(unchecked).toEqual(['constant', 'oneHot', 'rowOrder', 'randomUniform', 'randomNormal', 'dropoutMask']);
    expect(TWICE).toEqual(CHECKED);
  });
});

describe('checkGradient', () => {
  const f = (p: { x: Tensor }): Tensor => mul(p.x, p.x);

  test('accepts a right gradient', () => {
    expect(checkGradient(f, { x: [0.5, -1, 2] }).ok).toBe(true);
  });

  test('names the element of a wrong one, with both numbers', () => {
    const wrong: Op = {
      name: 'wrong',
      infer: ([x]) => [{ shape: x?.shape ?? [], dtype: 'f32' }],
      evaluate: ([x]) => [Float64Array.from(x?.data ?? [], (v) => v * v)],
      gradient: ({ cotangents }) => [cotangents[0]],
    };
    const check = checkGradient((p: { a: Tensor; x: Tensor }) => add(p.a, apply(wrong, [p.x], {})[0] as Tensor), {
      a: tensor(1),
      x: tensor([0.5, 4]),
    });
    expect(check.ok).toBe(false);
    expect(check.worst.path).toBe('x');
    expect(check.worst.element).toBe(1);
    expect(check.toString()).toMatch(/^gradient differs: relative error .* at element 1 of 'x': analytic .*, numeric /);
  });

  test('of order 2 finds a gradient that is right but cannot be differentiated again', () => {
    const once = customGradient(
      (x: Tensor) => mul(square(x), x),
      (cotangent, [x]) => [mul(cotangent, stopGradient(mul(square(x), 3)))],
    );
    const at = { x: tensor([0.5, -1]) };
    expect(checkGradient((p: typeof at) => once(p.x), at).ok).toBe(true);
    const check = checkGradient((p: typeof at) => once(p.x), at, { order: 2 });
    expect(check.ok).toBe(false);
    expect(check.worst).toMatchObject({ path: 'x', element: 0, along: "element 0 of 'x'" });
    expect(check.worst.analytic).toBe(0);
    expect(check.toString()).toMatch(
      /^second order differs: relative error .* of 'x' along element 0 of 'x': analytic 0, numeric /,
    );
  });

  test('of order 2 finds one wrong element of a Hessian too large to go through by columns', () => {
    const lost = Float32Array.from({ length: 30 }, (_, i) => Number(i === 17));
    const lossy = customGradient(
      (x: Tensor) => mul(square(x), x),
      (cotangent, [x]) => {
        // x in value, but element 17 of it counts as constant when it is differentiated again.
        const held = add(mul(x, sub(1, lost)), mul(stopGradient(x), lost));
        return [mul(cotangent, mul(square(held), 3))];
      },
    );
    const at = { x: tensor(Float32Array.from(lost, (_, i) => 0.5 + i / 30)) };
    expect(checkGradient((p: typeof at) => lossy(p.x), at).ok).toBe(true);
    const check = checkGradient((p: typeof at) => lossy(p.x), at, { order: 2 });
    expect(check.ok).toBe(false);
    expect(check.worst).toMatchObject({ path: 'x', element: 17 });
  });

  test('of order 2 passes over leaves that are no floats', () => {
    const at = { x: tensor([0.5, -1]), i: tensor([1, 2], [2], 'i32') };
    expect(checkGradient((p: typeof at) => mul(square(p.x), cast(p.i, 'f32')), at, { order: 2 }).ok).toBe(true);
  });

  test('refuses other orders', () => {
    expect(() => checkGradient(f, { x: [1] }, { order: 3 as 2 })).toThrow('checkGradient: order must be 1 or 2, got 3');
  });

  test('leaves its arguments as they were', () => {
    const x = tensor([0.5, -1]);
    checkGradient(f, { x });
    expect(x.toArray()).toEqual([0.5, -1]);
  });
});
