/** Spectral normalization: the true largest singular value, gradients, a layer that trains with it, and what is refused. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { symmetricEigen } from '../../src/core/linear-algebra.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { glorotUniform, lecunNormal } from '../../src/nn/initializers.ts';
import { layer } from '../../src/nn/layer.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { reshape, transpose } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';
import { spectralNormalize } from '../../src/ops/spectral-normalize.ts';
import { adam } from '../../src/optim/adam.ts';
import { fit } from '../../src/train/fit.ts';
import type { Parameter } from '../../src/train/state.ts';

const wave = (shape: number[], frequency = 1): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(frequency * (i + 1) ** 1.3)),
    shape,
  );

/** By another way: the root of the largest eigenvalue of Mᵀ·M. */
function largestSingularValue(w: Tensor): number {
  const units = w.shape.at(-1) as number;
  const m = reshape(w, [w.data.length / units, units]);
  return Math.sqrt(symmetricEigen(matmul(transpose(m), m).data, units).values.at(-1) as number);
}

describe.each(['wasm', 'reference'] as const)('on %s', (device) => {
  test.each([[[5, 4]], [[2, 3]], [[3, 1]], [[2, 2, 3, 4]]])('finds the largest singular value of %o', async (shape) => {
    const w = wave(shape);
    const u = wave([shape.at(-1) as number], 0.7);
    const run = compile((a: Tensor, b: Tensor) => ({ ...spectralNormalize(a, b, { iterations: 60 }) }), { device });
    const { y, sigma } = await run(w, u);
    const exact = largestSingularValue(w);
    expect(Math.abs(sigma.item() / exact - 1)).toBeLessThan(1e-6);
    expect(y.shape).toEqual(shape);
    expect(Math.abs(largestSingularValue(y) - 1)).toBeLessThan(1e-6);
  });

  test('goes on from the last vector: calls of one iteration come to what one call of many does', async () => {
    const once = compile((a: Tensor, b: Tensor) => ({ ...spectralNormalize(a, b) }), { device });
    let u: Tensor = wave([4], 0.7);
    for (let i = 0; i < 6; i++) u = (await once(wave([5, 4]), u)).u;
    const many = await compile((a: Tensor, b: Tensor) => ({ ...spectralNormalize(a, b, { iterations: 6 }) }), {
      device,
    })(wave([5, 4]), wave([4], 0.7));
    many.u.data.forEach((expected: number, i: number) => {
      expect(u.data[i]).toBeCloseTo(expected, 6);
    });
  });

  test('zeros stay zeros, and neither overflow nor underflow changes the direction', async () => {
    const run = compile((a: Tensor, b: Tensor) => ({ ...spectralNormalize(a, b, { epsilon: 1e-30 }) }), { device });
    const zero = await run(tensor(new Float32Array(6), [3, 2]), wave([2]));
    expect([...zero.y.data, zero.sigma.item()].every((x) => x === 0)).toBe(true);
    const plain = await run(wave([3, 2]), wave([2]));
    // Powers of two change no bit but for the exponent. Their squares have no place in f32.
    for (const factor of [2 ** 70, 2 ** -80]) {
      const scaled = await run(mul(wave([3, 2]), factor), wave([2]));
      scaled.y.data.forEach((value: number, i: number) => {
        expect(value).toBeCloseTo(plain.y.data[i] as number, 5);
      });
    }
  });

  test('a layer with the vector as its state trains, and keeps σ near 1', async () => {
    const model = layer('scaled', {}, (x, context) => {
      const w = context.parameter('kernel', [x.shape.at(-1) as number, 2], glorotUniform());
      const { y, u } = spectralNormalize(w, context.state('u', [2], lecunNormal()));
      context.update('u', u);
      return matmul(x, y);
    });
    const x = Array.from({ length: 32 }, (_, i) => [Math.sin(i), Math.cos(i), Math.sin(3 * i)]);
    // A rotation in the plane of the first two, which spectral normalization allows.
    const y = x.map(([a, b]) => [0.6 * (a as number) - 0.8 * (b as number), 0.8 * (a as number) + 0.6 * (b as number)]);
    using run = await fit(
      model,
      { x, y },
      {
        ...{ loss: meanSquaredError(), optimizer: adam({ learningRate: 0.05 }), epochs: 60, batchSize: 8, device },
        ...{ standardize: false, progress: false },
      },
    );
    expect(run.parameters.get('u')?.kind).toBe('state');
    expect(run.history.at(-1)?.loss).toBeLessThan(1e-3);
    const kernel = run.parameters.get('kernel') as Parameter;
    const { y: normalized } = spectralNormalize(
      tensor(kernel.data, kernel.shape),
      tensor((run.parameters.get('u') as Parameter).data),
    );
    expect(Math.abs(largestSingularValue(normalized) - 1)).toBeLessThan(1e-3);
  });
});

test('the gradient is exact where the vectors have converged, and u has none', () => {
  // There σ is stationary in u and v, so that leaving them constant costs nothing.
  const f = (w: Tensor) => sum(mul(spectralNormalize(w, wave([4], 0.7), { iterations: 80 }).y, wave([5, 4], 0.3)));
  const check = checkGradient(f as never, wave([5, 4]));
  expect(check.ok, String(check)).toBe(true);
  const ofU = grad((u: Tensor) => sum(spectralNormalize(wave([5, 4]), u).y), wave([4])) as Tensor;
  expect(Array.from(ofU.data)).toEqual([0, 0, 0, 0]);
});

describe('refused', () => {
  test.each<[() => unknown, RegExp]>([
    [
      () => spectralNormalize(wave([4]), wave([4])),
      /spectralNormalize: expected w \[\.\.\., units\] of rank ≥ 2 and u \[units\], got \[4\] and \[4\]/,
    ],
    [() => spectralNormalize(wave([3, 4]), wave([3])), /got \[3,4\] and \[3\]/],
    [() => spectralNormalize(wave([3, 4]), wave([1, 4])), /got \[3,4\] and \[1,4\]/],
    [
      () => spectralNormalize(wave([3, 4]), wave([4]), { iterations: 1.5 }),
      /spectralNormalize.iterations: expected an integer ≥ 0, got 1.5/,
    ],
    [
      () => spectralNormalize(wave([3, 4]), wave([4]), { epsilon: 0 }),
      /spectralNormalize.epsilon: expected a finite number > 0, got 0/,
    ],
    [() => spectralNormalize(wave([3, 4]), wave([4]), { steps: 3 } as never), /unknown option 'steps'/],
  ])('with what was expected named', (make, message) => {
    expect(make).toThrow(message);
  });
});
