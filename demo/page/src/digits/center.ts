/**
 * @file A drawing as MNIST would have it: the ink scaled, its proportions kept, to fit 20 × 20 pixels, and placed by its center
 * of mass in the middle of 28 × 28 (LeCun, Cortes and Burges, The MNIST database of handwritten digits).
 */

const SIDE = 28;
/** Digits fill this square. */
const BOX = 20;
/** Ink below this share of the darkest counts as paper when the drawing's bounds are sought. */
const FAINT = 0.1;

/**
 * @param ink size × size values, row by row: 0 is paper, 255 full ink.
 * @returns 28 × 28 bytes of the same kind; all 0 where nothing is drawn.
 */
export function centerDigit(ink: ArrayLike<number>, size: number): Uint8Array {
  const pixels = new Uint8Array(SIDE * SIDE);
  const bounds = boundsOf(ink, size);
  if (bounds === undefined) return pixels;
  const { left, top, width, height } = bounds;
  const scale = Math.max(width, height) / BOX;
  const [columns, rows] = [width, height].map((length) => Math.max(1, Math.round(length / scale))) as [number, number];
  const small = new Float64Array(columns * rows);
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const box = {
        ...{ x0: left + (x * width) / columns, x1: left + ((x + 1) * width) / columns },
        ...{ y0: top + (y * height) / rows, y1: top + ((y + 1) * height) / rows },
      };
      const value = meanOver(ink, size, box);
      small[y * columns + x] = value;
      mass += value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
    }
  // A very uneven drawing could push its own edge out of the picture.
  const shift = (sum: number, length: number): number =>
    Math.min(SIDE - length, Math.max(0, Math.round(SIDE / 2 - sum / mass)));
  const [offsetX, offsetY] = [shift(sumX, columns), shift(sumY, rows)];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      pixels[(y + offsetY) * SIDE + x + offsetX] = Math.round(small[y * columns + x] as number);
  return pixels;
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function boundsOf(ink: ArrayLike<number>, size: number): Bounds | undefined {
  let darkest = 0;
  for (let i = 0; i < size * size; i++) darkest = Math.max(darkest, ink[i] as number);
  if (darkest === 0) return undefined;
  let [left, right, top, bottom] = [size, -1, size, -1];
  for (let i = 0; i < size * size; i++) {
    if ((ink[i] as number) <= FAINT * darkest) continue;
    const [x, y] = [i % size, Math.floor(i / size)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = y;
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The mean over a rectangle, whose edges may cut pixels. */
function meanOver(
  ink: ArrayLike<number>,
  size: number,
  { x0, x1, y0, y1 }: { x0: number; x1: number; y0: number; y1: number },
): number {
  let sum = 0;
  for (let y = Math.floor(y0); y < Math.min(size, Math.ceil(y1)); y++) {
    const tall = Math.min(y + 1, y1) - Math.max(y, y0);
    for (let x = Math.floor(x0); x < Math.min(size, Math.ceil(x1)); x++) {
      const wide = Math.min(x + 1, x1) - Math.max(x, x0);
      sum += tall * wide * (ink[y * size + x] as number);
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}
