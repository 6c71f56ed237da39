/** @file The data of players: x, and y where there is one. Nothing is standardized: what players make is in units of the data. */
import { SaddlepointError } from '../core/errors.ts';
import { labelsOf } from '../data/labels.ts';
import { fitInputScaling, type Scaling } from '../data/scaling.ts';
import { type Source, toSource } from '../data/source.ts';
import { encodeTargets } from '../data/targets.ts';
import type { Spec } from '../graph/node.ts';

export interface PlayersData {
  /** Rows, as of `Data`; bytes are divided by 255, all else is taken as it is. */
  readonly x: unknown;
  /**
   * For each row of x a class (whole numbers, names, booleans), which a loss gets as class numbers i32 [rows], or values, which
   * it gets as it gets x.
   */
  readonly y?: unknown;
}

/** Rows of one name. */
export interface PlayersSource {
  readonly spec: Spec;
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** Undefined: class numbers. */
  readonly scaling: Scaling | undefined;
}

/** @throws SaddlepointError `data` for what `toSource` and `encodeTargets` refuse. */
export function readPlayersData(data: PlayersData): {
  sources: Record<string, PlayersSource>;
  rows: number;
  notes: readonly string[];
} {
  if (data === null || typeof data !== 'object' || !('x' in data))
    throw new SaddlepointError('data', 'expected data { x }, or { x, y }', 'x: the rows');
  const { x, y } = data;
  const labels = y as { readonly length?: number; readonly shape?: readonly number[] } | null | undefined;
  const count = Array.isArray(labels?.shape) ? labels.shape[0] : labels?.length;
  const source = toSource(x, { name: 'x', rows: ArrayBuffer.isView(x) ? count : undefined });
  const { rows } = source;
  const read = scaledSource(source, 'x');
  if (y === undefined) return { sources: { x: read.source }, rows, notes: read.notes };
  const target = isClasses(y, rows) ? classes(y, rows) : scaledSource(toSource(y, { name: 'y', rows }), 'y');
  return { sources: { x: read.source, y: target.source }, rows, notes: [...read.notes, ...target.notes] };
}

interface Read {
  readonly source: PlayersSource;
  readonly notes: readonly string[];
}

function scaledSource(source: Source, name: string): Read {
  const { scaling, notes } = fitInputScaling(source, new Int32Array(0), { standardize: false });
  const { rows, rowShape, dtype, data } = source;
  const spec = { shape: [rows, ...(rowShape.length === 0 ? [1] : rowShape)], dtype };
  return { source: { spec, data, scaling }, notes: notes.map((note) => note.replace(/^x:/, `${name}:`)) };
}

function classes(y: unknown, rows: number): Read {
  const { data, notes } = encodeTargets(y, 'class', { name: 'y', rows });
  return { source: { spec: { shape: [rows], dtype: 'i32' }, data, scaling: undefined }, notes };
}

/** Whether there is one label a row, and none is a fraction or negative. */
function isClasses(y: unknown, rows: number): boolean {
  const values = labelsOf(y, { name: 'y', rows })?.values;
  return (
    values !== undefined &&
    Array.from(values).every((value) => typeof value !== 'number' || (Number.isInteger(value) && value >= 0))
  );
}
