import { describe, expect, test } from 'vitest';
import {
  philox4x32,
  philoxBlock,
  randomNormal,
  randomPermutation,
  randomUniform,
  streamOf,
} from '../../src/core/philox.ts';

function hex(counter: [number, number, number, number], key: [number, number]): string {
  const out = new Int32Array(4);
  philox4x32(...counter, ...key, out);
  return [...out].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');
}

describe('Philox 4x32-10', () => {
  test('gives the known answers of Random123', () => {
    const ones = 0xffffffff;
    expect(hex([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(hex([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });

  test('takes block, step and iteration as counter, seed and stream as key', () => {
    const out = new Int32Array(4);
    philoxBlock(0xa4093822, 0x299f31d0, 3, 5, 7, out);
    expect([...out].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ')).toBe(
      hex([3, 5, 7, 0], [0xa4093822, 0x299f31d0]),
    );
  });

  test('reads negative arguments as the u32 with the same bits', () => {
    expect(hex([-1, -1, -1, -1], [-1, -1])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  });
});

function moments(x: Float32Array): { mean: number; variance: number } {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return { mean, variance: x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length };
}

describe('randomUniform', () => {
  test('lies in [0, 1), with the mean and variance of a uniform distribution', () => {
    const x = new Float32Array(100_000);
    randomUniform(x, 1, 2);
    expect(x.every((value) => value >= 0 && value < 1)).toBe(true);
    const { mean, variance } = moments(x);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
  });

  test('gives a shorter array the beginning of a longer one', () => {
    const long = new Float32Array(103);
    const short = new Float32Array(10);
    randomUniform(long, 1, 2, 3, 4);
    randomUniform(short, 1, 2, 3, 4);
    expect(long.subarray(0, 10)).toEqual(short);
  });

  test('changes with each of seed, stream, step and iteration', () => {
    const draw = (...key: [number, number, number, number]) => {
      const x = new Float32Array(4);
      randomUniform(x, ...key);
      return x.join();
    };
    const keys = [draw(1, 0, 0, 0), draw(0, 1, 0, 0), draw(0, 0, 1, 0), draw(0, 0, 0, 1), draw(0, 0, 0, 0)];
    expect(new Set(keys).size).toBe(5);
  });
});

describe('randomNormal', () => {
  const x = new Float32Array(200_001);
  randomNormal(x, 7, 8);

  test('has mean 0, variance 1, and the tails of a normal distribution', () => {
    const { mean, variance } = moments(x);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.015);
    const beyond = (limit: number) => x.filter((value) => Math.abs(value) > limit).length / x.length;
    expect(Math.abs(beyond(1) - 0.3173)).toBeLessThan(0.005);
    expect(Math.abs(beyond(2) - 0.0455)).toBeLessThan(0.002);
    expect(Math.abs(beyond(3) - 0.0027)).toBeLessThan(0.0006);
  });

  test('is the Box–Muller transform of the words, to the accuracy of f32', () => {
    const words = new Int32Array(4);
    let worst = 0;
    for (let i = 0; i + 1 < x.length; i += 2) {
      if (i % 4 === 0) philoxBlock(7, 8, i / 4, 0, 0, words);
      const u1 = (((words[i % 4] as number) >>> 8) + 1) * 2 ** -24;
      const u2 = ((words[(i % 4) + 1] as number) >>> 8) * 2 ** -24;
      const r = Math.sqrt(-2 * Math.log(u1));
      worst = Math.max(worst, Math.abs((x[i] as number) - r * Math.cos(2 * Math.PI * u2)));
      worst = Math.max(worst, Math.abs((x[i + 1] as number) - r * Math.sin(2 * Math.PI * u2)));
    }
    expect(worst).toBeLessThan(1e-6);
  });
});

describe('randomPermutation', () => {
  test('holds every number once', () => {
    for (const n of [0, 1, 2, 3, 100, 1023]) {
      expect([...randomPermutation(n, 1, 2)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  test('differs from step to step and repeats for the same step', () => {
    expect(randomPermutation(50, 1, 2, 3)).toEqual(randomPermutation(50, 1, 2, 3));
    expect(randomPermutation(50, 1, 2, 3)).not.toEqual(randomPermutation(50, 1, 2, 4));
  });

  test('gives all orders of four about equally often', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 24_000; step++) {
      const order = randomPermutation(4, 1, 2, step).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 23 degrees of freedom: above 49.7 with probability 0.001.
    expect(chiSquared).toBeLessThan(49.7);
  });
});

describe('streamOf', () => {
  test('is a u32 that depends on every byte of the path and on the call', () => {
    const streams = ['a', 'b', 'ab', 'ba', '', 'ä', 'a/b'].flatMap((path) =>
      [0, 1, 2].map((call) => streamOf(path, call)),
    );
    expect(new Set(streams).size).toBe(streams.length);
    expect(streams.every((stream) => Number.isInteger(stream) && stream >= 0 && stream < 2 ** 32)).toBe(true);
  });

  test('never changes: seeds of old runs must keep their meaning', () => {
    expect([streamOf(''), streamOf('dense1/weights'), streamOf('dropout', 1)]).toMatchInlineSnapshot(`
      [
        2886220781,
        3329145148,
        3741955267,
      ]
    `);
  });

  test('does not collide among ten thousand paths more than chance allows', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 10_000; i++) seen.add(streamOf(`layer${i >> 2}`, i & 3));
    expect(seen.size).toBeGreaterThanOrEqual(9_999);
  });
});
