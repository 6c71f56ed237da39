/** @file Inputs of a loss that are no data: drawn anew for every row of every minibatch. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';

/** What an input is drawn from, and its shape without the rows. */
export interface Noise {
  readonly distribution: 'normal' | 'uniform';
  readonly shape: Shape;
}

/**
 * An input of standard normal deviates.
 *
 * @param shape of one row: `normal([100])` gives a loss [rows, 100].
 * @throws SaddlepointError `shape` unless it is a list of positive whole numbers.
 * @example fit(gan, { x }, { inputs: { z: normal([100]) } });
 */
export const normal = (shape: Shape): Noise => ({ distribution: 'normal', shape: checkRowShape('normal', shape) });

/**
 * An input of uniform deviates in [0, 1).
 *
 * @param shape of one row: `uniform([1])` gives a loss [rows, 1].
 * @throws SaddlepointError `shape` unless it is a list of positive whole numbers.
 * @example fit(gan, { x }, { inputs: { z: normal([100]), mix: uniform([1]) } });
 */
export const uniform = (shape: Shape): Noise => ({ distribution: 'uniform', shape: checkRowShape('uniform', shape) });

function checkRowShape(name: string, shape: Shape): Shape {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 1)) return [...shape];
  throw new SaddlepointError(
    'shape',
    `${name}: expected the shape of one row, got ${show(shape)}`,
    `for example ${name}([100])`,
  );
}
