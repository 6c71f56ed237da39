/** The gradient rule of every op record over all its samples, against central differences in double precision. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import type { Op } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { apply } from '../../src/graph/trace.ts';
import { add, mul, sigmoid, square } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import { describeSample, NAMES, OPS, weightedSum } from '../conformance/harness.ts';

/** Central differences cost two evaluations an element. */
const MOST_ELEMENTS = 66;
/** The second order costs a gradient more, and tells little on long inputs. */
const MOST_ELEMENTS_TWICE = 16;

/** What a step commits: optimizers are not differentiated (their floors, at 1e-25, are no kinks one could meet). */
const smooth = (name: (typeof NAMES)[number], most: number): Sample[] =>
  (SAMPLES[name] as readonly Sample[]).filter((sample) => {
    const sizes = sampleTensors(sample).map(({ data, dtype }) => (dtype === 'f32' ? data.length : 0));
    const total = sizes.reduce((a, b) => a + b, 0);
    return sample.isSpecial !== true && total > 0 && total <= most;
  });

/** A function of the f32 inputs alone. */
function ofFloats(op: Op, sample: Sample): { f: (leaves: Tensor[]) => Tensor; at: Tensor[] } {
  const inputs = sampleTensors(sample);
  const f = (leaves: Tensor[]): Tensor => {
    let next = 0;
    const all = inputs.map((input) => (input.dtype === 'f32' ? (leaves[next++] as Tensor) : input));
    return weightedSum(apply(op, all, sample.attributes));
  };
  return { f, at: inputs.filter(({ dtype }) => dtype === 'f32') };
}

const CHECKED = NAMES.filter((name) => smooth(name, MOST_ELEMENTS).length > 0);

describe('the gradient rule', () => {
  test.each(CHECKED)('of %s agrees with differences', (name) => {
    for (const sample of smooth(name, MOST_ELEMENTS)) {
      const { f, at } = ofFloats(OPS[name], sample);
      const check = checkGradient<Tensor[]>(f, at);
      expect(check.ok, `${name} ${describeSample(sample)}: ${check}`).toBe(true);
    }
  });

  test.each(CHECKED)('of the gradient of %s agrees with differences', (name) => {
    for (const sample of smooth(name, MOST_ELEMENTS_TWICE)) {
      const { f, at } = ofFloats(OPS[name], sample);
      // Squares make the gradients of linear ops depend on the point, so that there is a second order to check.
      const gradients = (leaves: Tensor[]): Tensor => {
        const inner = grad((inside: Tensor[]) => square(sigmoid(mul(f(inside), 0.1))), leaves);
        return inner.map((gradient) => sum(mul(gradient, 3))).reduce((a, b) => add(a, b));
      };
      const check = checkGradient<Tensor[]>(gradients, at, { tolerance: 2e-6 });
      expect(check.ok, `${name} ${describeSample(sample)}: ${check}`).toBe(true);
    }
  });

  test('is checked for every op but those without inputs of f32', () => {
    const unchecked = NAMES.filter((name) => !CHECKED.includes(name));
    expect(unchecked).toEqual(['constant', 'oneHot', 'randomUniform', 'randomNormal', 'dropoutMask']);
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

  test('leaves its arguments as they were', () => {
    const x = tensor([0.5, -1]);
    checkGradient(f, { x });
    expect(x.toArray()).toEqual([0.5, -1]);
  });
});
