/** @file What cleans pictures without learning: the baselines of a denoising autoencoder. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { type Given, matrixOf } from './matrix.ts';

/** Gray pictures, each cleaned by itself; beyond the edges lies the nearest pixel. */
function eachPixel(
  name: string,
  given: Given,
  side: number | undefined,
  clean: (pixel: (y: number, x: number) => number, y: number, x: number) => number,
): number[][] {
  const { data, shape, rowShape } = matrixOf(name, given);
  const [height, width] = side === undefined ? rowShape : [side, side];
  if (height === undefined || width === undefined || height * width !== shape[1])
    throw new SaddlepointError(
      'shape',
      `${name}: expected gray pictures [n, height, width], got rows of shape [${rowShape}]`,
      side === undefined ? 'flat rows need { side: 28 }' : undefined,
    );
  const within = (at: number, size: number): number => Math.min(Math.max(at, 0), size - 1);
  return Array.from({ length: shape[0] }, (_, row) => {
    const pixel = (y: number, x: number): number =>
      data[row * shape[1] + within(y, height) * width + within(x, width)] as number;
    return Array.from({ length: shape[1] }, (_, i) => clean(pixel, Math.floor(i / width), i % width));
  });
}

/**
 * Each pixel becomes the median of the square around it: removes salt and pepper, and some of any noise.
 *
 * @param pictures gray, [n, height, width].
 * @param options size: of the square, odd, ≥ 3, default 3; side: height and width of pictures that are given as flat rows.
 * @returns flat rows.
 * @throws SaddlepointError `shape` for what are no gray pictures; `option` for an even size.
 */
export function medianFilter(
  pictures: Given,
  options: { readonly size?: number; readonly side?: number } = {},
): number[][] {
  checkKnownOptions('medianFilter', options, ['size', 'side']);
  const size = checkNumber('medianFilter.size', options.size ?? 3, { min: 3, integer: true });
  if (size % 2 === 0) throw new SaddlepointError('option', `medianFilter.size: expected an odd number, got ${size}`);
  const half = (size - 1) / 2;
  const window = new Float64Array(size * size);
  return eachPixel('medianFilter', pictures, options.side, (pixel, y, x) => {
    for (let i = 0; i < window.length; i++) window[i] = pixel(y - half + Math.floor(i / size), x - half + (i % size));
    return window.sort()[(window.length - 1) / 2] as number;
  });
}

export interface NonLocalMeansOptions {
  /** Standard deviation of the noise, in units of the pictures: > 0; required. */
  readonly deviation: number;
  /** How fast weights fall with the distance of two patches, in units of `deviation`: > 0, default 0.8. */
  readonly strength?: number;
  /** Pixels a side of the patches that are compared: odd, default 5. */
  readonly patch?: number;
  /** Pixels a side of the square that is searched: odd, default 13. */
  readonly search?: number;
  /** Height and width of pictures that are given as flat rows. */
  readonly side?: number;
}

/**
 * Each pixel becomes a mean of the pixels whose surroundings look alike, with weights exp(−max(d² − 2σ², 0) / h²), d² the mean
 * squared difference of two patches and h = strength · σ.
 *
 * @param pictures gray, [n, height, width].
 * @returns flat rows.
 * @throws SaddlepointError as `medianFilter`.
 * @see Buades, Coll, Morel 2011, "Non-local means denoising", section 2 (pixelwise).
 */
export function nonLocalMeans(pictures: Given, options: NonLocalMeansOptions): number[][] {
  checkKnownOptions('nonLocalMeans', options, ['deviation', 'strength', 'patch', 'search', 'side']);
  const positive = { min: 0, openMin: true };
  const deviation = checkNumber('nonLocalMeans.deviation', options.deviation, positive);
  const strength = checkNumber('nonLocalMeans.strength', options.strength ?? 0.8, positive);
  const whole = { min: 1, integer: true };
  const patch = checkNumber('nonLocalMeans.patch', options.patch ?? 5, whole);
  const search = checkNumber('nonLocalMeans.search', options.search ?? 13, whole);
  for (const [name, value] of Object.entries({ patch, search }))
    if (value % 2 === 0)
      throw new SaddlepointError('option', `nonLocalMeans.${name}: expected an odd number, got ${value}`);
  const [near, far] = [(patch - 1) / 2, (search - 1) / 2];
  return eachPixel('nonLocalMeans', pictures, options.side, (pixel, y, x) => {
    let sum = 0;
    let weights = 0;
    for (let v = -far; v <= far; v++)
      for (let u = -far; u <= far; u++) {
        let squares = 0;
        for (let dy = -near; dy <= near; dy++)
          for (let dx = -near; dx <= near; dx++)
            squares += (pixel(y + dy, x + dx) - pixel(y + v + dy, x + u + dx)) ** 2;
        const distance = squares / (patch * patch) - 2 * deviation ** 2;
        const weight = Math.exp(-Math.max(distance, 0) / (strength * deviation) ** 2);
        sum += weight * pixel(y + v, x + u);
        weights += weight;
      }
    return sum / weights;
  });
}
