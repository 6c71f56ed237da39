/**
 * @file The programs of a run: a training step (minibatch, forward, backward, guard, update), a step of evaluation, and
 * prediction. It knows graphs and gradients; models, losses and optimizers reach it as functions of tensors.
 */
import type { HostArray } from '../core/dtype.ts';
import type { Shape } from '../core/shape.ts';
import type { Spec } from '../graph/node.ts';
import { type Group, type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, div, float, mul, sub } from '../ops/elementwise.ts';
import { pack } from '../ops/group.ts';
import { gather, gatherRows } from '../ops/indexing.ts';
import { reshape } from '../ops/movement.ts';
import { mean, sum } from '../ops/reduce.ts';
import { openGroup, type Renewal, renew, renewStates, type StepTransform } from './renew.ts';

/** (x − shift) · scale; one number each, or one a column. */
export interface StepScaling {
  readonly shift: Float32Array;
  readonly scale: Float32Array;
}

/**
 * The leaves of a model: those that the optimizer changes whole, and by rows (each a group of its own, in its own shape), and
 * those that the layers do, if there are any.
 */
export interface ModelGroups {
  readonly parameters: Group;
  readonly rows: readonly Group[];
  readonly state: Group | undefined;
}

/** Everything that the programs of one run have in common. */
export interface StepDescription {
  readonly groups: ModelGroups;
  /** The whole data set's types: rows first. */
  readonly source: Spec;
  readonly target: Spec;
  readonly inputScaling: StepScaling;
  /** For regression targets; the loss is taken in scaled units and reported in the original ones. */
  readonly targetScaling: StepScaling | undefined;
  forward(
    parameters: ReadonlyMap<string, Tensor>,
    x: Tensor,
    options: { mode: 'train' | 'predict'; key?: Tensor; updates?: Map<string, Tensor> },
  ): Tensor;
  /** Losses of the rows [n]. */
  loss(prediction: Tensor, target: Tensor): Tensor;
  /** Each gives a value for each row [n]. */
  readonly metrics: readonly ((prediction: Tensor, target: Tensor) => Tensor)[];
}

/** Names of the blocks that the programs share. */
export const BLOCKS = {
  parameters: 'parameters',
  state: 'state',
  source: 'x',
  target: 'y',
  slot: (name: string): string => `slot ${name}`,
} as const;

/** Where a pulse row holds what; the metric sums follow. */
export const PULSE = { loss: 0, gradientNorm: 1, metrics: 2 } as const;

export const blockSpec = ({ size }: Group): Spec => ({ shape: [size], dtype: 'f32' });

/** A program's blocks of leaves, and all leaves by path. */
function openLeaves(builder: ProgramBuilder, groups: ModelGroups) {
  const open = (group: Group) => openGroup(builder.block(group.name, blockSpec(group)), group);
  const parameters = open(groups.parameters);
  const states = groups.state && open(groups.state);
  const tables = groups.rows.flatMap(({ name, segments }) =>
    segments.map(({ path, shape }) => [path, builder.block(name, { shape, dtype: 'f32' })] as const),
  );
  return { parameters, states, leaves: new Map([...parameters.leaves, ...tables, ...(states?.leaves ?? [])]) };
}

/** All groups of a model. */
export const listOf = ({ parameters, rows, state }: ModelGroups): Group[] => [
  parameters,
  ...rows,
  ...(state === undefined ? [] : [state]),
];

const parameter = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);

interface Batch {
  readonly x: Tensor;
  readonly target: Tensor;
  /** The target in the units of the loss. */
  readonly scaled: Tensor;
}

function batchOf(builder: ProgramBuilder, description: StepDescription, rows: number): Batch {
  const { source, target, inputScaling, targetScaling } = description;
  const indices = builder.row('indices', { shape: [rows], dtype: 'i32' });
  const x = gatherRows(
    builder.block(BLOCKS.source, source),
    indices,
    parameter(inputScaling.shift),
    parameter(inputScaling.scale),
  );
  const picked = gather(builder.block(BLOCKS.target, target), indices);
  return { x, target: picked, scaled: targetScaling === undefined ? picked : scaled(picked, targetScaling) };
}

export function scaled(x: Tensor, { shift, scale }: StepScaling): Tensor {
  return mul(sub(x, parameter(shift)), parameter(scale));
}

/** A prediction in the units of the data. */
function unscaled(x: Tensor, scaling: StepScaling | undefined): Tensor {
  return scaling === undefined ? x : add(div(x, parameter(scaling.scale)), parameter(scaling.shift));
}

