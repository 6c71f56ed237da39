/** @file Axes that several operands are walked along, each in steps of its own, and what of them one instruction can walk. */
import { stridesOf } from '../../../core/shape.ts';

/** An axis that an instruction walks along: how many, and the steps of each operand, in elements. */
export interface Axis {
  readonly count: number;
  readonly steps: readonly number[];
}

/** Axes, outermost first, without those of 1; neighbors that all operands step through evenly are one. */
export function collapse(axes: readonly Axis[]): Axis[] {
  const joined: Axis[] = [];
  for (const axis of axes) {
    if (axis.count === 1) continue;
    const before = joined[joined.length - 1];
    if (before?.steps.every((step, i) => step === axis.count * (axis.steps[i] as number)))
      joined[joined.length - 1] = { count: before.count * axis.count, steps: axis.steps };
    else joined.push(axis);
  }
  return joined;
}

/** The last two of the axes, for the instructions that walk along two. */
export function lastTwo(axes: readonly Axis[], operands: number): [outer: Axis, inner: Axis] {
  const none: Axis = { count: 1, steps: new Array<number>(operands).fill(0) };
  return [none, none, ...axes].slice(-2) as [Axis, Axis];
}

/** Every place along the axes, as offsets of each operand. */
export function offsetsOf([axis, ...rest]: readonly Axis[], operands: number): (readonly number[])[] {
  if (axis === undefined) return [new Array<number>(operands).fill(0)];
  const inside = offsetsOf(rest, operands);
  return Array.from({ length: axis.count }, (_, i) =>
    inside.map((place) => place.map((offset, operand) => offset + i * (axis.steps[operand] as number))),
  ).flat();
}

/** Steps along `rank` axes of a tensor that has the last of them, in any order; 0 along those that it repeats. */
export function stepsOf(stored: readonly number[], order: readonly number[], rank: number): number[] {
  const strides = stridesOf(stored);
  const own = order.map((axis) => ((stored[axis] as number) === 1 ? 0 : (strides[axis] as number)));
  return [...new Array<number>(rank - order.length).fill(0), ...own];
}
