/** @file Rows as images, for tricks that cut parts out of them. */
import { SaddlepointError, show } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { float, greaterEqual, less, mul } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';

export interface ImageShapeOption {
  /**
   * What a row is, where rows are flat: [height, width] or [height, width, channels]. Default: rows are images already, of
   * shape [height, width] or [height, width, channels].
   */
  readonly shape?: readonly number[];
}

/** @throws SaddlepointError `option` for anything but two or three whole numbers ≥ 1. */
export function checkImageShape(option: string, shape: readonly number[] | undefined): void {
  if (shape === undefined) return;
  const sizes: unknown = shape;
  if (
    Array.isArray(sizes) &&
    (sizes.length === 2 || sizes.length === 3) &&
    sizes.every((size) => Number.isInteger(size) && size >= 1)
  )
    return;
  throw new SaddlepointError(
    'option',
    `${option}: expected [height, width] or [height, width, channels], got ${show(shape)}`,
  );
}

/** The rows as [n, height, width, channels]. */
export function asImages(name: string, x: Tensor, shape: readonly number[] | undefined): Tensor {
  const [n] = x.shape as [number];
  const own = shape ?? x.shape.slice(1);
  const [height, width, channels = 1] = own as [number, number, number?];
  const fits = (own.length === 2 || own.length === 3) && n * sizeOf(own) === sizeOf(x.shape);
  if (fits) return reshape(x, [n, height, width, channels]);
  throw new SaddlepointError(
    'shape',
    `${name}: expected images ${shape === undefined ? '[height, width] or [height, width, channels]' : showShape(shape)} a row, got ${showShape(x.shape.slice(1))}`,
    'of flat rows say what they are: { shape: [28, 28] }',
  );
}

/** 1 between two places of an axis, else 0: the product of a range of rows and one of columns, [n or 1, height, width, 1]. */
export function rectangle(
  height: number,
  width: number,
  [top, bottom]: readonly [Tensor, Tensor],
  [left, right]: readonly [Tensor, Tensor],
): Tensor {
  const inside = (count: number, shape: readonly number[], from: Tensor, to: Tensor): Tensor => {
    const places = tensor(
      Float32Array.from({ length: count }, (_, i) => i),
      shape,
    );
    return mul(float(greaterEqual(places, from)), float(less(places, to)));
  };
  return mul(inside(height, [1, height, 1, 1], top, bottom), inside(width, [1, 1, width, 1], left, right));
}
