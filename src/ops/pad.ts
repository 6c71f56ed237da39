/** @file Padding with a value, or with what lies at the edge. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { pad as padWith } from './movement.ts';
import { take } from './take.ts';

export interface PadOptions {
  /**
   * What is put around x: 'constant' (default), `value`; 'edge', the outermost element again and again; 'reflect', the elements
   * mirrored at the outermost one, which is not repeated.
   */
  readonly mode?: 'constant' | 'edge' | 'reflect';
  /** For 'constant'; default 0. */
  readonly value?: number;
}

/**
 * x with more elements around it.
 *
 * @param x of any type and rank.
 * @param before how many elements are put before, one whole number ≥ 0 an axis.
 * @param after how many are put behind.
 * @throws SaddlepointError `shape` if the counts do not fit the rank, or if 'reflect' needs more elements than x has.
 * @example pad([[1, 2, 3]], [0, 1], [0, 2], { mode: 'reflect' }).toArray(); // [[2, 1, 2, 3, 2, 1]]
 */
export function pad(
  x: TensorLike,
  before: readonly number[],
  after: readonly number[],
  options: PadOptions = {},
): Tensor {
  checkKnownOptions('pad', options, ['mode', 'value']);
  const mode = checkName('pad.mode', options.mode ?? 'constant', ['constant', 'edge', 'reflect']);
  if (mode === 'constant') return padWith(x, before, after, checkNumber('pad.value', options.value ?? 0, {}));
  if (options.value !== undefined)
    throw new SaddlepointError('option', `pad.value: has no meaning with mode '${mode}'`, "use mode 'constant'");
  const t = isTensor(x) ? x : tensor(x);
  const legal = [...before, ...after].every((count) => Number.isInteger(count) && count >= 0);
  if (before.length !== t.shape.length || after.length !== t.shape.length || !legal)
    throw new SaddlepointError(
      'shape',
      `pad: before ${showShape(before)} and after ${showShape(after)} do not fit ${showShape(t.shape)}`,
    );
  return t.shape.reduce((padded: Tensor, size, axis) => {
    const [first, last] = [before[axis] as number, after[axis] as number];
    if (first + last === 0) return padded;
    if (mode === 'reflect' && Math.max(first, last) >= size)
      throw new SaddlepointError(
        'shape',
        `pad: axis ${axis} of ${showShape(t.shape)} has ${size - 1} elements to mirror, ${Math.max(first, last)} are needed`,
        "use mode 'edge', or pad less",
      );
    const index = Array.from({ length: first + size + last }, (_, i) => inside(i - first, size, mode));
    return take(padded, index, axis);
  }, t);
}

/** The element that stands at a place outside (or inside). */
function inside(place: number, size: number, mode: 'edge' | 'reflect'): number {
  const clipped = Math.min(Math.max(place, 0), size - 1);
  return mode === 'edge' ? clipped : 2 * clipped - place;
}
