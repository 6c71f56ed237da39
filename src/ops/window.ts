/**
 * @file The geometry of windows that slide over images [n, height, width, channels]: how options become numbers, how large the
 * result is, and which cells of the image a window has.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';

/** Of [height, width]. */
export type Pair = readonly [vertical: number, horizontal: number];

/**
 * What is added around an image: 'valid', nothing; 'same', as much as gives ⌈size / stride⌉ windows, the odd cell behind;
 * a number, on all sides; [vertical, horizontal]; or [[top, bottom], [left, right]].
 */
export type Padding = 'valid' | 'same' | number | Pair | readonly [Pair, Pair];

/** Window o of an axis has the cells o · stride − before + k · dilation, k = 0 … window − 1; those outside the image are padding. */
export interface WindowAttributes {
  readonly [key: string]: unknown;
  readonly window: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Padding at the top and at the left. */
  readonly before: Pair;
  /** Padding at the bottom and at the right. */
  readonly after: Pair;
  /** How many windows there are. */
  readonly output: Pair;
}

/** A whole number ≥ `min` for both axes, or one for each. */
export function pairOf(option: string, given: number | Pair, min: number): Pair {
  const pair = typeof given === 'number' ? [given, given] : given;
  const isLegal = Array.isArray(pair) && pair.length === 2 && pair.every((x) => Number.isInteger(x) && x >= min);
  if (isLegal) return pair as unknown as Pair;
  throw new SaddlepointError(
    'option',
    `${option}: expected a whole number ≥ ${min}, or two: [vertical, horizontal], got ${show(given)}`,
  );
}

function paddingOf(option: string, given: Padding): readonly [Pair, Pair] | 'valid' | 'same' {
  if (given === 'valid' || given === 'same') return given;
  if (Array.isArray(given) && given.length === 2 && given.every(Array.isArray)) {
    const [vertical, horizontal] = given as unknown as readonly [Pair, Pair];
    return [pairOf(option, vertical, 0), pairOf(option, horizontal, 0)];
  }
  if (typeof given === 'number' || Array.isArray(given)) {
    const [vertical, horizontal] = pairOf(option, given as number | Pair, 0);
    return [
      [vertical, vertical],
      [horizontal, horizontal],
    ];
  }
  throw new SaddlepointError(
    'option',
    `${option}: unknown value ${show(given)}`,
    "legal: 'valid', 'same', a number, [vertical, horizontal], [[top, bottom], [left, right]]",
  );
}

export interface WindowOptions {
  readonly window: number | Pair;
  readonly strides: number | Pair;
  readonly padding: Padding;
  readonly dilations: number | Pair;
  /** Whether a last window counts that hangs over the padding, if it begins within image and padding before it. */
  readonly ceilMode: boolean;
}

/** The windows of an image of [height, width]. `name` is what the caller is called, `window` what it calls its window. */
export function windowsOf(
  name: string,
  [height, width]: Pair,
  options: WindowOptions,
  window = 'window',
): WindowAttributes {
  const size = pairOf(`${name}.${window}`, options.window, 1);
  const strides = pairOf(`${name}.strides`, options.strides, 1);
  const dilations = pairOf(`${name}.dilations`, options.dilations, 1);
  const padding = paddingOf(`${name}.padding`, options.padding);
  const axes = ([height, width] as const).map((cells, axis) => {
    const stride = strides[axis] as number;
    const reach = ((size[axis] as number) - 1) * (dilations[axis] as number) + 1;
    if (padding === 'same') {
      const output = Math.ceil(cells / stride);
      const total = Math.max(0, (output - 1) * stride + reach - cells);
      return { before: Math.floor(total / 2), after: Math.ceil(total / 2), output };
    }
    const [before, after] = padding === 'valid' ? [0, 0] : (padding[axis] as Pair);
    const steps = (before + cells + after - reach) / stride;
    const last = options.ceilMode ? Math.ceil(steps) : Math.floor(steps);
    // A window of padding alone does not count.
    return { before, after, output: last * stride >= before + cells ? last : last + 1 };
  });
  const [vertical, horizontal] = axes as [(typeof axes)[number], (typeof axes)[number]];
  return {
    window: size,
    strides,
    dilations,
    before: [vertical.before, horizontal.before],
    after: [vertical.after, horizontal.after],
    output: [vertical.output, horizontal.output],
  };
}

/** The cells that window `index` of an axis has inside an image of `size` cells; with `padding`, also those in its padding. */
export function cellsOf(of: WindowAttributes, axis: 0 | 1, size: number, index: number, padding = false): number[] {
  const start = index * of.strides[axis] - of.before[axis];
  const [first, end] = padding ? [-of.before[axis], size + of.after[axis]] : [0, size];
  const cells = Array.from({ length: of.window[axis] }, (_, k) => start + k * of.dilations[axis]);
  return cells.filter((cell) => cell >= first && cell < end);
}

/** Refuses windows without a cell of the image: they would have no largest value and no mean. */
export function checkWindows(name: string, shape: Shape, of: WindowAttributes): void {
  if (shape.length !== 4)
    throw new SaddlepointError(
      'shape',
      `${name}: expected images [n, height, width, channels], got ${showShape(shape)}`,
      'reshape a single image to [1, height, width, channels], images in gray to [n, height, width, 1]',
    );
  for (const axis of [0, 1] as const) {
    const size = shape[axis + 1] as number;
    const what = `${name}: a window of [${of.window}] (strides [${of.strides}], dilations [${of.dilations}])`;
    const where = `in ${showShape(shape)} with padding [[${of.before[0]},${of.after[0]}],[${of.before[1]},${of.after[1]}]]`;
    if (!(of.output[axis] >= 1)) throw new SaddlepointError('shape', `${what} does not fit ${where}`);
    for (let o = 0; o < of.output[axis]; o++) {
      if (cellsOf(of, axis, size, o).length === 0)
        throw new SaddlepointError('shape', `${what} would lie in padding alone ${where}`, 'use less padding');
    }
  }
}
