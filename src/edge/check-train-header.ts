/** @file What a plan's header says of training: checked where the plan is loaded, by code that comes with plans that train. */
import { SaddlepointError } from '../core/errors.ts';
import { elementsOf, find, fits, whole } from './check-header.ts';
import { damaged } from './damaged.ts';
import type { Extent, PlanHeader, TrainHeader } from './format.ts';

/** @throws SaddlepointError `file` */
export function checkTrainHeader(header: PlanHeader, train: TrainHeader): void {
  try {
    check(header, train);
  } catch (error) {
    throw error instanceof SaddlepointError ? error : damaged(`the plan's header is damaged: ${error}`);
  }
}

function check({ blocks, programs, input, bytes }: PlanHeader, train: TrainHeader): void {
  const table = (program: string, name: string): Extent | undefined => find(programs, program).tables[name];
  const { rows, target, scalars } = train;
  const goal = elementsOf(target.shape, bytes);
  whole(train.step, 2 ** 31);
  whole(scalars.steps, 2 ** 20, 1);
  whole(scalars.width, 64, 1);
  whole(scalars.bytes, 6 * scalars.steps * scalars.width);
  const x = find(blocks, 'x').at;
  fits(x, whole(rows, 2 ** 20, 1) * elementsOf(input, bytes), whole(x[2], 1));
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
