/** @file Targets: labels and amounts in the forms that people have them, turned into what a loss takes; says what it saw. */
import { SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { identityClasses } from './class-numbers.ts';
import {
  type ClassName,
  distinctSorted,
  type LabelOptions,
  labelError,
  labelsOf,
  labelType,
  lookUp,
  numberLabels,
} from './labels.ts';
import type { Vector } from './nested.ts';
import { type Source, toSource } from './source.ts';

export interface Targets {
  readonly kind: 'class' | 'binary' | 'value';
  /** Class numbers [n] as Int32Array; otherwise, and for classes given as probabilities, f32 [n, width]. */
  readonly data: Int32Array | Float32Array;
  /** The count of classes, or of values a row. */
  readonly width: number;
  /** The name of each class by its number; undefined for values and for several yes–no answers a row. */
  readonly classes: readonly ClassName[] | undefined;
  /** Which form was seen, for people to read. */
  readonly notes: readonly string[];
}

export interface TargetOptions {
  /** What errors call it. */
  readonly name: 'y';
  /** The count of rows of x. */
  readonly rows?: number | undefined;
  /** Outputs of the model's last layer. */
  readonly units?: number | undefined;
  /** The classes of a loaded model: labels must be among them and keep their numbers. */
  readonly classes?: readonly ClassName[] | undefined;
}

/**
 * Reads targets for a loss.
 *
 * - `class`: one label a row (integers, names, booleans; an array, a column `[n][1]`, a typed array, a tensor) or one row of
 *   values (one-hot rows become class numbers; rows of probabilities, sum 1 within 1e-3, stay as they are). Integers
 *   0 … units − 1 are class numbers; otherwise, if there are as many different labels as units, they are numbered in order.
 * - `binary`: 0 and 1, booleans, or two names (the second in order is 1); rows of several 0 and 1 for several answers a row.
 * - `value`: finite numbers, one or several a row.
 *
 * @throws SaddlepointError `data`: a label outside the range, a fraction, NaN, mixed types, another count of rows than x,
 * more classes than units; row, value and range are named.
 * @example encodeTargets(['c', 'a', 'b'], 'class', { name: 'y' }).data; // Int32Array [2, 0, 1], classes ['a', 'b', 'c']
 */
export function encodeTargets(y: unknown, kind: Targets['kind'], options: TargetOptions): Targets {
  if (kind === 'value') return encodeValues(y, options);
  const labels = labelsOf(y, options);
  if (labels === undefined) return encodeRows(toSource(y, options), kind, options);
  const form = labels.column ? [`${options.name}: a column of labels, read as one label a row`] : [];
  const encoded = kind === 'binary' ? encodeBinary(labels.values, options) : encodeClasses(labels.values, options);
  return { ...encoded, notes: [...form, ...encoded.notes] };
}

function encodeClasses(values: Vector, options: LabelOptions): Targets {
  const { numbers, width, classes, notes } = numberLabels(values, options);
  return { kind: 'class', data: numbers, width, classes, notes };
}

function encodeBinary(values: Vector, { name, classes, units }: LabelOptions): Targets {
  checkWidth(name, 1, units);
  const type = labelType(name, values);
  const result = (names: readonly ClassName[], note: string): Targets => {
    const data = Float32Array.from(lookUp(name, values, names));
    return { kind: 'binary', data, width: 1, classes: names, notes: [note] };
  };
  if (classes !== undefined) return result(classes, `${name}: the model's two classes`);
  if (type === 'boolean') return result(['false', 'true'], `${name}: booleans, true is 1`);
  if (type === 'number') {
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== 0 && values[i] !== 1) {
        throw labelError(
          name,
          values,
          i,
          'allowed 0 and 1',
          'for more than two classes use a cross-entropy of classes',
        );
      }
    }
    return result([0, 1], `${name}: numbers 0 and 1`);
  }
  const found = distinctSorted(values);
  if (found.length === 2) return result(found, `${name}: two names: '${found[0]}' is 0, '${found[1]}' is 1`);
  throw new SaddlepointError(
    'data',
    `${name}: ${found.length} different ${found.length === 1 ? 'name' : 'names'}, exactly 2 expected for a binary loss`,
    found.length === 1 ? 'rows of both kinds are needed' : 'for more than two classes use a cross-entropy of classes',
  );
}

