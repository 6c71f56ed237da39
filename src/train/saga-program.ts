/** @file One step of SAGA for a linear model, traced: gather, residuals, correction, and the tables that it renews. */
import { vjp } from '../autodiff/grad.ts';
import { must } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { openGroup, packLeaves } from '../engine/renew.ts';
import { BLOCKS, blockSpec, pulse, type StepDescription } from '../engine/step.ts';
import type { Group } from '../graph/program.ts';
import { type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { Loss } from '../nn/losses/loss.ts';
import { add, mul, neg, sub } from '../ops/elementwise.ts';
import { segment } from '../ops/group.ts';
import { gather, gatherRows } from '../ops/indexing.ts';
import { matmul } from '../ops/matmul.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { mean, sum } from '../ops/reduce.ts';
import { rowSgd } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';

/** Blocks besides those of a run. */
export const SAGA = { table: 'residuals', mean: 'mean gradient' } as const;

export interface SagaParts {
  readonly group: Group;
  readonly sources: StepDescription['sources'];
  readonly loss: Loss;
  /** Of the data, and of those the ones that are trained on. */
  readonly rows: number;
  readonly trainRows: number;
  readonly units: number;
  /** Rows a step. */
  readonly batchSize: number;
  /** λ: the gradient has λ · parameters besides. */
  readonly weightDecay: number;
}

/** Reads rows `indices` and `scalars` [learning rate]; writes `pulse` [loss]. */
export function sagaProgram(parts: SagaParts): Program {
  const { group, sources, loss, rows, trainRows, units, batchSize, weightDecay } = parts;
  const builder = new ProgramBuilder();
  const parameters = openGroup(builder.block(BLOCKS.parameters, blockSpec(group)), group);
  const table = builder.block(SAGA.table, { shape: [rows, units], dtype: 'f32' });
  const average = builder.block(SAGA.mean, blockSpec(group));
  const indices = builder.row('indices', { shape: [batchSize], dtype: 'i32' });
  const rate = segment(builder.row('scalars', { shape: [1], dtype: 'f32' }), 0, []);
  const { spec, scaling } = must(sources[BLOCKS.source], 'x');
  const { shift, scale } = must(scaling, 'a scaling');
  const one = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);
  const x = gatherRows(builder.block(BLOCKS.source, spec), indices, one(shift), one(scale));
  const y = gather(builder.block(BLOCKS.target, must(sources[BLOCKS.target], 'y').spec), indices);
  const [kernel, bias] = group.segments.map(({ path }) => must(parameters.leaves.get(path), path)) as [Tensor, Tensor?];
  const product = matmul(x, kernel);
  const output = bias ? add(product, bias) : product;
  const losses = loss.call(output, y);
  const total = sum(losses);
  // Of each row's own loss, not of their mean.
  const [residuals] = vjp(builder.trace, [total], [tensor(1)], [output]) as [Tensor];
  const change = sub(residuals, gather(table, indices));
  const ofRows = packLeaves(
    [matmul(transpose(x), change), ...(bias ? [sum(change, [0])] : [])].map((part, i) =>
      reshape(part, group.segments[i]?.shape ?? []),
    ),
    group,
  );
  const gradient = guard(add(add(mul(ofRows, 1 / batchSize), average), mul(parameters.block, weightDecay)), [total]);
  builder.emit('pulse', pulse([mean(losses)]));
  builder.commit(BLOCKS.parameters, sub(parameters.block, mul(gradient, rate)));
  builder.commit(SAGA.mean, add(average, mul(ofRows, 1 / trainRows)));
  // Only the rows of the step are touched.
  builder.commit(SAGA.table, rowSgd(table, { index: indices, vectors: neg(change), weights: undefined }, tensor([1])));
  return builder.finish('saga', [group]);
}

/** How many bytes its tables take beside parameters and data. */
export const sagaBytes = (rows: number, units: number, group: Group): number =>
  4 * (rows * units + group.segments.reduce((total, { shape }) => total + sizeOf(shape), 0));
