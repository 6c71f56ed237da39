/** @file What a plan's header must be before anything else is made of it. */
import { damaged } from './damaged.ts';
import type { Extent, PlanHeader } from './format.ts';

/** The value, if it is a whole number in the range. */
export function whole(value: unknown, most: number, least = 0): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw damaged(`the plan's header is damaged: ${JSON.stringify(value)} is no whole number in ${least} … ${most}`);
}

/** A place that is as large as its use. */
export function fits(extent: Extent | undefined, elements: number, dtype: number): void {
  if (extent?.[1] !== elements || extent[2] !== dtype) throw damaged("the plan's parts do not fit each other");
}

export function find<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw damaged(`the plan has no ${name}`);
  return found;
}

/** Elements of a shape; at most `most`. */
export const elementsOf = (shape: readonly number[], most: number): number =>
  shape.reduce((size, dimension) => whole(size * whole(dimension, most, 1), most, 1), 1);

/**
 * What later code takes for granted: counts are counts, names lead somewhere, blocks are as large as their use. What is said of
 * training is checked by `checkTrainHeader`.
 */
export function checkHeader(header: PlanHeader, memoryLimit: number): void {
  const { blocks, programs, input, output, classes, predict, arena } = header;
  if (whole(header.bytes, 2 ** 32) > memoryLimit)
    throw damaged(
      `the plan needs ${header.bytes} bytes of memory, the limit is ${memoryLimit}`,
      'raise memoryLimit, or export it with smaller batchSizes',
    );
  whole(arena[1], header.bytes - 4 * whole(arena[0] / 4, header.bytes / 4));
  const [width, units] = [elementsOf(input, memoryLimit), elementsOf(output, memoryLimit)];
  whole(input.length, 8);
  whole(output.length, 8);
  if (
    !['class', 'binary', 'value'].includes(header.target) ||
    (classes !== undefined &&
      !(Array.isArray(classes) && classes.length >= (header.target === 'class' ? (output.at(-1) ?? 1) : 2)))
  )
    throw damaged("the plan's classes are damaged");
  whole(predict.length, 16, 1);
  for (const { rows, program, block } of predict) {
    fits(find(blocks, block).at, whole(rows, memoryLimit, 1) * width, 0);
    fits(find(programs, program).tables.prediction, rows * units, 0);
  }
}
