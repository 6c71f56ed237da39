/** Measures of pictures and of modes, where the answers are known by hand, and what they refuse. */
import { quality, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';

/** A picture of side² numbers in [0, 1) that differ. */
const picture = (side: number, shift = 0) =>
  Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => ((y * 7 + x * 3 + shift) % 11) / 11));

// Rows are read as f32: six digits are theirs.
describe('psnr', () => {
  it('is 20 dB for errors of a tenth, 26.02 for a twentieth, and more by 48.13 for bytes of the same error', () => {
    const zeros = [new Array<number>(50).fill(0)];
    const off = (value: number) => [new Array<number>(50).fill(value)];
    expect(quality.psnr(zeros, off(0.1))).toBeCloseTo(20, 5);
    expect(quality.psnr(zeros, off(0.05))).toBeCloseTo(20 + 20 * Math.log10(2), 5);
    expect(quality.psnr(zeros, off(0.1), { peak: 255 })).toBeCloseTo(20 + 20 * Math.log10(255), 5);
    expect(quality.psnr(zeros, zeros)).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses shapes that differ, and a peak of 0', () => {
    expect(() => quality.psnr([[1, 2]], [[1]])).toThrow('psnr: expected pictures of one shape, got [1,2] and [1,1]');
    expect(() => quality.psnr([[1]], [[1]], { peak: 0 })).toThrow('psnr.peak: expected a finite number > 0, got 0');
  });
});

describe('ssim', () => {
  it('is 1 for equal pictures, and symmetric', () => {
    const [a, b] = [[picture(16)], [picture(16, 4)]];
    expect(quality.ssim(a, a)).toBeCloseTo(1, 12);
    expect(quality.ssim(a, b)).toBeCloseTo(quality.ssim(b, a), 12);
    expect(quality.ssim(a, b)).toBeLessThan(0.9);
  });

  it('of two even pictures is (2ab + C₁) / (a² + b² + C₁)', () => {
    const even = (value: number) => [Array.from({ length: 12 }, () => new Array<number>(12).fill(value))];
    const [a, b, c] = [0.5, 0.25, 1e-4];
    expect(quality.ssim(even(a), even(b))).toBeCloseTo((2 * a * b + c) / (a * a + b * b + c), 6);
  });

  it('of 11 × 11 is that of one window, by weights that are written out', () => {
    const [a, b] = [picture(11), picture(11, 5)];
    const weight = (y: number, x: number) => Math.exp(-((y - 5) ** 2 + (x - 5) ** 2) / 4.5);
    const cells = a.flatMap((row, y) => row.map((_, x) => [weight(y, x), a[y]?.[x], b[y]?.[x]] as number[]));
    const total = cells.reduce((sum, [w = 0]) => sum + w, 0);
    const expectation = (f: (a: number, b: number) => number) =>
      cells.reduce((sum, [w = 0, p = 0, q = 0]) => sum + (w / total) * f(p, q), 0);
    const [ma, mb] = [expectation((p) => p), expectation((_, q) => q)];
    const [va, vb] = [expectation((p) => (p - ma) ** 2), expectation((_, q) => (q - mb) ** 2)];
    const cov = expectation((p, q) => (p - ma) * (q - mb));
    const wanted = ((2 * ma * mb + 1e-4) * (2 * cov + 9e-4)) / ((ma ** 2 + mb ** 2 + 1e-4) * (va + vb + 9e-4));
    expect(quality.ssim([a], [b])).toBeCloseTo(wanted, 6);
  });

  it('takes flat rows with their side, and refuses pictures below the window', () => {
    const [a, b] = [picture(12), picture(12, 3)];
    expect(quality.ssim([a.flat()], [b.flat()], { side: 12 })).toBe(quality.ssim([a], [b]));
    expect(() => quality.ssim([picture(10)], [picture(10)])).toThrow(
      'of at least 11 a side, got rows of shape [10,10]',
    );
    expect(() => quality.ssim([a.flat()], [b.flat()])).toThrow('flat rows need { side: 28 }');
  });
});

describe('baselines', () => {
  it('the median takes single specks away, and leaves even pictures', () => {
    const even = Array.from({ length: 6 }, () => new Array<number>(6).fill(0.5));
    const speck = even.map((row, y) => row.map((value, x) => (y === 2 && x === 3 ? 1 : value)));
    expect(quality.medianFilter([speck])).toEqual([even.flat()]);
    expect(() => quality.medianFilter([speck], { size: 4 })).toThrow(
      'medianFilter.size: expected an odd number, got 4',
    );
  });

  it('non-local means keep an edge and even out noise on both sides of it', () => {
    const clean = Array.from({ length: 16 }, () => Array.from({ length: 16 }, (_, x) => Number(x >= 8)));
    const noisy = clean.map((row, y) => row.map((value, x) => value + 0.1 * Math.sin(12.9898 * x + 78.233 * y)));
    const cleaned = quality.nonLocalMeans([noisy], { deviation: 0.07 });
    const flat = [clean.flat()];
    expect(quality.psnr(cleaned, flat)).toBeGreaterThan(quality.psnr([noisy.flat()], flat) + 3);
    expect(() => quality.nonLocalMeans([noisy], { deviation: 0 })).toThrow('nonLocalMeans.deviation');
    expect(() => quality.nonLocalMeans([noisy], { deviation: 1, search: 2 })).toThrow('search: expected an odd number');
  });
});

describe('modes', () => {
  const centers = [
    [0, 0],
    [4, 0],
  ];

  it('are covered by enough samples near them, each counted for its nearest', () => {
    const near = (x: number, n: number) => Array.from({ length: n }, () => [x, 0]);
    const found = quality.modes(tensor([...near(0.05, 30), ...near(4, 19), ...near(2, 1)]), centers, {
      deviation: 0.02,
    });
    expect(found).toMatchObject({ covered: 1, of: 2, counts: [30, 19], n: 50, share: 0.98, within: 0.06 });
    expect(String(found)).toBe('covers 1 of 2 modes, 98.0 % of 50 samples within 0.06');
  });

  it('need to be told what is near, and rows of one width', () => {
    expect(() => quality.modes([[0, 0]], centers, {})).toThrow('modes: expected one of deviation and within, got none');
    expect(() => quality.modes([[0, 0]], centers, { within: 1, deviation: 1 })).toThrow('got both');
    expect(() => quality.modes([[0]], centers, { within: 1 })).toThrow('samples have 1 numbers a row, centers 2');
    expect(() => quality.modes(3, centers, { within: 1 })).toThrow('modes: samples: expected rows, got 3');
  });
});
