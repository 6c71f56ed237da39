/** @file Element types. Storage is f32, i32 or u8; arithmetic is f32; comparisons give 0 and 1 in f32. */

/** The types that elements are stored in: floats, whole numbers, bytes. */
export type DType = 'f32' | 'i32' | 'u8';

export const BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1 };

/** Arrays that hold tensor data on the host. Float64Array holds f32 tensors of the reference backend, in full precision. */
export type HostArray = Float64Array | Float32Array | Int32Array | Uint8Array;

/** What elements are stored in, outside of the reference backend. */
export const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** An array of zeros for results of host evaluation: doubles for f32. */
export function hostArray(dtype: DType, size: number): HostArray {
  if (dtype === 'f32') return new Float64Array(size);
  return dtype === 'i32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The dtype that a typed array naturally has; undefined for arrays that need a decision (Int8, BigInt …). */
export function dtypeOf(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array || array instanceof Float64Array) return 'f32';
  if (
    array instanceof Int32Array ||
    array instanceof Int16Array ||
    array instanceof Int8Array ||
    array instanceof Uint16Array
  )
    return 'i32';
  return array instanceof Uint8Array || array instanceof Uint8ClampedArray ? 'u8' : undefined;
}