/** Several values a row: one-hot rows, probabilities, or yes–no answers. */
function encodeRows(source: Source, kind: 'class' | 'binary', { name, units, classes }: LabelOptions): Targets {
  if (source.rowShape.length !== 1) {
    throw new SaddlepointError(
      'data',
      `${name}: labels of rank ${source.rowShape.length + 1}, expected one label a row or one row of values each`,
    );
  }
  const width = source.rowShape[0] as number;
  checkWidth(name, width, units ?? classes?.length);
  if (kind === 'binary') {
    const bad = source.data.findIndex((value) => !(value >= 0 && value <= 1));
    if (bad >= 0) {
      throw new SaddlepointError(
        'data',
        `${name}: row ${Math.floor(bad / width)} (counted from 0), column ${bad % width} is ${source.data[bad]}, allowed 0 to 1`,
      );
    }
    const notes = [`${name}: ${width} answers from 0 to 1 a row`];
    return { kind, data: Float32Array.from(source.data), width, classes: undefined, notes };
  }
  const names = classes ?? identityClasses(width);
  const numbers = oneHot(source, width);
  if (numbers !== undefined) {
    return {
      kind,
      data: numbers,
      width,
      classes: names,
      notes: [`${name}: one-hot rows of ${width}, read as class numbers`],
    };
  }
  checkProbabilities(name, source, width);
  const notes = [`${name}: rows of ${width} probabilities`];
  return { kind, data: Float32Array.from(source.data), width, classes: names, notes };
}

/** The class number of each row, if every row is one 1 among zeros. */
function oneHot({ data, rows }: Source, width: number): Int32Array | undefined {
  const numbers = new Int32Array(rows).fill(-1);
  for (let row = 0, k = 0; row < rows; row++) {
    for (let j = 0; j < width; j++, k++) {
      if (data[k] === 0) continue;
      if (data[k] !== 1 || numbers[row] !== -1) return undefined;
      numbers[row] = j;
    }
    if (numbers[row] === -1) return undefined;
  }
  return numbers;
}

function checkProbabilities(name: string, { data, rows }: Source, width: number): void {
  for (let row = 0, k = 0; row < rows; row++) {
    let sum = 0;
    let lowest = 0;
    for (let j = 0; j < width; j++, k++) {
      sum += data[k] as number;
      lowest = Math.min(lowest, data[k] as number);
    }
    if (lowest >= 0 && Math.abs(sum - 1) <= 1e-3) continue;
    const what = lowest < 0 ? `has the negative value ${lowest}` : `sums to ${Number(sum.toPrecision(6))}, 1 expected`;
    throw new SaddlepointError(
      'data',
      `${name}: row ${row} (counted from 0) ${what}`,
      'rows of several values must be one-hot (one 1, else 0) or probabilities; for one label a row give a flat list',
    );
  }
}

function encodeValues(y: unknown, options: TargetOptions): Targets {
  const source = toSource(y, { name: options.name, rows: options.rows });
  const width = sizeOf(source.rowShape);
  if (source.rowShape.length <= 1) checkWidth(options.name, width, options.units);
  const data = source.data instanceof Float32Array ? source.data : Float32Array.from(source.data);
  return { kind: 'value', data, width, classes: undefined, notes: [] };
}

/** The likely mistakes behind a last layer that does not fit the targets. */
function checkWidth(name: string, width: number, units: number | undefined): void {
  if (units === undefined || width === units) return;
  const values = width === 1 ? 'one value a row' : `rows of ${width} values`;
  throw new SaddlepointError(
    'data',
    `${name} has ${values}, the model's last layer has ${units} ${units === 1 ? 'unit' : 'units'}`,
    `give the last layer ${width} ${width === 1 ? 'unit' : 'units'}${width === 1 ? ', or, if these are class labels, use a cross-entropy of classes' : ''}`,
  );
}
