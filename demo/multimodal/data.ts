/** @file Tinted digits with captions of two words, 'red three': 20 of the 60 combinations are never trained on. */
import { normalWithKey, permutation, randomKey, streamOf, uniformWithKey } from 'saddlepoint';
import { digits28, type Rows } from '../experiment-data.ts';

export const COLORS = ['red', 'green', 'blue', 'yellow', 'cyan', 'magenta'] as const;
/** What a color has of the channels that it lacks: with none, a red and a green digit share no input. See docs/adr/026. */
const PALE = 0.2;
/** Whether a color has a channel. */
const RGB = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
  [1, 0, 1],
] as const;
export const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;
/** Digits first, then colors: a word's number. */
export const WORDS = [...DIGITS, ...COLORS];
export const wordOfColor = (color: number): number => DIGITS.length + color;

/** The number of a caption, 0 … 59. */
export const captionOf = (color: number, digit: number): number => color * DIGITS.length + digit;
export const CAPTIONS = COLORS.flatMap((_, color) => DIGITS.map((_, digit) => [wordOfColor(color), digit] as const));
/** Which combinations are never trained on. */
export type HeldOut = (color: number, digit: number) => boolean;

const HELD_OUT = 20;

/** Twenty, by chance. */
export function heldOutBy(seed: number): HeldOut {
  const chosen = new Set(permutation(CAPTIONS.length, seed, streamOf('held out')).subarray(0, HELD_OUT));
  return (color, digit) => chosen.has(captionOf(color, digit));
}

/** Every third, so that whole groups of digits lack the same two colors: color and digit tell of each other. */
export const inPattern: HeldOut = (color, digit) => (color + digit) % 3 === 0;

const SIDE = 14;
export const PIXELS = SIDE * SIDE * 3;
const NOISE = 0.05;
const SEED = 7;

export interface Tinted {
  readonly image: Float32Array;
  readonly rows: number;
  readonly digit: Int32Array;
  readonly color: Int32Array;
}

interface Dye {
  readonly colorsOf: (digit: number) => readonly number[];
  /** What a color has of the channels that it lacks. */
  readonly pale: number;
}

/** Pooled to 14 × 14 by means, times a color, plus noise. */
function tint({ x, y, width }: Rows, part: string, { colorsOf, pale }: Dye): Tinted {
  const rows = y.length;
  const key = randomKey(SEED);
  const chance = uniformWithKey(key, [rows], streamOf(`${part}/color`)).data;
  const noise = normalWithKey(key, [rows * PIXELS], streamOf(`${part}/noise`)).data;
  const color = Int32Array.from(y, (digit, row) => {
    const allowed = colorsOf(digit);
    return allowed[Math.floor((chance[row] as number) * allowed.length)] as number;
  });
  const image = new Float32Array(rows * PIXELS);
  for (let row = 0; row < rows; row++)
    for (let place = 0; place < SIDE * SIDE; place++) {
      const [top, left] = [2 * Math.floor(place / SIDE), 2 * (place % SIDE)];
      const at = (i: number, j: number): number => x[row * width + (top + i) * 2 * SIDE + left + j] as number;
      const gray = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
      for (let channel = 0; channel < 3; channel++) {
        const pixel = row * PIXELS + place * 3 + channel;
        const share = RGB[color[row] as number]?.[channel] ? 1 : pale;
        image[pixel] = gray * share + NOISE * (noise[pixel] as number);
      }
    }
  return { image, rows, digit: y, color };
}

/** 8,000 to train on, without the combinations that are held out; 2,000 of all to test with. */
export function tintedDigits(
  isHeldOut: HeldOut,
  { pale = PALE }: { readonly pale?: number } = {},
): { readonly train: Tinted; readonly test: Tinted } {
  const { train, test } = digits28();
  const all = COLORS.map((_, color) => color);
  return {
    train: tint(train, 'train', { colorsOf: (digit) => all.filter((color) => !isHeldOut(color, digit)), pale }),
    test: tint(test, 'test', { colorsOf: () => all, pale }),
  };
}

/** For each row a color that it does not have. */
export function otherColors({ color, rows }: Tinted): Int32Array {
  const chance = uniformWithKey(randomKey(SEED), [rows], streamOf('other')).data;
  return color.map((own, row) => (own + 1 + Math.floor((chance[row] as number) * (COLORS.length - 1))) % COLORS.length);
}