/** Losses and metric sums in the units of the data, and the loss that is minimized. */
function measure(
  { trace }: ProgramBuilder,
  description: StepDescription,
  prediction: Tensor,
  batch: Batch,
): { losses: Tensor; reported: Tensor; metricSums: Tensor[] } {
  const { loss, metrics, targetScaling } = description;
  const losses = loss(prediction, batch.scaled);
  const original = unscaled(prediction, targetScaling);
  const tapped = trace.taps.length;
  const reported = targetScaling === undefined ? losses : loss(original, batch.target);
  // What the loss taps is shown as it is minimized, not once more in other units.
  trace.taps.length = tapped;
  return { losses, reported, metricSums: metrics.map((metric) => sum(float(metric(original, batch.target)))) };
}

/** Scalars side by side. */
export function pulse(values: readonly Tensor[]): Tensor {
  return pack(
    values.map((value) => reshape(value, [])),
    values.map((_, i) => i),
    values.length,
  );
}

/**
 * The training step for minibatches of `rows` rows. Reads rows `indices` i32 [rows], `scalars` f32 (the optimizer's) and
 * `key` i32 [seed, step, 0]; writes `pulse`: mean loss, norm of the gradient, sum of each metric over the rows. If loss or
 * gradient is not finite the step stops before anything is committed.
 */
export function trainingProgram(
  description: StepDescription,
  transform: StepTransform,
  rows: number,
  renewal?: Renewal,
): Program {
  const { groups } = description;
  const builder = new ProgramBuilder();
  const { parameters, states, leaves } = openLeaves(builder, groups);
  const slots = Object.fromEntries(
    transform.slots.map((name) => [name, builder.block(BLOCKS.slot(name), blockSpec(groups.parameters))] as const),
  );
  const batch = batchOf(builder, description, rows);
  const key = builder.row('key', { shape: [3], dtype: 'i32' });
  const scalars = builder.row('scalars', { shape: [Math.max(1, transform.scalarCount)], dtype: 'f32' });

  const updates = new Map<string, Tensor>();
  const prediction = description.forward(leaves, batch.x, { mode: 'train', key, updates });
  const { losses, reported, metricSums } = measure(builder, description, prediction, batch);
  const loss = mean(losses);
  const renewing = renewal?.(groups.rows, builder, leaves) ?? renew;
  const renewed = renewing(builder.trace, loss, parameters, { transform, slots, scalars });
  const { gradientNorm } = renewed;
  builder.emit('pulse', pulse([reported === losses ? loss : mean(reported), gradientNorm, ...metricSums]));
  builder.commit(BLOCKS.parameters, renewed.parameters);
  for (const name of transform.slots) builder.commit(BLOCKS.slot(name), renewed.slots[name] as Tensor);
  if (states !== undefined) builder.commit(BLOCKS.state, renewStates(states, updates));
  return builder.finish(`train ${rows}`, listOf(groups), builder.trace.taps);
}

/** Evaluation of `rows` rows: writes `sums`: the sum of the losses, then of each metric. Commits nothing. */
export function evaluationProgram(description: StepDescription, rows: number): Program {
  const { groups } = description;
  const builder = new ProgramBuilder();
  const { leaves } = openLeaves(builder, groups);
  const batch = batchOf(builder, description, rows);
  const prediction = description.forward(leaves, batch.x, { mode: 'predict' });
  const { reported, metricSums } = measure(builder, description, prediction, batch);
  builder.emit('sums', pulse([sum(reported), ...metricSums]));
  return builder.finish(`evaluate ${rows}`, listOf(groups));
}

/** What prediction needs of a description. */
export type PredictionDescription = Pick<StepDescription, 'groups' | 'inputScaling' | 'targetScaling' | 'forward'> & {
  readonly input: Spec;
  /** What becomes of the model's output, such as softmax. */
  finish(prediction: Tensor): Tensor;
};

/** Prediction of the rows of `input`: reads block `input`, writes `prediction` in the units of the data. */
export function predictionProgram(description: PredictionDescription): Program {
  const { groups, input, inputScaling, targetScaling } = description;
  const builder = new ProgramBuilder();
  const { leaves } = openLeaves(builder, groups);
  const raw = float(builder.block('input', input));
  const width = raw.shape.slice(1).reduce((product: number, dimension: number) => product * dimension, 1);
  const rows = input.shape[0] as number;
  const x = reshape(scaled(reshape(raw, [rows, width]), inputScaling), raw.shape);
  const prediction = description.forward(leaves, x, { mode: 'predict' });
  builder.emit('prediction', unscaled(description.finish(prediction), targetScaling));
  return builder.finish(`predict ${rows}`, listOf(groups));
}

/** The leaves' data of a group from its flat block. */
export function unpackGroup(
  group: Group,
  block: HostArray,
): Map<string, { readonly shape: Shape; readonly data: Float32Array }> {
  return new Map(
    group.segments.map(({ path, offset, shape }) => {
      const size = shape.reduce((product, dimension) => product * dimension, 1);
      return [path, { shape, data: new Float32Array(block.subarray(offset, offset + size)) }] as const;
    }),
  );
}
