/** @file What recurrent networks refuse: weights of another kind of cell, and states that do not fit, are hard to tell later. */
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import { isTensor, type Tensor, type TensorLike } from '../graph/tensor.ts';
import { float } from './elementwise.ts';
import type { LstmState, RecurrentParameters } from './recurrent.ts';

/**
 * Checks the weights of a cell with so many gates.
 *
 * @param x [..., features].
 * @returns how many units there are.
 * @throws SaddlepointError `shape` that lists every weight with the shape it should have.
 */
export function checkParameters(name: string, gates: number, x: Tensor, parameters: RecurrentParameters): number {
  const features = x.shape.at(-1) as number;
  const { kernel, recurrentKernel, bias, recurrentBias } = parameters;
  const shapes = {
    kernel: float(kernel).shape,
    recurrentKernel: float(recurrentKernel).shape,
    ...(bias === undefined ? {} : { bias: float(bias).shape }),
    ...(recurrentBias === undefined ? {} : { recurrentBias: float(recurrentBias).shape }),
  };
  const units = shapes.recurrentKernel[0] ?? 1;
  const expected: Record<keyof typeof shapes, Shape> = {
    kernel: [features, gates * units],
    recurrentKernel: [units, gates * units],
    bias: [gates * units],
    recurrentBias: [gates * units],
  };
  const names = Object.keys(shapes) as (keyof typeof shapes)[];
  if (names.every((key) => sameShape(shapes[key] as Shape, expected[key]))) return units;
  const list = (of: Partial<Record<keyof typeof shapes, Shape>>) =>
    names.map((key) => `${key} ${showShape(of[key] as Shape)}`).join(', ');
  throw new SaddlepointError(
    'shape',
    `${name}: for ${features} features and ${units} units expected ${list(expected)}, got ${list(shapes)}`,
    'gates stand side by side in the columns: 1 for rnn, 3 for gru, 4 for lstm',
  );
}

/** A state, of one row for each of the batch. */
export function checkState(name: string, what: string, state: TensorLike, batch: number, units: number): Tensor {
  const t = float(state);
  if (sameShape(t.shape, [batch, units])) return t;
  throw new SaddlepointError('shape', `${name}: expected ${what} [${batch},${units}], got ${showShape(t.shape)}`);
}

/** The two tensors of an LSTM's state; a lone tensor has neither. */
export function checkLstmState(name: string, state: unknown): LstmState<TensorLike> {
  const isPair = typeof state === 'object' && state !== null && !isTensor(state) && 'h' in state && 'c' in state;
  if (isPair) return state as LstmState<TensorLike>;
  throw new SaddlepointError(
    'option',
    `${name}: expected a state { h, c }, got ${isTensor(state) ? `one tensor ${showShape(state.shape)}` : show(state)}`,
  );
}
