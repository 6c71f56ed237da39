/**
 * @file The programs of a run: a training step (minibatch, forward, backward, guard, update), a step of evaluation, and
 * prediction. It knows graphs and gradients; models, losses and optimizers reach it as functions of tensors.
 */
import type { HostArray } from '../core/dtype.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Spec } from '../graph/node.ts';
import { type Group, type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, div, float, maximum, mul, sub } from '../ops/elementwise.ts';
import { pack } from '../ops/group.ts';
import { gather, gatherRows } from '../ops/indexing.ts';
import { reshape } from '../ops/movement.ts';
import { mean, sum } from '../ops/reduce.ts';
import { type OpenGroup, openGroup, type Renewal, renew, renewStates, type StepTransform } from './renew.ts';

/** (x − shift) · scale; one number each, or one a column. */
export interface StepScaling {
  readonly shift: Float32Array;
  readonly scale: Float32Array;
}

/**
 * The leaves of a model: those that the optimizer changes whole, and by rows (each a group of its own, in its own shape),
 * those that the layers do, and those that stay as they are; of the latter two if there are any.
 */
export interface ModelGroups {
  readonly parameters: Group;
  readonly rows: readonly Group[];
  readonly state: Group | undefined;
  readonly frozen?: Group | undefined;
}

/** A block of rows that minibatches are picked from. */
export interface RowSource {
  /** Rows first. */
  readonly spec: Spec;
  /** Given: rows become f32, scaled. Left out: they stay as they are stored. */
  readonly scaling?: StepScaling | undefined;
}

/** What a minibatch amounts to. */
export interface Measured {
  /** The losses that are minimized, [n] or of more axes. */
  readonly losses: Tensor;
  /** The same in the units in which they are reported; left out: they are in them. */
  readonly reported?: (() => Tensor) | undefined;
  /** How much each loss counts, which is in it as a factor; left out: 1. The mean loss is Σ losses / Σ weights. */
  readonly weights?: Tensor | undefined;
  /** What is added up over an epoch. */
  readonly sums: readonly Tensor[];
  /** What evaluation keeps of each row, by name. */
  readonly kept?: Readonly<Record<string, Tensor>>;
}

export interface ForwardOptions {
  readonly mode: 'train' | 'predict';
  readonly key?: Tensor;
  readonly updates?: Map<string, Tensor>;
}

/** Everything that the programs of one run have in common. */
export interface StepDescription {
  readonly groups: ModelGroups;
  /** By the names of their blocks. */
  readonly sources: Readonly<Record<string, RowSource>>;
  /** Traced once for each program, with the leaves by path and the picked rows by name. */
  measure(
    parameters: ReadonlyMap<string, Tensor>,
    batch: Readonly<Record<string, Tensor>>,
    options: ForwardOptions,
  ): Measured;
}

/** Names of the blocks that the programs share. */
export const BLOCKS = {
  parameters: 'parameters',
  state: 'state',
  frozen: 'frozen',
  evaluated: 'evaluated',
  source: 'x',
  target: 'y',
  weights: 'weights',
  slot: (name: string): string => `slot ${name}`,
} as const;

/** Where a pulse row holds what; behind them the sum of the weights, if rows are weighed, and the description's sums. */
export const PULSE = { loss: 0, gradientNorm: 1, sums: 2 } as const;

export const blockSpec = ({ size }: Group): Spec => ({ shape: [size], dtype: 'f32' });

/** A program's blocks of leaves, and all leaves by path. */
export function openLeaves(builder: ProgramBuilder, groups: ModelGroups) {
  const open = (group: Group) => openGroup(builder.block(group.name, blockSpec(group)), group);
  const parameters = open(groups.parameters);
  const states = groups.state && open(groups.state);
  const frozen = groups.frozen && open(groups.frozen);
  const tables = groups.rows.flatMap(({ name, segments }) =>
    segments.map(({ path, shape }) => [path, builder.block(name, { shape, dtype: 'f32' })] as const),
  );
  return {
    parameters,
    states,
    leaves: new Map([...parameters.leaves, ...tables, ...(states?.leaves ?? []), ...(frozen?.leaves ?? [])]),
  };
}

/** All groups of a model. */
export const listOf = ({ parameters, rows, state, frozen }: ModelGroups): Group[] => [
  parameters,
  ...rows,
  ...(state === undefined ? [] : [state]),
  ...(frozen === undefined ? [] : [frozen]),
];

const parameter = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);

/** The rows of a minibatch, by the names of their blocks: those that the row `indices` i32 [rows] names. */
export function batchOf(builder: ProgramBuilder, { sources }: StepDescription, rows: number): Record<string, Tensor> {
  const indices = builder.row('indices', { shape: [rows], dtype: 'i32' });
  return Object.fromEntries(
    Object.entries(sources).map(([name, { spec, scaling }]) => {
      const block = builder.block(name, spec);
      return [
        name,
        scaling === undefined
          ? gather(block, indices)
          : gatherRows(block, indices, parameter(scaling.shift), parameter(scaling.scale)),
      ];
    }),
  );
}

export function scaled(x: Tensor, { shift, scale }: StepScaling): Tensor {
  return mul(sub(x, parameter(shift)), parameter(scale));
}

/** A prediction in the units of the data. */
export function unscaled(x: Tensor, scaling: StepScaling | undefined): Tensor {
  if (scaling === undefined) return x;
  const [rows] = x.shape as [number];
  // A scale for each number of a row, whatever axes the row has.
  const flat = x.shape.length > 2 ? reshape(x, [rows, sizeOf(x.shape) / rows]) : x;
  const values = add(div(flat, parameter(scaling.scale)), parameter(scaling.shift));
  return flat === x ? values : reshape(values, x.shape);
}

