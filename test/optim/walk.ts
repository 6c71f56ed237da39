/** @file Stepping a transform in double precision, with all that there is to see. */
import type { Segment } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { add } from '../../src/ops/elementwise.ts';
import type { Transform } from '../../src/optim/transform.ts';

export interface Walked {
  readonly parameters: readonly number[];
  readonly evaluated: readonly number[];
  readonly slots: Readonly<Record<string, readonly number[]>>;
}

/** The states after each step, from parameters, with the gradient of each step by its parameters. */
export function walk(
  transform: Transform,
  start: readonly number[],
  steps: number,
  gradientAt: (w: readonly number[], step: number) => readonly number[],
  segments?: readonly Segment[],
): Walked[] {
  const vector = (numbers: readonly number[]): Tensor => tensor(Float64Array.from(numbers));
  let parameters = vector(start);
  let slots: Readonly<Record<string, Tensor>> = Object.fromEntries(
    transform.slots.map((name) => [name, vector(start.map(() => 0))]),
  );
  return Array.from({ length: steps }, (_, step) => {
    const scalars = transform.scalars(step);
    const result = transform.update({
      gradient: vector(gradientAt(Array.from(parameters.data), step)),
      ...{ parameters, slots, segments, gradientNorm: undefined },
      scalars: vector(scalars.length === 0 ? [0] : scalars),
    });
    slots = result.slots;
    parameters = add(parameters, result.update);
    const view = transform.evaluationParameters?.({ parameters, slots, segments }) ?? parameters;
    return {
      parameters: Array.from(parameters.data),
      evaluated: Array.from(view.data),
      slots: Object.fromEntries(Object.entries(slots).map(([name, { data }]) => [name, Array.from(data)])),
    };
  });
}

/** The largest difference of two lists of numbers. */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))));
}
