/** @file `savePlan`: a trained model as one file that runs without a tracer, see `saddlepoint/edge`. */
import type { SessionImage } from '../backends/wasm/image.ts';
import { checkKnownOptions, checkNumber, must, SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { ARRAYS, DTYPES, type DTypeNumber, type Extent, type PlanHeader } from '../edge/format.ts';
import { writePlan } from '../edge/write-plan.ts';
import { type WriteTarget, writeBytes } from '../io/place.ts';
import type { Transform } from '../optim/transform.ts';
import { inspectWords } from '../plan/inspect.ts';
import { ALL_RULES } from '../plan/rules.ts';
import { indexBoundAt } from '../plan/sizes.ts';
import type { TrainedModel } from './model.ts';
import { type PlannedRun, planRun } from './plan-programs.ts';
import type { Run } from './run.ts';

export interface PlanTrainOptions {
  /** Rows of a step: ≥ 1; default that of the run. */
  readonly batchSize?: number;
  /** Default: the run's, where it stood at the end if the run was `resumable`, else anew. Needed for a loaded model. */
  readonly optimizer?: Transform;
  /**
   * For how many steps the learning rate and the optimizer's corrections are kept, ≥ 1; default 10,000. After them the last
   * ones hold. A rate that stays the same takes no room; a schedule some bytes a step.
   */
  readonly steps?: number;
  /** Leaves that stay as they are, as the option of `fit`. */
  readonly freeze?: ((path: string) => boolean) | readonly string[];
  /** Fixes masks and noise, as the option of `fit`; default that of a resumable run, else 0. */
  readonly seed?: number;
}

export interface SavePlanOptions {
  /** Whether the plan can train on, and how. Default false: it predicts. */
  readonly train?: boolean | PlanTrainOptions;
  /** For how many rows predictions are planned; others are cut into these. Default [1, 32]. */
  readonly predictSizes?: readonly number[];
}

/** What a plan file will take where it runs. */
export interface PlanSummary {
  /** Bytes of the file. */
  readonly fileBytes: number;
  /** Bytes of memory that a loaded plan holds. */
  readonly memoryBytes: number;
  /**
   * At most, while it is loaded: the memory and the file. `load(request)` takes it within 20 %; where a worker imports the file the
   * host has its bytes once more, and after `await request.arrayBuffer()` twice more (docs/edge.md).
   */
  readonly peakBytes: number;
  /** Bytes of the instructions and their constants. */
  readonly instructionBytes: number;
  /** Whether it needs the build of the machine with all instructions, or the small one of dense networks. */
  readonly build: 'core' | 'simd';
  /** Of one step by program: operations of products, and elements read and written. */
  readonly work: Readonly<Record<string, number>>;
  /** What was decided, for people to read. */
  readonly notes: readonly string[];
}

/** Raised with the package's own; tests hold it to package.json. */
export const VERSION = '0.1.0';

const OPTIONS = ['train', 'predictSizes'];
const TRAIN_OPTIONS = ['batchSize', 'optimizer', 'steps', 'freeze', 'seed'];

/**
 * Writes a plan file: instructions, weights and, to train on, the optimizer's state. `load` of `saddlepoint/edge` runs it.
 *
 * A plan is a build product: another version of the library may refuse it, and says so; keep the model itself by `run.save`.
 *
 * @param run what `fit` returned, or a loaded model.
 * @param options see `SavePlanOptions`.
 * @param target as of `run.save`.
 * @returns what it takes, before it is loaded anywhere.
 * @throws SaddlepointError `option` for a model of records or of several inputs or outputs, and where training is asked for but
 *   there is no optimizer.
 * @example await savePlan(run, { train: true }, 'digits.plan');
 */
export async function savePlan(
  run: TrainedModel | Run,
  options: SavePlanOptions,
  target: WriteTarget,
): Promise<PlanSummary> {
  const { file, summary } = await makePlan(run, options);
  await writeBytes(target, file);
  return summary;
}

/** The bytes of a plan file, and what it takes. @see savePlan */
export async function makePlan(
  run: TrainedModel | Run,
  options: SavePlanOptions = {},
): Promise<{ readonly file: Uint8Array; readonly summary: PlanSummary }> {
  const planned = await planRun(run, checkOptions(run, options));
  const programs = [...planned.image.programs];
  const work = Object.fromEntries(
    programs.map(([name, { plan }]) => [name, inspectWords(ALL_RULES, plan.words, plan.regions)] as const),
  );
  const build = Object.values(work).some(({ isExtended }) => isExtended) ? 'simd' : 'core';
  const header = headerOf(planned, build);
  const file = writePlan(header, sectionsOf(planned, header));
  const memoryBytes = header.bytes;
  return {
    file,
    summary: {
      ...{ fileBytes: file.length, memoryBytes, peakBytes: memoryBytes + file.length },
      instructionBytes: programs.reduce((sum, [, { plan }]) => sum + plan.words.byteLength, 0),
      build,
      work: Object.fromEntries(Object.entries(work).map(([name, each]) => [name, each.work])),
      notes: planned.notes,
    },
  };
}

/** The options with their defaults. */
function checkOptions({ state }: TrainedModel, options: SavePlanOptions): Required<SavePlanOptions> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError(
      'option',
      `savePlan: expected options, got ${show(options)}`,
      'savePlan(run, {}, target): options come before the target',
    );
  checkKnownOptions('savePlan', options, OPTIONS);
  if (typeof options.train === 'object') checkKnownOptions('savePlan: train', options.train, TRAIN_OPTIONS);
  const { train = false, predictSizes = [1, 32] } = options;
  if (!Array.isArray(predictSizes) || predictSizes.length === 0)
    throw new SaddlepointError('option', `savePlan: predictSizes: expected numbers of rows, got ${show(predictSizes)}`);
  for (const size of predictSizes) checkNumber('savePlan: predictSizes', size, { min: 1, max: 65536, integer: true });
  const kind = state.columns ? 'records' : state.named ? 'several inputs or outputs' : undefined;
  if (kind !== undefined)
    throw new SaddlepointError(
      'option',
      `savePlan: the model takes ${kind}; a plan takes rows of numbers`,
      'train on { x, y } of numbers: encode the records first',
    );
  return { train, predictSizes };
}

