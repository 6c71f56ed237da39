/**
 * @file The tensor that users hold: a value of a trace under way, or data on the host. Functions of tensors run the same way
 * on both: traced tensors record, host tensors compute at once.
 */
import { type DType, dtypeOf, type HostArray } from '../core/dtype.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import { checkShape, type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { Tree } from '../core/tree.ts';
import type { HostTensor, Spec, Value } from './node.ts';
import type { Trace } from './trace.ts';

/** Shared by all copies of the library in a program, so that tensors are recognized without `instanceof`. */
const BRAND = Symbol.for('saddlepoint.tensor');

/** A tensor of f32, i32 or u8 elements: traced (no data yet) or on the host (row-major data). */
export class Tensor implements Spec {
  readonly [BRAND] = true;
  readonly shape: Shape;
  readonly dtype: DType;
  /** @internal The graph value of a traced tensor, with the trace it belongs to. */
  readonly traced: { readonly value: Value; readonly trace: Trace } | undefined;
  readonly #data: HostArray | undefined;

  /** @internal Use `tensor(…)`. */
  constructor(spec: Spec, traced: Tensor['traced'], data?: HostArray) {
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.traced = traced;
    this.#data = data;
  }

  /**
   * The elements, row-major. Eager results of f32 are computed, and kept, in double precision.
   * @throws SaddlepointError `trace` while tracing: the numbers do not exist yet.
   */
  get data(): HostArray {
    if (this.#data !== undefined) return this.#data;
    throw new SaddlepointError(
      'trace',
      `a traced tensor of shape ${showShape(this.shape)} has no numbers yet: it stands for a value of the step being built`,
      'choose by value with where(condition, a, b); return the tensor from the compiled function to read it',
    );
  }

  /** The only element of a tensor of size 1, as a number. */
  item(): number {
    if (sizeOf(this.shape) !== 1) {
      throw new SaddlepointError('shape', `item(): expected one element, got shape ${showShape(this.shape)}`);
    }
    return this.data[0] as number;
  }

  /** Nested arrays of numbers, or a number for a scalar. */
  toArray(): NestedNumbers {
    return nest(this.data, this.shape, 0, 0);
  }

  /** Makes `tensor + 1`, `if (tensor > 0)` and the like fail with the cure while tracing, and work for one element after. */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.toString();
    if (sizeOf(this.shape) === 1) return this.item();
    if (this.#data === undefined || hint === 'number') {
      throw new SaddlepointError(
        this.#data === undefined ? 'trace' : 'shape',
        `${this.toString()} was used as a number`,
        'use the ops: add, mul, greater, where, …; they work elementwise',
      );
    }
    return this.toString();
  }

  toString(): string {
    const what = `Tensor ${this.dtype}${showShape(this.shape)}`;
    if (this.#data === undefined) return `${what} (traced)`;
    const shown = Array.from(this.#data.subarray(0, 8), (x) =>
      String(Math.fround(x) === x ? x : Number(x.toPrecision(7))),
    );
    return `${what} [${shown.join(', ')}${this.#data.length > 8 ? ', …' : ''}]`;
  }
}

export type NestedNumbers = number | NestedNumbers[];

function nest(data: HostArray, shape: Shape, axis: number, offset: number): NestedNumbers {
  if (axis === shape.length) return data[offset] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: shape[axis] as number }, (_, i) => nest(data, shape, axis + 1, offset + i * inner));
}

export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** What ops take where they want a tensor: numbers, nested arrays and typed arrays become f32 host tensors (u8, i32 by type). */
export type TensorLike = Tensor | number | boolean | ArrayBufferView | readonly NestedTensorLike[];
type NestedTensorLike = number | boolean | ArrayBufferView | readonly NestedTensorLike[];

/**
 * A host tensor from numbers.
 *
 * @param data a number, nested arrays of equal lengths, or a typed array (kept, not copied, where its type is a storage type).
 * @param shape the shape; default: that of the nesting, or [length].
 * @param dtype 'f32' (default for numbers and floats), 'i32' (default for integer arrays) or 'u8' (default for byte arrays).
 * @throws SaddlepointError `shape` if lengths differ or do not fit the shape; `dtype` for values that the type cannot hold.
 * @example tensor([[1, 2], [3, 4]]); tensor(bytes, [60000, 784]);
 */
