/** The blocks of convolutional generators and critics: shapes, what is learnt in them, and how pictures grow. */
import { criticBlock, generatorBlock, type Layer, type Tensor, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { applyModel, initialize } from '../../src/nn/layer.ts';

const started = (model: Layer, ...shape: number[]) => initialize(model, { shape: [1, ...shape], dtype: 'f32' }, 5);
const shapesOf = (model: Layer, ...shape: number[]) =>
  Object.fromEntries(
    started(model, ...shape)
      .parameters.filter(({ kind }) => kind !== 'state')
      .map((leaf) => [leaf.path, leaf.shape]),
  );
const output = (model: Layer, ...shape: number[]) => started(model, ...shape).output.shape;

describe('a block of a generator', () => {
  it('doubles height and width, odd ones too, by a transposed convolution of 4 × 4 whose shift is that of the normalization', () => {
    expect(output(generatorBlock(6), 7, 5, 3)).toEqual([1, 14, 10, 6]);
    expect(shapesOf(generatorBlock(6), 7, 5, 3)).toEqual({
      '0/kernel': [4, 4, 6, 3],
      '1/gamma': [6],
      '1/beta': [6],
    });
  });

  it('has a bias where nothing else shifts, and no statistics', () => {
    const { parameters } = started(generatorBlock(6, { norm: false }), 7, 5, 3);
    expect(parameters.map(({ path }) => path)).toEqual(['0/kernel', '0/bias']);
  });

  it('by resizing has the same output and a kernel of 3 × 3 behind the repeated pixels', () => {
    const block = generatorBlock(6, { by: 'resize' });
    expect(output(block, 7, 5, 3)).toEqual([1, 14, 10, 6]);
    expect(shapesOf(block, 7, 5, 3)).toEqual({ '1/kernel': [3, 3, 3, 6], '2/gamma': [6], '2/beta': [6] });
  });

  it('by resizing gives every pixel four times where the kernel looks at its middle alone, then rectifies', () => {
    const kernel = tensor([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3, 1, 1]);
    const leaves = new Map([
      ['1/kernel', kernel],
      ['1/bias', tensor([0])],
    ]);
    const x = tensor([1, -2, 3, 4], [1, 2, 2, 1]);
    const grown = applyModel(generatorBlock(1, { by: 'resize', norm: false }), leaves, x, { mode: 'predict' });
    expect(Array.from(grown.data)).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 3, 3, 4, 4, 3, 3, 4, 4]);
  });

  it('of constant pictures makes constant ones by resizing: no checkerboard', () => {
    // Away from the edges each pixel of a resized picture sums the same nine weights (Odena et al. 2016).
    const block = generatorBlock(1, { by: 'resize', norm: false });
    const { parameters } = started(block, 6, 6, 1);
    const leaves = new Map(parameters.map((leaf) => [leaf.path, tensor(leaf.data.map(Math.abs), leaf.shape)]));
    const ones = tensor(new Float32Array(36).fill(1), [1, 6, 6, 1]);
    const { data } = applyModel(block, leaves, ones, { mode: 'predict' });
    const inner = Array.from({ length: 64 }, (_, i) => data[(2 + (i >> 3)) * 12 + 2 + (i & 7)] as number);
    // Nine f32 numbers near 0.02, added in another order at worst.
    for (const value of inner) expect(Math.abs(value - (inner[0] as number))).toBeLessThan(1e-7);
    expect(inner[0]).toBeGreaterThan(0);
  });
});

describe('a block of a critic', () => {
  it('halves height and width, odd ones rounded up, without normalization unless it is asked for', () => {
    expect(output(criticBlock(6), 7, 4, 3)).toEqual([1, 4, 2, 6]);
    expect(shapesOf(criticBlock(6), 7, 4, 3)).toEqual({ '0/kernel': [4, 4, 3, 6], '0/bias': [6] });
    expect(shapesOf(criticBlock(6, { norm: true }), 7, 4, 3)).toEqual({
      '0/kernel': [4, 4, 3, 6],
      '1/gamma': [6],
      '1/beta': [6],
    });
  });

  it('lets a fifth of what is negative pass', () => {
    // One pixel under a kernel of ones, at stride 2: every output that sees it is its value, with the slope of 0.2.
    const leaves = new Map<string, Tensor>([
      ['0/kernel', tensor(new Float32Array(16).fill(1), [4, 4, 1, 1])],
      ['0/bias', tensor([0])],
    ]);
    const at = (value: number) =>
      Array.from(applyModel(criticBlock(1), leaves, tensor([value, 0, 0, 0], [1, 2, 2, 1]), { mode: 'predict' }).data);
    expect(at(5)).toEqual([5]);
    expect(at(-5)[0]).toBeCloseTo(-1, 6);
  });
});

it('all kernels start normal, with mean 0 and deviation 0.02', () => {
  for (const block of [generatorBlock(64), generatorBlock(64, { by: 'resize' }), criticBlock(64)]) {
    const [kernel] = started(block, 8, 8, 32).parameters.filter(({ path }) => path.endsWith('kernel'));
    const values = Array.from(kernel?.data as Float32Array);
    const n = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
    // Five standard deviations of a mean, and of a standard deviation, of n draws.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.02) / Math.sqrt(n));
    expect(Math.abs(deviation - 0.02)).toBeLessThan((5 * 0.02) / Math.sqrt(2 * n));
  }
});

it('options out of range are refused by name', () => {
  expect(() => generatorBlock(0)).toThrow('generatorBlock.filters: expected an integer ≥ 1, got 0');
  expect(() => generatorBlock(1, { by: 'resiz' as never })).toThrow(/generatorBlock.by.*'resiz'/);
  expect(() => generatorBlock(1, { norms: true } as never)).toThrow("did you mean 'norm'?");
  expect(() => criticBlock(1.5)).toThrow('criticBlock.filters: expected an integer ≥ 1, got 1.5');
});
