/** @file What a plan's header must be before anything else is made of it. */
import { damaged } from './damaged.ts';
import type { Extent, PlanHeader } from './format.ts';

/** The value, if it is a whole number in the range. */
export function whole(value: unknown, most: number, least = 0): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw damaged(`the plan's header is damaged: ${JSON.stringify(value)} is no whole number in ${least} … ${most}`);
}

/** Everything that later code takes for granted: counts are counts, names lead somewhere, blocks are as large as their use. */
export function checkHeader(header: PlanHeader, memoryLimit: number): void {
  const { blocks, programs, input, output, classes, predict, train, arena } = header;
  if (whole(header.bytes, 2 ** 32) > memoryLimit)
    throw damaged(
      `the plan needs ${header.bytes} bytes of memory, the limit is ${memoryLimit}`,
      'raise memoryLimit, or export it with smaller batchSizes',
    );
  whole(arena[1], header.bytes - 4 * whole(arena[0] / 4, header.bytes / 4));
  const fits = (extent: Extent | undefined, elements: number, dtype: number): void => {
    if (extent?.[1] !== elements || extent[2] !== dtype) throw damaged("the plan's parts do not fit each other");
  };
  const find = <T extends { readonly name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((one) => one.name === name);
    if (found === undefined) throw damaged(`the plan has no ${name}`);
    return found;
  };
  const sizeOf = (shape: readonly number[]): number =>
    shape.reduce((size, dimension) => whole(size * whole(dimension, memoryLimit, 1), memoryLimit, 1), 1);
  const table = (program: string, name: string): Extent | undefined => find(programs, program).tables[name];
  const [width, units] = [sizeOf(input), sizeOf(output)];
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
    fits(table(program, 'prediction'), rows * units, 0);
  }
  if (train === undefined) return;
  const { rows, target, scalars } = train;
  const goal = sizeOf(target.shape);
  whole(train.step, 2 ** 31);
  whole(scalars.steps, 2 ** 20, 1);
  whole(scalars.width, 64, 1);
  whole(scalars.bytes, 6 * scalars.steps * scalars.width);
  const x = find(blocks, 'x').at;
  fits(x, whole(rows, 2 ** 20, 1) * width, whole(x[2], 1));
  fits(find(blocks, 'y').at, rows * goal, whole(target.dtype, 1));
  for (const program of [train.program, train.partial ?? train.program]) {
    fits(table(program, 'indices'), rows, 1);
    fits(table(program, 'key'), 3, 1);
    fits(table(program, 'scalars'), scalars.width, 0);
    fits(table(program, 'pulse'), whole(table(program, 'pulse')?.[1], 64, 2), 0);
  }
  if (train.partial !== undefined) fits(find(blocks, 'weights').at, rows, 0);
  if (train.refresh !== undefined) find(programs, train.refresh);
}
