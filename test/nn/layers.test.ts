/** @file What single layers do, beside the contract of all (test/contract). */
import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { activation, activations } from '../../src/nn/activations.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { applyModel, type Layer } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';

describe('dropout', () => {
  const x = tensor(new Float64Array(20000).fill(1), [100, 200]);
  const run = (layer: Layer, at: readonly number[], mode: 'train' | 'predict' = 'train') =>
    applyModel(layer, new Map(), x, { mode, key: tensor([...at], [3], 'i32') }).data;

  it('keeps the mean, sets the share `rate` to 0 and scales the others', () => {
    const y = Array.from(run(dropout(0.25), [1, 0, 0]));
    expect(new Set(y)).toEqual(new Set([0, 1 / 0.75]));
    // 20000 draws: the share has a standard deviation of √(0.25 · 0.75 / 20000) = 0.003; five of these.
    expect(Math.abs(y.filter((v) => v === 0).length / y.length - 0.25)).toBeLessThan(0.0153);
  });

  it('is the identity at prediction and for rate 0', () => {
    expect(run(dropout(0.25), [1, 0, 0], 'predict')).toBe(x.data);
    expect(run(dropout(0), [1, 0, 0])).toBe(x.data);
  });

  it('draws the same mask for the same seed, step and path, and another for any other', () => {
    expect(run(dropout(0.5), [1, 2, 0])).toEqual(run(dropout(0.5), [1, 2, 0]));
    expect(run(dropout(0.5), [1, 2, 0])).not.toEqual(run(dropout(0.5), [1, 3, 0]));
    expect(run(dropout(0.5), [1, 2, 0])).not.toEqual(run(dropout(0.5), [2, 2, 0]));
    expect(run(sequential([dropout(0.5)]), [1, 2, 0])).not.toEqual(
      run(sequential([dropout(0.5, { name: 'b' })]), [1, 2, 0]),
    );
  });

  it('needs a key to train', () => {
    expect(() => applyModel(sequential([dropout(0.5)]), new Map(), x, { mode: 'train' })).toThrow(
      /needs a key.*layer '0'/,
    );
  });

  it('refuses rates outside [0, 1)', () => {
    for (const rate of [1, -0.1, Number.NaN, '0.5' as never])
      expect(() => dropout(rate)).toThrow(/dropout.rate: expected a finite number ≥ 0 and < 1/);
  });
});

describe('activation', () => {
  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    '%s has the right gradients and is finite at ±120',
    (name) => {
      const check = checkGradient(({ x }) => activations[name](x as Tensor), {
        x: tensor([[-4.2, -0.7, -0.31, 0.21, 0.83, 5.3, 7.1]]),
      });
      expect(check.ok, String(check)).toBe(true);
      const far = applyModel(activation(name), new Map(), tensor([[-120, 120]]), { mode: 'predict' });
      expect(Array.from(far.data).every(Number.isFinite)).toBe(true);
    },
  );

  it.each(Object.keys(activations) as (keyof typeof activations)[])('%s passes NaN on', (name) => {
    expect(activations[name](tensor([[Number.NaN]])).item()).toBeNaN();
  });

  it('E2: names near names and the whole list for an unknown name', () => {
    expect(() => activation('relo' as never)).toThrow(
      /unknown activation 'relo'\n.*did you mean 'relu'\? legal: relu, leakyRelu/,
    );
    expect(() => dense(3, { activation: 'Tanh' as never })).toThrow(/dense.activation.*did you mean 'tanh'/s);
    expect(() => activation('toString' as never)).toThrow(/unknown activation/);
  });
});
