/**
 * @file Windows that slide over images, tap by tap: tap (p, q) of all windows is a strided slice of the padded images, and what goes
 * back is spread with zeros between. With products and sums of these every convolution and pooling can be written on any backend.
 */
import type { Tensor, Tfjs } from '../tfjs.ts';

type Pair = readonly [vertical: number, horizontal: number];

/** Window (i, j) has the cells i · stride − before + p · dilation of each axis. */
export interface Windows {
  readonly window: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly before: Pair;
  readonly output: Pair;
}

/** Cells from the first to the last that any window has, padding included. */
const reach = ({ window, strides, dilations, output }: Windows, axis: 0 | 1): number =>
  (output[axis] - 1) * strides[axis] + (window[axis] - 1) * dilations[axis] + 1;

export function tapsOf({ window }: Windows): Pair[] {
  return Array.from({ length: window[0] * window[1] }, (_, i): Pair => [Math.floor(i / window[1]), i % window[1]]);
}

/** Images [n, height, width, channels] with `value` around them, as far as windows reach. */
export function padded({ core }: Tfjs, x: Tensor, windows: Windows, value = 0): Tensor {
  const sides = ([0, 1] as const).map((axis): [number, number] => {
    const before = windows.before[axis];
    return [before, Math.max(0, reach(windows, axis) - before - (x.shape[axis + 1] as number))];
  });
  return core.pad(x, [[0, 0], ...sides, [0, 0]], value);
}

/** One tap of padded images: [n, rows, columns, channels]. */
export function tapOf({ core }: Tfjs, whole: Tensor, { strides, dilations, output }: Windows, [p, q]: Pair): Tensor {
  const [n, , , channels] = whole.shape as [number, number, number, number];
  const [top, left] = [p * dilations[0], q * dilations[1]];
  const end = [top + (output[0] - 1) * strides[0] + 1, left + (output[1] - 1) * strides[1] + 1] as const;
  if (strides[0] === 1 && strides[1] === 1)
    return core.slice(whole, [0, top, left, 0], [n, end[0] - top, end[1] - left, channels]);
  return core.stridedSlice(whole, [0, top, left, 0], [n, end[0], end[1], channels], [1, strides[0], strides[1], 1]);
}

/** What `tapOf` takes, put back to its place among zeros: as large as the padded images. */
export function spread({ core }: Tfjs, y: Tensor, windows: Windows, [p, q]: Pair): Tensor {
  const { strides, dilations, output } = windows;
  const [n, , , channels] = y.shape as [number, number, number, number];
  const [rows, columns] = output;
  let wide = y;
  if (strides[1] > 1) {
    const cells = core.reshape(wide, [n * rows * columns, 1, channels]);
    const apart = core.pad(cells, [
      [0, 0],
      [0, strides[1] - 1],
      [0, 0],
    ]);
    wide = core.reshape(apart, [n, rows, columns * strides[1], channels]);
  }
  if (strides[0] > 1) {
    const line = (wide.shape[2] as number) * channels;
    const apart = core.pad(core.reshape(wide, [n * rows, 1, line]), [
      [0, 0],
      [0, strides[0] - 1],
      [0, 0],
    ]);
    wide = core.reshape(apart, [n, rows * strides[0], wide.shape[2] as number, channels]);
  }
  const inner = [(rows - 1) * strides[0] + 1, (columns - 1) * strides[1] + 1] as const;
  const [top, left] = [p * dilations[0], q * dilations[1]];
  return core.pad(core.slice(wide, [0, 0, 0, 0], [n, inner[0], inner[1], channels]), [
    [0, 0],
    [top, reach(windows, 0) - top - inner[0]],
    [left, reach(windows, 1) - left - inner[1]],
    [0, 0],
  ]);
}

/** The images of [height, width] within what `spread` gives. */
export function cropped({ core }: Tfjs, whole: Tensor, { before }: Windows, [height, width]: Pair): Tensor {
  const [n, rows, columns, channels] = whole.shape as [number, number, number, number];
  const [inY, inX] = [Math.min(height, rows - before[0]), Math.min(width, columns - before[1])];
  const inside = core.slice(whole, [0, before[0], before[1], 0], [n, inY, inX, channels]);
  if (inY === height && inX === width) return inside;
  return core.pad(inside, [
    [0, 0],
    [0, height - inY],
    [0, width - inX],
    [0, 0],
  ]);
}

/** The sum of what is made of each tap. */
export function sumOfTaps({ core }: Tfjs, windows: Windows, f: (tap: Pair) => Tensor): Tensor {
  return tapsOf(windows)
    .map(f)
    .reduce((total, part) => core.add(total, part));
}
