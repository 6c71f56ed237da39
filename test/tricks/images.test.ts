import { cutmix, cutout, inputNoise, mixup, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { contextOf } from './context.ts';

const N = 24;
/** Row r is an image of the number r + 1. */
const images = (height: number, width: number) =>
  tensor(
    Float32Array.from({ length: N * height * width }, (_, i) => 1 + Math.floor(i / (height * width))),
    [N, height, width],
  );
const list = (x: { readonly data: ArrayLike<number> } | undefined): number[] => Array.from(x?.data ?? []);

describe('mixup', () => {
  it('mixes rows and targets by one share, each row with another', () => {
    const x = images(2, 3);
    const { x: mixed, mixed: targets } = mixup(1).change({ x }, contextOf(N));
    const [{ partner, weight }] = targets as [{ partner: typeof x; weight: typeof x }];
    const shares = list(weight);
    expect(new Set(shares).size).toBe(1);
    expect(mixed.shape).toEqual(x.shape);
    list(mixed).forEach((value, i) => {
      const row = Math.floor(i / 6);
      const share = shares[row] as number;
      expect(value).toBeCloseTo((1 - share) * (row + 1) + share * ((list(partner)[row] as number) + 1), 5);
    });
  });

  it('draws a share for each row if told to', () => {
    const { mixed } = mixup(1, { perRow: true }).change({ x: images(1, 1) }, contextOf(N));
    expect(new Set(list(mixed?.[0]?.weight)).size).toBe(N);
  });
});

describe('cutmix', () => {
  it('pastes one rectangle, and the target has the weight of its pixels', () => {
    const areas: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { x, mixed } = cutmix(1).change({ x: images(8, 6) }, contextOf(N, seed));
      const partner = list(mixed?.[0]?.partner);
      const pixels = list(x);
      const share = list(mixed?.[0]?.weight)[0] as number;
      const pasted = pixels.map((value, i) => value !== 1 + Math.floor(i / 48));
      // The same place in every row, and all of it from the partner.
      const first = pasted.slice(0, 48);
      pixels.forEach((value, i) => {
        const row = Math.floor(i / 48);
        expect(value).toBe(1 + (first[i % 48] ? (partner[row] as number) : row));
      });
      const places = first.flatMap((is, i) => (is ? [[Math.floor(i / 6), i % 6] as const] : []));
      const [rows, columns] = [new Set(places.map(([row]) => row)), new Set(places.map(([, column]) => column))];
      expect(rows.size * columns.size).toBe(places.length);
      expect(share).toBeCloseTo(places.length / 48, 6);
      areas.push(places.length);
    }
    expect(new Set(areas).size).toBeGreaterThan(5);
  });

  it('reads flat rows as it is told, and refuses other rows', () => {
    const flat = tensor(new Float32Array(N * 48), [N, 48]);
    expect(cutmix(1, { shape: [8, 6] }).change({ x: flat }, contextOf(N)).x.shape).toEqual([N, 48]);
    expect(() => cutmix(1).change({ x: flat }, contextOf(N))).toThrow(/cutmix: expected images .* got \[48\]/);
    expect(() => cutmix(1, { shape: [7, 7] }).change({ x: flat }, contextOf(N))).toThrow(/images \[7,7\] a row/);
  });
});

describe('cutout', () => {
  it('blanks a square of each row, at places of their own, at most so large', () => {
    const { x } = cutout(3).change({ x: images(9, 9) }, contextOf(N));
    const pixels = list(x);
    const zeros = Array.from({ length: N }, (_, row) =>
      pixels.slice(row * 81, row * 81 + 81).flatMap((value, i) => (value === 0 ? [i] : [])),
    );
    for (const [row, places] of zeros.entries()) {
      const [rows, columns] = [new Set(places.map((i) => Math.floor(i / 9))), new Set(places.map((i) => i % 9))];
      expect(rows.size * columns.size).toBe(places.length);
      expect([2, 3]).toContain(rows.size);
      expect([2, 3]).toContain(columns.size);
      expect(pixels.slice(row * 81, row * 81 + 81).filter((value) => value === row + 1)).toHaveLength(
        81 - places.length,
      );
    }
    expect(new Set(zeros.map(String)).size).toBeGreaterThan(10);
  });
});

describe('inputNoise', () => {
  it('adds deviates of the stated deviation and mean 0', () => {
    const x = tensor(new Float32Array(20_000), [100, 200]);
    const noise = list(inputNoise(0.3).change({ x }, contextOf(100)).x);
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    const deviation = Math.sqrt(noise.reduce((a, b) => a + b * b, 0) / noise.length);
    // A mean is known to ± σ / √n, a deviation to ± σ / √(2n); five of these.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.3) / Math.sqrt(20_000));
    expect(Math.abs(deviation - 0.3)).toBeLessThan((5 * 0.3) / Math.sqrt(40_000));
  });
});