/** What is reported of losses. What the loss taps is shown as it is minimized, not once more in other units. */
function reportedOf({ trace }: ProgramBuilder, { losses, reported }: Measured): Tensor {
  if (reported === undefined) return losses;
  const tapped = trace.taps.length;
  const values = reported();
  trace.taps.length = tapped;
  return values;
}

/** Below the smallest weight that matters: a batch of weight 0 has the loss 0. */
const NO_WEIGHT = 1e-30;

/** The mean of losses, weighted where they are. */
export function weighed(losses: Tensor, weights: Tensor | undefined): Tensor {
  return weights ? div(sum(losses), maximum(sum(weights), NO_WEIGHT)) : mean(losses);
}

/** Numbers side by side. */
export function pulse(values: readonly Tensor[]): Tensor {
  let size = 0;
  const offsets = values.map(({ shape }) => {
    size += sizeOf(shape);
    return size - sizeOf(shape);
  });
  return pack(
    values.map((value) => reshape(value, sizeOf(value.shape) === 1 ? [] : [sizeOf(value.shape)])),
    offsets,
    size,
  );
}

/** What a step starts from. */
export interface StepStart {
  readonly builder: ProgramBuilder;
  readonly description: StepDescription;
  readonly parameters: OpenGroup;
  readonly leaves: ReadonlyMap<string, Tensor>;
  readonly batch: Readonly<Record<string, Tensor>>;
  readonly key: Tensor;
  readonly scalars: Tensor;
  readonly updates: Map<string, Tensor>;
  readonly rows: number;
}

/** What is to be minimized where it is not the mean loss of the minibatch as it is. */
export interface StepEnd {
  readonly measured: Measured;
  readonly loss: Tensor;
  /** In the order of the group's leaves; left out: of `loss`. */
  readonly gradients?: readonly (Tensor | undefined)[];
  /** Scalars behind all else in the pulse. */
  readonly readings: readonly Tensor[];
}

/**
 * The training step for minibatches of `rows` rows. Reads rows `indices` i32 [rows], `scalars` f32 (the optimizer's) and
 * `key` i32 [seed, step, 0]; writes `pulse`, see `PULSE`. If loss or gradient is not finite the step stops before anything is
 * committed.
 */
export function trainingProgram(
  description: StepDescription,
  transform: StepTransform,
  rows: number,
  renewal?: Renewal,
  method?: (start: StepStart) => StepEnd,
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
  const end = method?.({ builder, description, parameters, leaves, batch, key, scalars, updates, rows });
  const measured = end?.measured ?? description.measure(leaves, batch, { mode: 'train', key, updates });
  const { losses, weights, sums } = measured;
  const loss = end?.loss ?? weighed(losses, weights);
  const reported = reportedOf(builder, measured);
  const renewing = renewal?.(groups.rows, builder, leaves) ?? renew;
  const renewed = renewing(builder.trace, loss, parameters, { transform, slots, scalars }, end?.gradients);
  const { gradientNorm } = renewed;
  const shown = reported === losses && !end ? loss : weighed(reported, weights);
  const counted = weights === undefined ? [] : [sum(weights)];
  builder.emit('pulse', pulse([shown, gradientNorm, ...counted, ...sums, ...(end?.readings ?? [])]));
  builder.commit(BLOCKS.parameters, renewed.parameters);
  for (const name of transform.slots) builder.commit(BLOCKS.slot(name), renewed.slots[name] as Tensor);
  if (states !== undefined) builder.commit(BLOCKS.state, renewStates(states, updates));
  return builder.finish(`train ${rows}`, listOf(groups), builder.trace.taps);
}

/**
 * Evaluation of `rows` rows: writes `sums`: of the losses, of the weights, if there are any, and the description's; and what is
 * kept of each row. Commits nothing.
 */
export function evaluationProgram(description: StepDescription, rows: number): Program {
  const { groups } = description;
  const builder = new ProgramBuilder();
  const { leaves } = openLeaves(builder, groups);
  const batch = batchOf(builder, description, rows);
  const measured = description.measure(leaves, batch, { mode: 'predict' });
  const { weights, sums } = measured;
  const reported = reportedOf(builder, measured);
  builder.emit('sums', pulse([sum(reported), ...(weights ? [sum(weights)] : []), ...sums]));
  for (const [name, rows] of Object.entries(measured.kept ?? {})) builder.emit(`kept ${name}`, rows);
  return builder.finish(`evaluate ${rows}`, listOf(groups));
}

/** What prediction needs of a description. */
export interface PredictionDescription {
  readonly groups: ModelGroups;
  readonly input: Spec;
  readonly inputScaling: StepScaling;
  readonly targetScaling: StepScaling | undefined;
  forward(parameters: ReadonlyMap<string, Tensor>, x: Tensor, options: ForwardOptions): Tensor;
  /** What becomes of the model's output, such as softmax. */
  finish(prediction: Tensor): Tensor;
}

/** Prediction of the rows of `input`: reads block `input`, writes `prediction` in the units of the data. */
export function predictionProgram(description: PredictionDescription, block = 'input'): Program {
  const { groups, input, inputScaling, targetScaling } = description;
  const builder = new ProgramBuilder();
  const { leaves } = openLeaves(builder, groups);
  const raw = float(builder.block(block, input));
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
