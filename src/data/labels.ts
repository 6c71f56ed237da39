/** @file Labels one a row: read from the forms they come in, and numbered as classes. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { classNumbers, classNumbersNote, identityClasses } from './class-numbers.ts';
import {
  describe,
  emptyError,
  isTensorLike,
  isTypedArray,
  isVector,
  layoutOf,
  shortName,
  type Vector,
} from './nested.ts';
import { checkRows } from './source.ts';

export type ClassName = string | number;

export interface LabelOptions {
  readonly name: string;
  readonly rows?: number | undefined;
  readonly units?: number | undefined;
  readonly classes?: readonly ClassName[] | undefined;
}

/** Labels as class numbers, with the names of the classes by number. */
export interface Numbered {
  readonly numbers: Int32Array;
  /** Model outputs for them: at least the count of classes. */
  readonly width: number;
  readonly classes: readonly ClassName[];
  readonly notes: readonly string[];
}

/** One label a row from `[n]`, a column `[n][1]` or a typed array; undefined where a row has several values (as a flat
 * typed array of rows × units has). */
export function labelsOf(y: unknown, options: LabelOptions): { values: Vector; column: boolean } | undefined {
  const { name, rows, units } = options;
  let values: Vector | undefined;
  let column = false;
  if (isTypedArray(y)) {
    const several = rows !== undefined && units !== undefined && units > 1 && y.length === rows * units;
    if (!several) values = y;
  } else if (Array.isArray(y)) {
    if (!isVector(y[0])) values = y;
    else {
      const { shape, vectors } = layoutOf(name, y);
      column = shape.length === 2 && shape[1] === 1;
      if (column) values = vectors.map((vector) => vector[0]);
    }
  } else if (isTensorLike(y)) {
    column = y.shape.length === 2 && y.shape[1] === 1;
    if (column || y.shape.length === 1) values = y.data;
  }
  if (values === undefined) return undefined;
  if (values.length === 0) throw emptyError(name);
  checkRows(options, values.length);
  return { values, column };
}

export type LabelType = 'number' | 'string' | 'boolean';

/** The one type that all labels have. */
export function labelType(name: string, values: Vector): LabelType {
  const first = typeof values[0];
  for (let i = 0; i < values.length; i++) {
    const type = typeof values[i];
    const legal = type === 'number' || type === 'string' || type === 'boolean';
    if (legal && type === first) continue;
    const expected = i > 0 ? `a ${first} as in the rows before` : 'a number, a name or a boolean';
    throw new SaddlepointError(
      'data',
      `${name}: row ${i} (counted from 0) is ${describe(values, i)}, expected ${expected}`,
      'every row needs a label, and all labels must be of one type',
    );
  }
  return first as LabelType;
}

/** The error for one label, with its position and what is allowed. */
export function labelError(name: string, values: Vector, row: number, allowed: string, help: string): SaddlepointError {
  const label = typeof values[row] === 'string' ? shortName(values[row]) : show(values[row]);
  return new SaddlepointError(
    'data',
    `${name}: label ${label} at row ${row}: ${allowed}`,
    `${help}; rows are counted from 0`,
  );
}

/** Different values in ascending order: numbers by value, names by code unit. */
export function distinctSorted(values: Vector): ClassName[] {
  const distinct = new Set<ClassName>();
  for (let i = 0; i < values.length; i++) distinct.add(values[i] as ClassName);
  return [...distinct].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The place of each label in a list of classes. */
export function lookUp(name: string, values: Vector, classes: readonly ClassName[]): Int32Array {
  const index = new Map<unknown, number>(classes.map((label, i) => [label, i]));
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = values[i];
    const number =
      index.get(label) ??
      (typeof label === 'boolean' ? (index.get(String(label)) ?? index.get(Number(label))) : undefined);
    if (number === undefined) {
      const names = classes.map(String);
      const help =
        names.length > 30 ? `such as ${names.slice(0, 8).join(', ')}` : suggest(String(label).slice(0, 60), names);
      throw labelError(name, values, i, `none of the model's ${classes.length} classes`, help);
    }
    numbers[i] = number;
  }
  return numbers;
}

function tooManyClasses(name: string, count: number, units: number): SaddlepointError {
  return new SaddlepointError(
    'data',
    `${name}: the data have ${count} classes, the model's last layer has ${units} ${units === 1 ? 'unit' : 'units'}`,
    `give the last layer ${count} units, one a class`,
  );
}

/** Numbers labels: by the classes of a loaded model, as they are if they are 0 … units − 1, otherwise in sorted order. */
export function numberLabels(values: Vector, options: LabelOptions): Numbered {
  const { name, classes, units } = options;
  const type = labelType(name, values);
  if (classes !== undefined) {
    return { numbers: lookUp(name, values, classes), width: Math.max(units ?? 0, classes.length), classes, notes: [] };
  }
  if (type === 'number') return numberIntegers(values as ArrayLike<number>, options);
  const found = type === 'boolean' ? ['false', 'true'] : distinctSorted(values);
  if (units !== undefined && found.length > units) throw tooManyClasses(name, found.length, units);
  const width = units ?? found.length;
  const shown = found.slice(0, 8).map((label) => shortName(String(label)));
  const notes = [`${name}: ${found.length} class names: ${shown.join(', ')}${found.length > 8 ? ', …' : ''}`];
  if (found.length < width)
    notes.push(`${name}: the model's last layer has ${width} units, the data ${found.length} classes`);
  return { numbers: lookUp(name, values, found), width, classes: found, notes };
}

function numberIntegers(values: ArrayLike<number>, { name, units }: LabelOptions): Numbered {
  const asTheyAre = units === undefined ? undefined : classNumbers(values, units);
  if (units !== undefined && asTheyAre !== undefined) {
    const notes = [classNumbersNote(name, units)];
    return { numbers: asTheyAre, width: units, classes: identityClasses(units), notes };
  }
  const allowed = units === undefined ? 'allowed integers ≥ 0' : `allowed 0 … ${units - 1}`;
  let outside = -1;
  for (let i = 0; i < values.length; i++) {
    const label = values[i] as number;
    if (!Number.isInteger(label)) {
      const help = Number.isFinite(label)
        ? 'class labels are whole numbers or names; to predict amounts use a regression loss'
        : 'every row needs a label: drop the row';
      throw labelError(name, values, i, allowed, help);
    }
    if (label < 0) throw labelError(name, values, i, allowed, 'count classes from 0, or give them names (strings)');
    if (outside < 0 && units !== undefined && label >= units) outside = i;
  }
  const found = distinctSorted(values) as number[];
  if (units !== undefined && found.length > units && units > 1) throw tooManyClasses(name, found.length, units);
  if (units !== undefined && found.length !== units) {
    const help = `the data have ${found.length} different labels, the model's last layer has ${units} ${units === 1 ? 'unit' : 'units'}: count classes from 0, or give the last layer one unit a class`;
    throw labelError(name, values, outside, allowed, help);
  }
  const last = found.length - 1;
  const identity = found[0] === 0 && found[last] === last;
  const note = identity
    ? `${name}: class numbers 0 … ${last}`
    : `${name}: ${found.length} different integers, ${found[0]} … ${found[last]}, numbered in order as classes 0 … ${last}`;
  return { numbers: lookUp(name, values, found), width: found.length, classes: found, notes: [note] };
}
