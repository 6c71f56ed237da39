/** @file A function of a parameter tree on a line or a plane through it, as one program: each point is a row of a table. */
import { type Program, ProgramBuilder } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul } from '../ops/elementwise.ts';
import { segment } from '../ops/group.ts';
import { reshape } from '../ops/movement.ts';
import type { FlatLeaf } from './objective.ts';
import type { RowSource } from './step.ts';

/** Names of the plane's blocks and tables. */
export const PLANE = {
  program: 'plane',
  origin: 'origin',
  direction: (k: number): string => `direction ${k}`,
  place: 'place',
  value: 'value',
} as const;

/**
 * The program of f(origin + place₀ · direction₀ + …): reads blocks `origin` and `direction k` f32 [size] and those of the batch;
 * row `place` f32 [dimensions]; writes row `value`, a scalar. Commits nothing, so that any number of rows may run in one call.
 *
 * @param f to a scalar, of leaves by path and of the batch by block.
 */
export function planeProgram(
  f: (leaves: Readonly<Record<string, Tensor>>, batch: Readonly<Record<string, Tensor>>) => Tensor,
  { size, leaves }: { readonly size: number; readonly leaves: readonly FlatLeaf[] },
  sources: Readonly<Record<string, Pick<RowSource, 'spec'>>>,
  dimensions: number,
): Program {
  const builder = new ProgramBuilder();
  const vector = { shape: [size], dtype: 'f32' } as const;
  const place = builder.row(PLANE.place, { shape: [dimensions], dtype: 'f32' });
  let point = builder.block(PLANE.origin, vector);
  for (let k = 0; k < dimensions; k++)
    point = add(point, mul(builder.block(PLANE.direction(k), vector), segment(place, k, [])));
  const parameters = Object.fromEntries(leaves.map(({ path, offset, shape }) => [path, segment(point, offset, shape)]));
  const batch = Object.fromEntries(
    Object.entries(sources).map(([name, { spec }]) => [name, builder.block(name, spec)]),
  );
  builder.emit(PLANE.value, reshape(f(parameters, batch), []));
  return builder.finish(PLANE.program);
}
