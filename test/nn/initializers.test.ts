import { describe, expect, it } from 'vitest';
import { dense } from '../../src/nn/dense.ts';
import { initializerFromJson } from '../../src/nn/initializer-table.ts';
import * as nn from '../../src/nn/initializers.ts';
import { initialize } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';

const random = { seed: 42, stream: 9 };
const uniform = { glorotUniform: Math.sqrt(6 / 500), heUniform: Math.sqrt(6 / 200), lecunUniform: Math.sqrt(3 / 200) };
const normal = { glorotNormal: Math.sqrt(2 / 500), heNormal: Math.sqrt(2 / 200), lecunNormal: Math.sqrt(1 / 200) };
const shape = [200, 300];
const momentsOf = (values: Float32Array) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
};

describe('initializers', () => {
  it.each(Object.entries(uniform))('%s is uniform within its bound', (name, bound) => {
    const values = initializerFromJson(name).draw(shape, random);
    const { mean, deviation } = momentsOf(values);
    // n = 60000. The mean's deviation is σ/√n, that of a uniform sample's deviation 0.45 σ/√n: five of each are allowed.
    const sigma = bound / Math.sqrt(3);
    expect(values.every((w) => Math.abs(w) <= Math.fround(bound))).toBe(true);
    expect(Math.abs(mean)).toBeLessThan((5 * sigma) / Math.sqrt(60000));
    expect(Math.abs(deviation / sigma - 1)).toBeLessThan((5 * 0.45) / Math.sqrt(60000));
  });

  it.each(Object.entries(normal))('%s is normal with its deviation', (name, sigma) => {
    const values = initializerFromJson(name).draw(shape, random);
    const { mean, deviation } = momentsOf(values);
    // As above; the deviation of a normal sample's deviation is 0.71 σ/√n. 4.55 % of a normal sample lie beyond 2σ, ± 0.085 %.
    expect(Math.abs(mean)).toBeLessThan((5 * sigma) / Math.sqrt(60000));
    expect(Math.abs(deviation / sigma - 1)).toBeLessThan((5 * 0.71) / Math.sqrt(60000));
    expect(Math.abs(values.filter((w) => Math.abs(w) > 2 * sigma).length / 60000 - 0.0455)).toBeLessThan(5 * 0.00085);
  });

  it('fill with constants', () => {
    expect(nn.zeros().draw([2], random)).toEqual(Float32Array.of(0, 0));
    expect(nn.ones().draw([2], random)).toEqual(Float32Array.of(1, 1));
    expect(nn.constant(0.25).draw([2], random)).toEqual(Float32Array.of(0.25, 0.25));
    expect(() => nn.constant(Number.NaN)).toThrow(/constant: expected a finite number/);
  });

  it('survive JSON', () => {
    const all = [
      nn.glorotUniform(),
      nn.constant(3),
      nn.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'normal' }),
    ];
    for (const initializer of all) {
      const loaded = initializerFromJson(JSON.parse(JSON.stringify(nn.initializerToJson(initializer))));
      expect(loaded.draw([3, 5], random)).toEqual(initializer.draw([3, 5], random));
    }
    expect(() => nn.varianceScaling({ mode: 'fanin' as never })).toThrow(/did you mean 'fanIn'/);
  });

  it('know the fans of dense layers and convolutions', () => {
    expect(nn.fans([784, 256])).toEqual({ fanIn: 784, fanOut: 256 });
    expect(nn.fans([3, 3, 16, 32])).toEqual({ fanIn: 144, fanOut: 288 });
    expect(nn.fans([7])).toEqual({ fanIn: 7, fanOut: 7 });
  });

  it('case 09: a seed fixes the bits, in any process; equal layers of one model differ', () => {
    const draw = (seed: number) =>
      initialize(
        sequential([dense(16), dense(16), dense(16)]),
        { shape: [1, 2], dtype: 'f32' },
        seed,
      ).parameters.filter(({ path }) => path.endsWith('kernel'));
    const [first, second, third] = draw(42).map(({ data }) => data) as [Float32Array, Float32Array, Float32Array];
    expect(first).toHaveLength(32);
    expect(first.every((w) => Math.abs(w) <= Math.sqrt(6 / 18))).toBe(true);
    // Bits of another process: they are a promise, and change only with a note in the changelog.
    expect(Array.from(new Uint32Array(first.buffer).slice(0, 4), (word) => word.toString(16))).toMatchInlineSnapshot(`
      [
        "be9a8c25",
        "be3ec376",
        "3e936c8a",
        "3e3ed418",
      ]
    `);
    expect(draw(42)[0]?.data).toEqual(first);
    expect(draw(43)[0]?.data).not.toEqual(first);
    expect(second).not.toEqual(third);
  });
});
