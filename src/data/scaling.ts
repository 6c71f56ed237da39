/**
 * @file Scaling of inputs and of regression targets: fitted on the training rows, part of the model, saved with it, applied
 * once. All arithmetic is f32, in the order that the device uses, so that host and device agree bit for bit.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { columnName } from './nested.ts';
import type { Source } from './source.ts';
import type { Targets } from './targets.ts';

/** (x − shift) × scale, per column or one for all. */
export interface Scaling {
  readonly kind: 'none' | 'bytes' | 'standardize';
  /** Length 1, or one a column; in the units of the data. */
  readonly shift: Float32Array;
  /** As long as `shift`; 1 / the units of the data. 0 for a constant column of inputs, which so becomes exactly 0. */
  readonly scale: Float32Array;
}

export interface Fitted {
  readonly scaling: Scaling;
  /** What was done, and which columns are constant, for people to read. */
  readonly notes: string[];
}

export const noScaling: Scaling = { kind: 'none', shift: Float32Array.of(0), scale: Float32Array.of(1) };

/** A deviation below this share of the mean is rounding, not information: f32 has some 7 digits. */
const CONSTANT = 1e-7;

/**
 * The scaling of inputs. Bytes are divided by 255. Columns of f32 (row shape [] or [k]) are standardized: mean 0 and
 * population standard deviation 1 over the training rows. Higher ranks and i32 (ids) are left as they are.
 *
 * A constant column gets shift = its value and scale = 0, so it is exactly 0 and stays 0 whatever comes at prediction: the
 * weights behind it have never learnt anything.
 *
 * @param rows the training rows only: rows of validation must not leak into the scaling
 * @param options.standardize false leaves f32 columns as they are; default true
 */
export function fitInputScaling(
  source: Source,
  rows: Int32Array,
  options: { standardize?: boolean | undefined },
): Fitted {
  if (source.dtype === 'u8') {
    const scaling: Scaling = { kind: 'bytes', shift: Float32Array.of(0), scale: Float32Array.of(1 / 255) };
    return { scaling, notes: ['x: bytes are divided by 255'] };
  }
  if (source.dtype === 'i32' || source.rowShape.length > 1 || options.standardize === false) {
    return { scaling: noScaling, notes: [] };
  }
  const columns = sizeOf(source.rowShape);
  const { mean, deviation } = moments(source.data, columns, rows);
  const { scaling, constant } = standardizing(mean, deviation, 0);
  const what = columns === 1 ? 'the column is' : `${columns} columns are`;
  const notes = [`x: ${what} standardized over ${rows.length} training rows (standardize: false turns this off)`];
  if (constant.length > 0) {
    const { subject, verb } = listed(constant, source.columns);
    notes.push(`x: ${subject} ${verb} constant over the training rows and ${verb} set to 0`);
  }
  return { scaling, notes };
}

/**
 * The scaling of regression targets, the same rule; only targets of kind `value` are scaled. Predictions go back to the
 * user's units by `invertScaling`. A constant column has scale 1, so that the way back exists.
 */
export function fitTargetScaling(
  targets: Targets,
  rows: Int32Array,
  options: { standardize?: boolean | undefined },
): Fitted {
  if (targets.kind !== 'value' || options.standardize === false) return { scaling: noScaling, notes: [] };
  const { mean, deviation } = moments(targets.data, targets.width, rows);
  const { scaling, constant } = standardizing(mean, deviation, 1);
  const notes = ['y: targets are standardized for training; reports and predictions are in your units'];
  if (constant.length > 0) {
    const { subject, verb } = listed(constant, []);
    notes.push(`y: ${subject} ${verb} constant over the training rows; there is nothing to learn from that`);
  }
  return { scaling, notes };
}

/** Mean and population standard deviation of each column over some rows: two passes in double precision, corrected. */
function moments(data: ArrayLike<number>, columns: number, rows: Int32Array) {
  if (rows.length === 0) throw new SaddlepointError('data', 'scaling: there are no training rows to fit it on');
  const mean = new Float64Array(columns);
  for (const row of rows) {
    for (let j = 0, k = row * columns; j < columns; j++, k++) mean[j]! += data[k] as number;
  }
  for (let j = 0; j < columns; j++) mean[j]! /= rows.length;
  const squares = new Float64Array(columns);
  const rest = new Float64Array(columns);
  for (const row of rows) {
    for (let j = 0, k = row * columns; j < columns; j++, k++) {
      const difference = (data[k] as number) - (mean[j] as number);
      squares[j]! += difference * difference;
      rest[j]! += difference;
    }
  }
  // The rounding of the mean, taken out of the squares (Chan, Golub and LeVeque 1983, the corrected two-pass algorithm).
  const deviation = squares.map((sum, j) => {
    const left = rest[j] as number;
    const correction = (left * left) / rows.length;
    return Math.sqrt(Math.max(0, sum - correction) / rows.length);
  });
  return { mean, deviation };
}

