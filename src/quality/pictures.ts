/** @file How near pictures are to clean ones: peak signal-to-noise ratio and structural similarity. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { type Given, matrixOf, type Rows } from './matrix.ts';

export interface PeakOption {
  /** The range of values of a picture, highest − lowest: > 0, default 1. */
  readonly peak?: number;
}

function pairOf(name: string, a: Given, b: Given): [Rows, Rows] {
  const [left, right] = [matrixOf(name, a), matrixOf(name, b)];
  if (String(left.shape) === String(right.shape)) return [left, right];
  throw new SaddlepointError(
    'shape',
    `${name}: expected pictures of one shape, got [${left.shape}] and [${right.shape}]`,
  );
}

const peakOf = (name: string, { peak = 1 }: PeakOption): number =>
  checkNumber(`${name}.peak`, peak, { min: 0, openMin: true });

/**
 * The mean over pictures of 10 · log₁₀(peak² / mean squared error), in decibels. Infinite where a pair is equal.
 *
 * @param a pictures [n, …]. @param b the same of others, of the same shape.
 * @param options peak: default 1.
 * @throws SaddlepointError `shape` where they differ in shape.
 */
export function psnr(a: Given, b: Given, options: PeakOption = {}): number {
  checkKnownOptions('psnr', options, ['peak']);
  const peak = peakOf('psnr', options);
  const [left, right] = pairOf('psnr', a, b);
  const [n, width] = left.shape;
  let total = 0;
  for (let row = 0; row < n; row++) {
    let squares = 0;
    for (let at = row * width; at < (row + 1) * width; at++)
      squares += ((left.data[at] as number) - (right.data[at] as number)) ** 2;
    total += 10 * Math.log10((peak * peak * width) / squares);
  }
  return total / n;
}

/** The window of the paper: 11 × 11, Gaussian, σ = 1.5, of sum 1 in each direction. */
const WINDOW = 11;
const weights = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
const total = weights.reduce((sum, weight) => sum + weight, 0);
const KERNEL = weights.map((weight) => weight / total);

/**
 * The mean over pictures, and over the places where the window lies within one, of the structural similarity
 * (2 μa μb + C₁)(2 σab + C₂) / ((μa² + μb² + C₁)(σa² + σb² + C₂)), with the paper's window of 11 × 11 (Gaussian, σ 1.5) and
 * C₁ = (0.01 · peak)², C₂ = (0.03 · peak)². 1 for equal pictures. Channels are compared each for itself.
 *
 * @param a pictures [n, height, width] or [n, height, width, channels], at least 11 a side. @param b the same of others.
 * @param options peak: default 1; side: height and width of pictures that are given as flat rows.
 * @throws SaddlepointError `shape` where they differ in shape, are no pictures, or are smaller than the window.
 * @see Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to structural similarity", eq. 13.
 */
export function ssim(a: Given, b: Given, options: PeakOption & { readonly side?: number } = {}): number {
  checkKnownOptions('ssim', options, ['peak', 'side']);
  const peak = peakOf('ssim', options);
  const [left, right] = pairOf('ssim', a, b);
  const { rowShape } = left;
  const [height, width, channels = 1] = options.side === undefined ? rowShape : [options.side, options.side];
  if (
    height === undefined ||
    width === undefined ||
    height < WINDOW ||
    width < WINDOW ||
    height * width * channels !== left.shape[1]
  )
    throw new SaddlepointError(
      'shape',
      `ssim: expected pictures [n, height, width] of at least ${WINDOW} a side, got rows of shape [${rowShape}]`,
      options.side === undefined ? 'flat rows need { side: 28 }' : undefined,
    );
  const [c1, c2] = [(0.01 * peak) ** 2, (0.03 * peak) ** 2];
  const size = height * width;
  let sum = 0;
  let places = 0;
  const channelOf = ({ data, shape }: Rows, row: number, channel: number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => data[row * shape[1] + i * channels + channel] as number);
  for (let row = 0; row < left.shape[0]; row++)
    for (let channel = 0; channel < channels; channel++) {
      const [x, y] = [channelOf(left, row, channel), channelOf(right, row, channel)];
      const means = [x, y, x.map((v) => v * v), y.map((v) => v * v), x.map((v, i) => v * (y[i] as number))].map(
        (values) => smoothed(values, height, width),
      );
      const [mx, my, xx, yy, xy] = means as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
      for (let i = 0; i < mx.length; i++) {
        const [p, q] = [mx[i] as number, my[i] as number];
        const [vx, vy, cov] = [(xx[i] as number) - p * p, (yy[i] as number) - q * q, (xy[i] as number) - p * q];
        sum += ((2 * p * q + c1) * (2 * cov + c2)) / ((p * p + q * q + c1) * (vx + vy + c2));
      }
      places += mx.length;
    }
  return sum / places;
}

/** Weighted means over windows that lie within: down, then across. */
function smoothed(values: Float64Array, height: number, width: number): Float64Array {
  const [rows, columns] = [height - WINDOW + 1, width - WINDOW + 1];
  const down = new Float64Array(rows * width);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += (KERNEL[k] as number) * (values[(y + k) * width + x] as number);
      down[y * width + x] = sum;
    }
  const across = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += (KERNEL[k] as number) * (down[y * width + x + k] as number);
      across[y * columns + x] = sum;
    }
  return across;
}
