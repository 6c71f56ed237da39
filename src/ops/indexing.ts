/** @file Ops that pick by index: gather and scatterAdd (one family: each is the other's gradient), oneHot, rows of a minibatch. */
import { hostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { checkShape, type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { float, mul, sub } from './elementwise.ts';
import { broadcastTo, reshape } from './movement.ts';

/** Indices below `rows` as i32; fractions, NaN and numbers beyond i32 are refused where the numbers are known. */
export function indices(name: string, input: TensorLike, rows: number): Tensor {
  const t = isTensor(input) ? input : tensor(input);
  if (t.dtype === 'i32') return t;
  if (t.traced !== undefined || t.dtype === 'u8') {
    if (t.dtype === 'u8' && t.traced === undefined) return tensor(Int32Array.from(t.data), t.shape);
    throw new SaddlepointError(
      'dtype',
      `${name}: expected i32 indices, got ${t.dtype}${showShape(t.shape)}`,
      "convert with cast(x, 'i32')",
    );
  }
  const position = t.data.findIndex((value) => (value | 0) !== value);
  if (position >= 0) throw indexError(name, position, t.data[position] as number, rows);
  return tensor(Int32Array.from(t.data), t.shape);
}

/** What was wrong with an index; the `cause` of the error. */
export interface BadIndex {
  readonly position: number;
  readonly value: number;
  /** Legal are 0 … rows − 1. */
  readonly rows: number;
}

/** Refuses an index outside 0 … rows − 1, naming position, value and range: the same words on every backend. */
export function indexError(name: string, position: number, value: number, rows: number, path = ''): SaddlepointError {
  const range = `${Number.isInteger(value) ? 'is outside' : 'is no integer in'} 0 … ${rows - 1}`;
  const where = path === '' ? '' : ` (in layer '${path}')`;
  const cause: BadIndex = { position, value, rows };
  const help = value === -1 && path !== '' ? 'a layer meets an id that is no whole number as −1' : undefined;
  return new SaddlepointError('data', `${name}: index ${value} at position ${position} ${range}${where}`, help, {
    cause,
  });
}

/** What an error of `indexError` says, as data; undefined for other errors. */
export function badIndexOf(error: unknown): BadIndex | undefined {
  const cause = error instanceof SaddlepointError && error.code === 'data' ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'rows' in cause ? (cause as BadIndex) : undefined;
}

function checkIndices(name: string, list: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < list.length; i++) {
    const value = list[i] as number;
    if (!(value >= 0 && value < rows)) throw indexError(name, i, value, rows);
  }
}

function requireIndices(name: string, spec: Spec): void {
  if (spec.dtype !== 'i32')
    throw new SaddlepointError('dtype', `${name}: expected i32 indices, got ${spec.dtype}${showShape(spec.shape)}`);
}

export const gatherOp: Op<Record<string, never>> & { name: 'gather' } = {
  name: 'gather',
  infer(inputs) {
    const [table, index] = inputs as [Spec, Spec];
    requireIndices('gather', index);
    if (table.shape.length === 0)
      throw new SaddlepointError('shape', 'gather: expected a table of rank ≥ 1, got a scalar');
    return [{ shape: [...index.shape, ...table.shape.slice(1)], dtype: table.dtype }];
  },
  evaluate(inputs) {
    const [table, index] = inputs as [HostTensor, HostTensor];
    const rows = table.shape[0] as number;
    checkIndices('gather', index.data, rows);
    const width = table.data.length / rows;
    const result = hostArray(table.dtype, index.data.length * width);
    index.data.forEach((row: number, i: number) => {
      result.set(table.data.subarray(row * width, (row + 1) * width), i * width);
    });
    return [result];
  },
  gradient({ inputs, cotangents }) {
    const [table, index] = inputs as [Tensor, Tensor];
    return [scatterAdd(index, cotangents[0] as Tensor, table.shape[0] as number), undefined];
  },
};

/**
 * Rows of a table.
 *
 * @param table [rows, …] of any type.
 * @param index whole numbers in 0 … rows − 1, of any shape.
 * @returns [...index.shape, …].
 * @throws SaddlepointError `data` that names position, value and range for an index outside; on the device when it runs.
 */
export function gather(table: TensorLike, index: TensorLike): Tensor {
  const source = isTensor(table) ? table : tensor(table);
  return apply(gatherOp, [source, indices('gather', index, source.shape[0] ?? 1)], {})[0] as Tensor;
}

export const scatterAddOp: Op<{ rows: number; rowShape: Shape }> & { name: 'scatterAdd' } = {
  name: 'scatterAdd',
  infer(inputs, { rows, rowShape }) {
    const [index, updates] = inputs as [Spec, Spec];
    requireIndices('scatterAdd', index);
    const expected = [...index.shape, ...rowShape];
    if (updates.dtype !== 'f32' || showShape(updates.shape) !== showShape(expected)) {
      throw new SaddlepointError(
        'shape',
        `scatterAdd: expected updates f32${showShape(expected)}, got ${updates.dtype}${showShape(updates.shape)}`,
      );
    }
    checkShape('scatterAdd', [rows]);
    return [{ shape: [rows, ...rowShape], dtype: 'f32' }];
  },
  evaluate(inputs, { rows, rowShape }) {
    const [index, updates] = inputs as [HostTensor, HostTensor];
    checkIndices('scatterAdd', index.data, rows);
    const width = sizeOf(rowShape);
    const result = new Float64Array(rows * width);
    for (let i = 0; i < updates.data.length; i++) {
      const at = (index.data[Math.floor(i / width)] as number) * width + (i % width);
      result[at] = (result[at] as number) + (updates.data[i] as number);
    }
    return [result];
  },
  gradient: ({ inputs, cotangents }) => [undefined, gather(cotangents[0] as Tensor, inputs[0] as Tensor)],
};

/** A table [rows, …] of zeros to whose rows `index[i]` the updates [...index.shape, …] are added; duplicates are summed. */
export function scatterAdd(index: TensorLike, updates: TensorLike, rows: number): Tensor {
  const list = indices('scatterAdd', index, rows);
  const values = float(updates);
  return apply(scatterAddOp, [list, values], { rows, rowShape: values.shape.slice(list.shape.length) })[0] as Tensor;
}

export const oneHotOp: Op<{ depth: number }> & { name: 'oneHot' } = {
  name: 'oneHot',
  infer([index], { depth }) {
    requireIndices('oneHot', index as Spec);
    checkShape('oneHot', [depth]);
    return [{ shape: [...(index as Spec).shape, depth], dtype: 'f32' }];
  },
  evaluate([index], { depth }) {
    const { data } = index as HostTensor;
    checkIndices('oneHot', data, depth);
    const result = new Float64Array(data.length * depth);
    data.forEach((value: number, i: number) => {
      result[i * depth + value] = 1;
    });
    return [result];
  },
  gradient: () => [undefined],
};

/** [...index.shape, depth] with 1 at each index along the last axis, else 0. No gradient. */
export const oneHot = (index: TensorLike, depth: number): Tensor =>
  apply(oneHotOp, [indices('oneHot', index, depth)], { depth })[0] as Tensor;

export const gatherRowsOp: Op<Record<string, never>> & { name: 'gatherRows' } = {
  name: 'gatherRows',
  infer(inputs) {
    const [source, index, shift, scale] = inputs as [Spec, Spec, Spec, Spec];
    const [rows] = gatherOp.infer([source, index], {}) as [Spec];
    const width = sizeOf(source.shape.slice(1));
    if (source.dtype === 'i32') throw new SaddlepointError('dtype', 'gatherRows: expected f32 or u8, got i32');
    for (const { shape } of [shift, scale]) {
      if (shape.length > 1 || shape.length !== shift.shape.length || (shape.length === 1 && shape[0] !== width)) {
        throw new SaddlepointError(
          'shape',
          `gatherRows: expected shift and scale of shape [] or [${width}], got ${showShape(shape)}`,
        );
      }
    }
    return [{ shape: rows.shape, dtype: 'f32' }];
  },
  decompose(inputs) {
    const [source, index, shift, scale] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const rows = float(gather(source, index));
    const flat = reshape(rows, [sizeOf(index.shape), sizeOf(source.shape.slice(1))]);
    return [reshape(mul(sub(flat, shift), scale), rows.shape)];
  },
};

/**
 * The minibatch: rows of a source of any type as f32, each element (x − shift) · scale; shift and scale are [] or one a
 * column.
 */
export function gatherRows(source: TensorLike, index: TensorLike, shift: TensorLike, scale: TensorLike): Tensor {
  const table = isTensor(source) ? source : tensor(source);
  const rows = table.shape[0] ?? 1;
  const width = sizeOf(table.shape.slice(1));
  let parameters = [float(shift), float(scale)];
  if (parameters[0]?.shape.length !== parameters[1]?.shape.length)
    parameters = parameters.map((parameter) => broadcastTo(parameter, [width]));
  const inputs = [table, indices('gatherRows', index, rows), ...parameters];
  // The machine converts bytes on the way; integers, which hardly occur, take the long way.
  return (
    table.dtype === 'i32' ? gatherRowsOp.decompose?.(inputs, {}) : apply(gatherRowsOp, inputs, {})
  )?.[0] as Tensor;
}