/** @internal The scaling of columns with these moments, and which of them are constant. */
export function standardizing(mean: Float64Array, deviation: Float64Array, scaleOfConstant: 0 | 1) {
  const constant: number[] = [];
  const shift = Float32Array.from(mean, (value) => value + 0);
  const scale = new Float32Array(mean.length);
  for (let j = 0; j < mean.length; j++) {
    const spread = deviation[j] as number;
    const factor = Math.fround(1 / spread);
    // The factor of a deviation below 3e-39 is no f32: such a column is constant too.
    if (spread > CONSTANT * Math.abs(mean[j] as number) && Number.isFinite(factor)) {
      scale[j] = factor;
    } else {
      scale[j] = scaleOfConstant;
      constant.push(j);
    }
  }
  const scaling: Scaling = { kind: 'standardize', shift, scale };
  return { scaling, constant };
}

/** `columns 1, 'g' and 3 more` with its verb. */
function listed(columns: readonly number[], names: readonly string[]): { subject: string; verb: string } {
  const first = columns.slice(0, 5).map((column) => columnName(column, names).slice('column '.length));
  const more = columns.length > 5 ? ` and ${columns.length - 5} more` : '';
  const one = columns.length === 1;
  return { subject: `${one ? 'column' : 'columns'} ${first.join(', ')}${more}`, verb: one ? 'is' : 'are' };
}

function checkColumns(scaling: Scaling, data: ArrayLike<number>, columns: number): void {
  const { length } = scaling.shift;
  if ((length === 1 || length === columns) && data.length % columns === 0) return;
  throw new SaddlepointError(
    'data',
    `scaling: fitted on ${length} columns, applied to ${data.length} values in rows of ${columns}`,
    'give rows with the columns of the training data, in the same order',
  );
}

/**
 * Scaled rows: fround(fround(x − shift) × scale) for each value. An f32 array under kind `none` is returned as it is.
 *
 * @param columns the values of one row
 */
export function applyScaling(scaling: Scaling, data: Source['data'], columns: number): Float32Array {
  checkColumns(scaling, data, columns);
  if (scaling.kind === 'none') return data instanceof Float32Array ? data : Float32Array.from(data);
  return mapColumns(scaling, data, columns, (x, shift, scale) => Math.fround(x - shift) * scale);
}

/** The way back, from scaled values to the user's units: z / scale + shift. Where scale is 0, the constant itself. */
export function invertScaling(scaling: Scaling, data: Float32Array, columns: number): Float32Array {
  checkColumns(scaling, data, columns);
  if (scaling.kind === 'none') return data;
  return mapColumns(scaling, data, columns, (z, shift, scale) =>
    scale === 0 ? shift : Math.fround(z / scale) + shift,
  );
}

function mapColumns(
  { shift, scale }: Scaling,
  data: ArrayLike<number>,
  columns: number,
  f: (x: number, shift: number, scale: number) => number,
): Float32Array {
  const out = new Float32Array(data.length);
  const shared = shift.length === 1;
  for (let k = 0, j = 0; k < data.length; k++) {
    const at = shared ? 0 : j;
    out[k] = f(data[k] as number, shift[at] as number, scale[at] as number);
    if (++j === columns) j = 0;
  }
  return out;
}

/** A scaling as JSON: f32 numbers are printed as doubles, which gives the same bits back. */
export interface ScalingJson {
  readonly kind: Scaling['kind'];
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

/** The scaling as JSON, which `scalingFromJson` reads. */
export function scalingToJson({ kind, shift, scale }: Scaling): ScalingJson {
  return { kind, shift: Array.from(shift), scale: Array.from(scale) };
}

/**
 * Reads a scaling from a file, which may hold anything.
 *
 * @param columns the values of one row of the model's input
 * @throws SaddlepointError `file`: an unknown kind, lists of another length, values that are no finite f32.
 */
export function scalingFromJson(json: unknown, columns: number): Scaling {
  const damaged = (what: string) =>
    new SaddlepointError(
      'file',
      `scaling: ${what}`,
      'the file is damaged or was written by another program; save it again',
    );
  if (json === null || typeof json !== 'object') throw damaged(`expected an object, got ${show(json)}`);
  const { kind, shift, scale } = json as Record<string, unknown>;
  if (kind !== 'none' && kind !== 'bytes' && kind !== 'standardize') throw damaged(`unknown kind ${show(kind)}`);
  const read = (what: string, list: unknown): Float32Array => {
    if (!Array.isArray(list)) throw damaged(`expected a list of numbers for ${what}, got ${show(list)}`);
    if (list.length !== 1 && (kind !== 'standardize' || list.length !== columns)) {
      throw damaged(`${what} has ${list.length} values for ${columns} columns`);
    }
    const bad = list.findIndex((value) => typeof value !== 'number' || !Number.isFinite(Math.fround(value)));
    if (bad >= 0) throw damaged(`${what}[${bad}] is ${show(list[bad])}, a finite 32-bit float expected`);
    return Float32Array.from(list as number[]);
  };
  const result: Scaling = { kind, shift: read('shift', shift), scale: read('scale', scale) };
  if (result.shift.length === result.scale.length) return result;
  throw damaged(`shift has ${result.shift.length} values, scale ${result.scale.length}`);
}
