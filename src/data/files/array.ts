/** @file What readers of numeric files give: a shape and its numbers, in a form that `fit` takes. */
import type { Shape } from '../../core/shape.ts';

/** Numbers of a file, row-major. `fit` takes it as x or y: it has the form of a tensor. */
export interface NumericArray {
  readonly shape: Shape;
  readonly dtype: 'f32' | 'i32' | 'u8';
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** Files are taken up to this many bytes of numbers unless the reader is told otherwise. */
export const FILE_LIMIT = 2 ** 31 - 1;

export interface ArrayFileOptions {
  /** What errors call the file. */
  readonly name?: string;
  /** The most bytes that the numbers, and a decompressed file, may take; default 2 GiB. */
  readonly limit?: number;
}