const number = (dtype: (typeof DTYPES)[number]): DTypeNumber => DTYPES.indexOf(dtype) as DTypeNumber;

function headerOf(
  { state, image, predict, train, contents, renewed, slots }: PlannedRun,
  build: PlanHeader['build'],
): PlanHeader {
  return {
    version: VERSION,
    build,
    bytes: image.bytes,
    arena: arenaOf(image),
    blocks: [...image.blocks].map(([name, { address, spec }]) => ({
      ...{ name, at: [address, sizeOf(spec.shape), number(spec.dtype)] },
      ...(contents.has(name) && { kept: true }),
      ...(renewed.has(name) && { renewed: true }),
      ...(slots.has(name) && { later: true }),
    })),
    programs: [...image.programs].map(([name, { plan, code, tables, constants }]) => ({
      name,
      code: [code, plan.words.length],
      constants: constants.map(({ address, data, dtype }): Extent => [address, data.length, number(dtype)]),
      tables: Object.fromEntries(
        [...tables].map(([table, { address, spec }]) => [table, [address, sizeOf(spec.shape), number(spec.dtype)]]),
      ),
      origins: plan.origins.flatMap(({ at, op, path }) =>
        indexBoundAt(plan.words, at) > 0 ? [[at, op, path] as const] : [],
      ),
    })),
    input: state.inputShape,
    output: state.outputShape,
    target: state.loss.target,
    classes: state.classes,
    predict,
    train: train && { ...train.header, target: { ...train.target, dtype: number(train.target.dtype) } },
  };
}

/** All programs share one arena, at the largest of their needs. */
function arenaOf({ programs }: SessionImage): readonly [number, number] {
  const arenas = [...programs.values()].map(({ plan }) =>
    must(
      plan.regions.find(({ name }) => name === 'arena'),
      'an arena',
    ),
  );
  return [must(arenas[0], 'an arena').address, Math.max(...arenas.map(({ bytes }) => bytes))];
}

function sectionsOf({ image, train, contents }: PlannedRun, { blocks }: PlanHeader): ArrayBufferView[] {
  const programs = [...image.programs.values()];
  return [
    ...programs.flatMap(({ plan, constants }) => [
      plan.words,
      ...constants.map(({ data, dtype }) => ARRAYS[number(dtype)].from(data)),
    ]),
    ...(train === undefined ? [] : [train.scalars]),
    ...blocks.flatMap(({ name, kept }) => (kept ? [must(contents.get(name), `block ${name}`)] : [])),
  ];
}