export function tensor(data: TensorLike, shape?: Shape, dtype?: DType): Tensor {
  if (isTensor(data)) {
    return shape === undefined && dtype === undefined
      ? data
      : tensor(data.data, shape ?? data.shape, dtype ?? data.dtype);
  }
  let natural: Shape;
  let array: HostArray;
  if (ArrayBuffer.isView(data)) {
    const found = dtypeOf(data);
    if (found === undefined)
      throw new SaddlepointError(
        'dtype',
        `tensor: cannot take ${show(data)}`,
        'use Float32Array, Int32Array or Uint8Array',
      );
    array = store(data as unknown as ArrayLike<number>, dtype ?? found);
    natural = [array.length];
  } else {
    const lengths: number[] = [];
    const flat: number[] = [];
    flatten(data, 0, lengths, flat, []);
    natural = lengths;
    array = store(flat, dtype ?? 'f32');
  }
  const wanted = shape ?? natural;
  checkShape('tensor', wanted);
  if (sizeOf(wanted) !== array.length) {
    throw new SaddlepointError(
      'shape',
      `tensor: shape ${showShape(wanted)} has ${sizeOf(wanted)} elements, the data ${array.length}`,
    );
  }
  return new Tensor(
    {
      shape: wanted,
      dtype: dtype ?? (array instanceof Int32Array ? 'i32' : array instanceof Uint8Array ? 'u8' : 'f32'),
    },
    undefined,
    array,
  );
}

/**
 * The tree with every leaf as a tensor. A list of numbers, typed arrays and such lists is one leaf (a nested array); a list
 * that holds a tensor or an object is a branch, as an empty one is.
 */
export function tensorsIn(tree: unknown): Tree<Tensor> {
  if (isTensor(tree)) return tree;
  if (Array.isArray(tree)) return isNestedArray(tree) ? tensor(tree as TensorLike) : tree.map(tensorsIn);
  const prototype = typeof tree === 'object' && tree !== null ? Object.getPrototypeOf(tree) : undefined;
  if (prototype === null || prototype === Object.prototype) {
    return Object.fromEntries(Object.entries(tree as object).map(([key, child]) => [key, tensorsIn(child)]));
  }
  return tensor(tree as TensorLike);
}

function isNestedArray(list: readonly unknown[]): boolean {
  const isNumeric = (x: unknown): boolean =>
    typeof x === 'number' || typeof x === 'boolean' || ArrayBuffer.isView(x) || (Array.isArray(x) && isNestedArray(x));
  return list.length > 0 && list.every(isNumeric);
}

/** A host tensor around data that already have the storage type; not copied. */
export function hostTensor(spec: Spec, data: HostArray): Tensor & HostTensor {
  return new Tensor(spec, undefined, data);
}

function flatten(data: unknown, depth: number, lengths: number[], out: number[], at: number[]): void {
  if (typeof data === 'number' || typeof data === 'boolean') {
    if (depth !== lengths.length) throw ragged(at, 'a number', 'a list');
    out.push(Number(data));
    return;
  }
  if (!Array.isArray(data) && !ArrayBuffer.isView(data))
    throw new SaddlepointError('dtype', `tensor: cannot take ${show(data)} at [${at.join(',')}]`);
  const list = data as unknown as ArrayLike<unknown>;
  if (depth === lengths.length) {
    if (out.length > 0) throw ragged(at, 'a list', 'a number');
    lengths.push(list.length);
  } else if (lengths[depth] !== list.length) throw ragged(at, `length ${list.length}`, `length ${lengths[depth]}`);
  for (let i = 0; i < list.length; i++) flatten(list[i], depth + 1, lengths, out, [...at, i]);
}

function ragged(at: number[], given: string, expected: string): SaddlepointError {
  return new SaddlepointError('shape', `tensor: ragged data: ${given} at [${at.join(',')}], ${expected} expected`);
}

function store(values: ArrayLike<number>, dtype: DType): HostArray {
  if (dtype === 'f32')
    return values instanceof Float32Array || values instanceof Float64Array ? values : Float64Array.from(values);
  if (dtype === 'i32' && values instanceof Int32Array) return values;
  if (dtype === 'u8' && values instanceof Uint8Array) return values;
  const array = dtype === 'i32' ? Int32Array.from(values) : Uint8Array.from(values);
  for (let i = 0; i < array.length; i++) {
    if (array[i] !== values[i])
      throw new SaddlepointError('dtype', `tensor: ${values[i]} at position ${i} is no ${dtype} value`);
  }
  return array;
}
