/** @file Shapes and row-major index arithmetic. A scalar has shape []; every dimension is ≥ 1: empty tensors are refused. */
import { SaddlepointError } from './errors.ts';

/** The size of each axis, the slowest first; [] is a scalar. */
export type Shape = readonly number[];

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

/** Checks that every dimension is an integer ≥ 1, and that the size can be addressed. */
export function checkShape(where: string, shape: Shape): void {
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 1) {
      throw new SaddlepointError(
        'shape',
        `${where}: every dimension must be an integer ≥ 1, got shape ${showShape(shape)}`,
        'empty tensors are not allowed; leave out the call when there is no data',
      );
    }
  }
  if (sizeOf(shape) > 2 ** 30) {
    throw new SaddlepointError('shape', `${where}: shape ${showShape(shape)} has more than 2^30 elements`);
  }
}

/** The axis counted from the front, for an axis that may count from the back (−1 is the last). */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const legal = rank === 0 ? 'a scalar has none' : `legal: ${-rank} … ${rank - 1}`;
    throw new SaddlepointError('shape', `${where}: axis ${axis} does not exist in rank ${rank}`, legal);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Ascending, distinct axes counted from the front; `undefined` means all. */
export function normalizeAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(where, axis, rank));
  if (new Set(list).size !== list.length)
    throw new SaddlepointError('shape', `${where}: axes [${list.join(',')}] name one axis twice`);
  return list.sort((a, b) => a - b);
}

/** The common shape under NumPy's broadcasting rule: aligned at the last axis, dimensions equal or 1. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let i = 0; i < rank; i++) {
    const da = a[a.length - rank + i] ?? 1;
    const db = b[b.length - rank + i] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw new SaddlepointError(
        'shape',
        `${where}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: ${da} against ${db} at axis ${i - rank}`,
        'dimensions must be equal or 1, counted from the last axis; reshape one of them',
      );
    }
    result.push(Math.max(da, db));
  }
  return result;
}
