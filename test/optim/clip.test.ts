/** Clipping by other norms, and by the size of the parameters: units, leaves of a real step, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { constant } from '../../src/nn/initializers.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { adaptiveGradientClip } from '../../src/optim/adaptive-clip.ts';
import { clipByGlobalNorm } from '../../src/optim/clip.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain, type Transform } from '../../src/optim/transform.ts';
import { fit } from '../../src/train/fit.ts';

type Leaf = { path: string; shape: number[]; offset: number };

const update = (
  transform: Transform,
  gradient: readonly number[],
  parameters: readonly number[] = gradient,
  segments?: readonly Leaf[],
  gradientNorm?: Tensor,
): number[] =>
  Array.from(
    transform.update({
      ...{ gradient: tensor([...gradient]), parameters: tensor([...parameters]), segments, gradientNorm },
      ...{ slots: {}, scalars: tensor([0]) },
    }).update.data,
  );

describe('clipByGlobalNorm', () => {
  it('takes the sum of sizes, or the largest', () => {
    expect(update(clipByGlobalNorm(7, { norm: 1 }), [-3, 4])).toEqual([-3, 4]);
    expect(update(clipByGlobalNorm(3.5, { norm: 1 }), [-3, 4])).toEqual([-1.5, 2]);
    const largest = { norm: Number.POSITIVE_INFINITY };
    expect(update(clipByGlobalNorm(4, largest), [-3, 4])).toEqual([-3, 4]);
    expect(update(clipByGlobalNorm(2, largest), [-3, -4])).toEqual([-1.5, -2]);
  });

  it('uses the L2 norm that is known for no other norm', () => {
    const known = tensor(1e9);
    expect(update(clipByGlobalNorm(7, { norm: 1 }), [-3, 4], [0, 0], undefined, known)).toEqual([-3, 4]);
    expect(update(clipByGlobalNorm(5, { norm: 2 }), [-3, 4], [0, 0], undefined, known)[1]).toBeCloseTo(2e-8, 15);
  });

  it('leaves zeros and what is not finite as they are', () => {
    for (const norm of [1, Number.POSITIVE_INFINITY]) {
      expect(update(clipByGlobalNorm(1, { norm } as never), [0, 0])).toEqual([0, 0]);
      expect(update(clipByGlobalNorm(1, { norm } as never), [1, Number.NaN]).some(Number.isNaN)).toBe(true);
    }
  });

  it.each<[unknown, RegExp]>([
    [{ norm: 3 }, /clipByGlobalNorm.norm: expected 1, 2 or Infinity, got 3/],
    [{ norm: 'inf' }, /expected 1, 2 or Infinity, got 'inf'/],
    [{ norms: 1 }, /clipByGlobalNorm: unknown option 'norms'/],
  ])('refuses %o', (options, message) => {
    expect(() => clipByGlobalNorm(1, options as never)).toThrow(message);
  });
});

describe('adaptiveGradientClip', () => {
  // A kernel [2, 3], whose columns are the units, a gap, and a bias.
  const leaves: Leaf[] = [
    { path: 'kernel', shape: [2, 3], offset: 0 },
    { path: 'bias', shape: [2], offset: 8 },
  ];
  const gradient = [3, 0.3, 0, 4, 0.4, 0, 0, 0, 6, 8];
  const parameters = [6, 6, 0, 8, 8, 0, 0, 0, 0, 0];

  it('holds each column to a share of its parameters, and a vector as one', () => {
    // Norms of the gradient 5, 0.5, 0 and 10; of the parameters 10, 10, 0 and 0, which counts as ε.
    const got = update(adaptiveGradientClip({ limit: 0.1, epsilon: 2 }), gradient, parameters, leaves);
    const expected = [0.6, 0.3, 0, 0.8, 0.4, 0, 0, 0, 0.12, 0.16];
    expected.forEach((value, i) => {
      expect(got[i]).toBeCloseTo(value, 12);
    });
  });

  it('holds filters [height, width, in, out] one by one', () => {
    const filters = [{ path: 'kernel', shape: [1, 2, 1, 2], offset: 0 }];
    const got = update(adaptiveGradientClip({ limit: 1 }), [30, 3, 40, 4], [3, 30, 4, 40], filters);
    [3, 3, 4, 4].forEach((value, i) => {
      expect(got[i]).toBeCloseTo(value, 12);
    });
  });

  it('sees leaves behind another transform of a chain', () => {
    const alone = update(adaptiveGradientClip({ limit: 0.1 }), gradient, parameters, leaves);
    const behind = chain(clipByGlobalNorm(1e6), adaptiveGradientClip({ limit: 0.1 }));
    expect(update(behind, gradient, parameters, leaves)).toEqual(alone);
  });

  it('passes on what is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(update(adaptiveGradientClip(), [1, bad], [1, 1]).every(Number.isFinite)).toBe(false);
  });

  it.each(['wasm', 'reference'] as const)('moves the units of a layer by their own share on %s', async (device) => {
    const model = sequential([dense(2, { bias: false, kernelInitializer: constant(0.5) })]);
    // The gradient of one output is 5e14 times its parameters', that of the other too small to clip.
    const data = { x: [[1, 0]], y: [[1e15, 0.51]] };
    using run = await fit(model, data, {
      ...{ loss: meanSquaredError(), epochs: 1, standardize: false, progress: false, device },
      optimizer: chain(adaptiveGradientClip({ limit: 0.1 }), sgd({ learningRate: 1 })),
    });
    const kernel = [...run.parameters.values()][0]?.data as Float32Array;
    // The norm of a column is √0.5.
    expect(kernel[0]).toBeCloseTo(0.5 + 0.1 * Math.SQRT1_2, 6);
    expect(kernel[1]).toBeCloseTo(0.51, 6);
    expect([kernel[2], kernel[3]]).toEqual([0.5, 0.5]);
  });

  it.each<[unknown, RegExp]>([
    [{ limit: 0 }, /adaptiveGradientClip.limit: expected a finite number > 0, got 0/],
    [{ epsilon: -1 }, /adaptiveGradientClip.epsilon: expected a finite number > 0, got -1/],
    [{ lambda: 1 }, /adaptiveGradientClip: unknown option 'lambda'/],
  ])('refuses %o', (options, message) => {
    expect(() => adaptiveGradientClip(options as never)).toThrow(message);
  });
});
