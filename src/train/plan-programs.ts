/** @file The programs of a plan file, their image, and what their blocks hold at the start. */
import { imageOf, type SessionImage } from '../backends/wasm/image.ts';
import { planSession } from '../backends/wasm/index.ts';
import type { DType } from '../core/dtype.ts';
import { checkNumber, must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { TrainHeader } from '../edge/format.ts';
import { packScalars } from '../edge/scalars.ts';
import { evaluatedParameters } from '../engine/evaluated.ts';
import { renewalOf } from '../engine/renewal.ts';
import { BLOCKS, listOf, type ModelGroups, predictionProgram } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import type { Program } from '../graph/program.ts';
import type { Transform } from '../optim/transform.ts';
import type { Checkpoint } from './checkpoint.ts';
import { frozenPaths, withFrozenStatistics } from './freeze.ts';
import type { TrainedModel } from './model.ts';
import { rowsAreAlone } from './plan-rows.ts';
import { programOf } from './plan-step.ts';
import { describePrediction } from './predict.ts';
import type { Run } from './run.ts';
import type { PlanTrainOptions, SavePlanOptions } from './save-plan.ts';
import { groupsOf, type ModelState, unitsOf } from './state.ts';

export interface PlannedRun {
  readonly state: ModelState;
  readonly image: SessionImage;
  readonly predict: { readonly rows: number; readonly program: string; readonly block: string }[];
  readonly train:
    | {
        readonly header: Omit<TrainHeader, 'target'>;
        readonly target: Spec;
        readonly scalars: Uint8Array;
      }
    | undefined;
  /** Of the blocks that the file keeps. */
  readonly contents: ReadonlyMap<string, Float32Array>;
  /** The blocks that training renews. */
  readonly renewed: ReadonlySet<string>;
  /** The blocks of the optimizer, which no prediction reads. */
  readonly slots: ReadonlySet<string>;
  readonly notes: readonly string[];
}

const DEFAULT_STEPS = 10_000;

export async function planRun(
  run: TrainedModel | Run,
  { train, predictSizes }: Required<SavePlanOptions>,
): Promise<PlannedRun> {
  const training = train === false ? undefined : await planTraining(run, train === true ? {} : train);
  const state = training?.state ?? run.state;
  const groups = training?.groups ?? groupsOf(state);
  const sizes = [...new Set(predictSizes)].sort((a, b) => a - b);
  const predictions = sizes.map((rows) => ({ rows, program: `predict ${rows}`, block: `input ${rows}` }));
  const programs = [
    ...predictions.map(({ rows, block }) =>
      predictionProgram(describePrediction(state, training?.evaluatedGroups ?? groups, rows), block),
    ),
    ...(training?.programs ?? []),
  ];
  const image = imageOf(await planSession(programs));
  const contents = new Map(listOf(groups).map((group) => [group.name, blockOf(state, group)] as const));
  for (const [name, data] of training?.blocks ?? []) contents.set(name, data);
  return {
    ...{ state, image, predict: predictions, train: training, contents },
    renewed: new Set(
      training?.programs[0]?.outputs.flatMap(({ kind, name }) => (kind === 'block' ? [name] : [])) ?? [],
    ),
    slots: new Set([...contents.keys()].filter((name) => name.startsWith(BLOCKS.slot('')))),
    notes: training?.notes ?? [],
  };
}

/** A group's leaves in their block. */
function blockOf({ parameters }: ModelState, { size, segments }: ModelGroups['parameters']): Float32Array {
  const block = new Float32Array(size);
  for (const { path, offset } of segments) block.set(must(parameters.get(path), path).data, offset);
  return block;
}

async function planTraining(run: TrainedModel | Run, options: PlanTrainOptions) {
  const recipe = 'recipe' in run ? run.recipe : undefined;
  const { optimizer = recipe?.optimizer, freeze } = options;
  if (optimizer === undefined)
    throw new SaddlepointError(
      'option',
      'savePlan: train: a loaded model knows no optimizer',
      'give one: train: { optimizer: adam() }',
    );
  const batchSize = checkNumber('savePlan: train.batchSize', options.batchSize ?? recipe?.batchSize ?? 32, {
    ...{ min: 1, max: 65536, integer: true },
  });
  const end = options.optimizer === undefined && 'end' in run ? run.end : undefined;
  const state = end?.state ?? run.state;
  const frozen = freeze === undefined ? undefined : frozenPaths(state, freeze);
  const groups = groupsOf(state, (path) => frozen?.has(path) ?? false);
  const target = recipe?.target ?? targetOf(state);
  const dtype: DType = recipe?.inputType === 'i32' ? 'i32' : 'f32';
  const step = {
    ...{ state, groups, optimizer, target, dtype },
    layer: frozen ? withFrozenStatistics(state.layer, state.parameters, frozen) : state.layer,
    renewal: await renewalOf(groups),
  };
  const whole = programOf(step, batchSize, false);
  const alone = batchSize > 1 && (await rowsAreAlone(step, batchSize));
  const partial = alone ? [programOf(step, batchSize, true)] : [];
  const evaluated = evaluatedParameters(groups, optimizer);
  const refresh = evaluated === undefined ? [] : [evaluated.program];
  const begun = end?.progress.step ?? 0;
  const steps = checkNumber('savePlan: train.steps', options.steps ?? DEFAULT_STEPS, {
    min: 1,
    max: 2 ** 20,
    integer: true,
  });
  const rows = scalarRows(optimizer, begun, steps, end?.progress.rateScale);
  const scalars = packScalars(rows.data, rows.width);
  const seed = options.seed ?? (end?.progress.settings.seed as number | undefined) ?? 0;
  return {
    ...{ state, groups, target, scalars },
    evaluatedGroups: evaluated?.groups,
    programs: [whole, ...partial, ...refresh],
    blocks: slotsOf(whole, end?.blocks),
    notes: [
      end === undefined
        ? 'train: the optimizer begins anew (a run that is resumable goes on)'
        : `train: goes on from step ${begun}, with the weights of the end of the run`,
      alone || batchSize === 1
        ? 'train: takes any number of rows'
        : `train: takes multiples of ${batchSize} rows, since rows of a batch depend on each other`,
    ],
    header: {
      ...{ rows: batchSize, program: whole.name, seed, step: begun },
      ...(partial[0] && { partial: partial[0].name }),
      ...(refresh[0] && { refresh: refresh[0].name }),
      scalars: { width: rows.width, steps: rows.data.length / rows.width, bytes: scalars.length },
    },
  };
}

/** The targets of a model that was loaded: class numbers, or as many values as it gives. */
function targetOf(state: ModelState): Spec {
  if (state.loss.target !== 'class') return { shape: [unitsOf(state)], dtype: 'f32' };
  return { shape: state.outputShape.slice(0, -1), dtype: 'i32' };
}

/** The scalars of steps, without those at the end that stay the same bit by bit. */
function scalarRows(optimizer: Transform, from: number, steps: number, rateScale = 1) {
  const width = Math.max(1, optimizer.scalarCount);
  const data = new Float32Array(steps * width);
  for (let i = 0; i < steps; i++) data.set(optimizer.scalars(from + i, rateScale), i * width);
  const same = (i: number): boolean =>
    data.subarray(i * width, (i + 1) * width).every((value, k) => Object.is(value, data[(i - 1) * width + k]));
  let kept = steps;
  while (kept > 1 && same(kept - 1)) kept--;
  return { width, data: data.slice(0, kept * width) };
}

/** The optimizer's slots where the run left them, or zeros. @throws SaddlepointError `option` for a run that froze other leaves. */
function slotsOf(program: Program, blocks: Checkpoint['blocks'] | undefined): Map<string, Float32Array> {
  const slots = new Map<string, Float32Array>();
  program.outputs.forEach(({ kind, name }, i) => {
    if (kind !== 'block') return;
    const size = sizeOf(must(program.graph.outputs[i], 'an output').shape);
    const held = blocks?.get(name);
    if (blocks !== undefined && held?.length !== size)
      throw new SaddlepointError(
        'option',
        `savePlan: the run's block '${name}' has ${held?.length ?? 'no'} elements, ${size} expected`,
        'give the freeze of the run: train: { freeze }',
      );
    if (held !== undefined) slots.set(name, Float32Array.from(held));
    else if (name.startsWith(BLOCKS.slot(''))) slots.set(name, new Float32Array(size));
  });
  return slots;
}
