/** Convolution with a filter a channel, and its gradients: bit by bit what f32 sums in the documented order are. */
import { describe, expect, test } from 'vitest';
import { ConvField, Opcode } from './enums.ts';
import { Machine, noise } from './machine.ts';

const { fround } = Math;

interface Sizes {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly top: number;
  readonly left: number;
  readonly dilationH: number;
  readonly dilationW: number;
}

const PLAIN: Sizes = {
  ...{ n: 2, h: 6, w: 7, c: 4, kh: 3, kw: 3, strideH: 1, strideW: 1, top: 0, left: 0, dilationH: 1, dilationW: 1 },
};

const CASES: readonly (Partial<Sizes> & { readonly bottom?: number; readonly right?: number })[] = [
  {},
  { top: 1, left: 1, bottom: 1, right: 1, c: 19 },
  { h: 14, w: 14, top: 1, left: 1, bottom: 1, right: 1, c: 32, n: 3 },
  { h: 9, w: 11, strideH: 2, strideW: 2, top: 1, left: 1, bottom: 1, right: 1, c: 5 },
  { h: 9, w: 12, strideH: 3, strideW: 2, left: 1, right: 2, c: 17 },
  { h: 12, w: 12, dilationH: 2, dilationW: 3, top: 2, bottom: 2, left: 3, right: 3, c: 7 },
  { h: 13, w: 15, kh: 2, kw: 5, strideH: 2, strideW: 4, dilationH: 3, dilationW: 2, left: 4, right: 4, c: 6 },
  { h: 13, w: 17, kh: 5, kw: 4, strideW: 2, dilationW: 3, top: 4, bottom: 4, c: 3 },
  { h: 3, w: 2, kh: 5, kw: 7, top: 2, bottom: 2, left: 3, right: 3, c: 2 },
  { h: 5, w: 5, kh: 1, kw: 1, strideH: 2, strideW: 3, c: 36 },
  { h: 4, w: 5, top: 4, left: 5, bottom: 4, right: 5, c: 4 },
];

/** Calls with every pair of a result (i, j) and a place (y, x) of an image that a tap (p, q) joins: taps in order. */
function eachPair(
  { h, w, kh, kw, strideH, strideW, top, left, dilationH, dilationW }: Sizes,
  oh: number,
  ow: number,
  call: (i: number, j: number, y: number, x: number, p: number, q: number) => void,
): void {
  for (let i = 0; i < oh; i++)
    for (let j = 0; j < ow; j++)
      for (let p = 0; p < kh; p++)
        for (let q = 0; q < kw; q++) {
          const [y, x] = [i * strideH - top + p * dilationH, j * strideW - left + q * dilationW];
          if (y >= 0 && y < h && x >= 0 && x < w) call(i, j, y, x, p, q);
        }
}

describe('depthwise convolution', () => {
  test.each(CASES.map((differs) => [JSON.stringify(differs), differs] as const))('%s', (_, differs) => {
    const { bottom = 0, right = 0, ...rest } = differs;
    const sizes: Sizes = { ...PLAIN, ...rest };
    const { n, h, w, c, kh, kw, strideH, strideW, top, left, dilationH, dilationW } = sizes;
    const oh = Math.floor((h + top + bottom - (kh - 1) * dilationH - 1) / strideH) + 1;
    const ow = Math.floor((w + left + right - (kw - 1) * dilationW - 1) / strideW) + 1;
    const [x, f, dy, b] = [noise(n * h * w * c, 1), noise(kh * kw * c, 2), noise(n * oh * ow * c, 3), noise(c, 4)];

    const y = Float32Array.from({ length: n * oh * ow * c }, (_, at) => b[at % c] as number);
    const df = new Float32Array(kh * kw * c);
    const dx = new Float32Array(n * h * w * c);
    /** What a place of the images gets from a result, by the place of the result. */
    const met = Array.from({ length: n * h * w }, () => [] as { from: number; tap: number }[]);
    for (let image = 0; image < n; image++)
      eachPair(sizes, oh, ow, (i, j, row, column, p, q) => {
        const [result, place, tap] = [(image * oh + i) * ow + j, (image * h + row) * w + column, p * kw + q];
        met[place]?.push({ from: result, tap });
        for (let channel = 0; channel < c; channel++) {
          const [at, from, weight] = [result * c + channel, place * c + channel, tap * c + channel];
          y[at] = (y[at] as number) + fround((x[from] as number) * (f[weight] as number));
          df[weight] = (df[weight] as number) + fround((x[from] as number) * (dy[at] as number));
        }
      });
    for (const [place, pairs] of met.entries())
      for (const { from, tap } of pairs)
        for (let channel = 0; channel < c; channel++) {
          const at = place * c + channel;
          const product = fround((dy[from * c + channel] as number) * (f[tap * c + channel] as number));
          dx[at] = (dx[at] as number) + product;
        }

    const machine = new Machine();
    const scratch = machine.bytes(65536);
    const fields = {
      ...{ n, h, w, c, kh, kw, o: c, oh, ow, strideH, strideW, top, left, dilationH, dilationW, groups: c },
      ...{ scratch, runTo: kw },
    };
    const [images, filter, results, bias] = [x, f, dy, b].map((values) => machine.floats(values, 4)) as [
      ReturnType<Machine['floats']>,
      ReturnType<Machine['floats']>,
      ReturnType<Machine['floats']>,
      ReturnType<Machine['floats']>,
    ];
    const run = (opcode: Opcode, length: number, differing: Parameters<Machine['encode']>[2]) => {
      const destination = machine.floats(length, 8);
      machine.run(machine.encode(opcode, ConvField, { ...fields, ...differing, destination }));
      return destination.array;
    };
    expect(run(Opcode.conv2d, y.length, { first: images, second: filter, bias })).toEqual(y);
    const rectified = y.map((value) => Math.max(value, 0));
    expect(run(Opcode.conv2d, y.length, { first: images, second: filter, bias, activation: 1 })).toEqual(rectified);
    expect(run(Opcode.conv2dFilterGradient, df.length, { first: images, second: results })).toEqual(df);
    expect(run(Opcode.conv2dInputGradient, dx.length, { first: filter, second: results })).toEqual(dx);
  });
});
