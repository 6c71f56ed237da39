/** @file What a run may have besides rows, targets and the commonest options: loaded when one asks for it. */
import { checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { evaluatedParameters } from '../engine/evaluated.ts';
import { type Layer, layerToJson } from '../nn/layer.ts';
import type { Callback, EpochCallback } from './callback.ts';
import { CallbackRunner } from './callback-runner.ts';
import { type Checkpoint, checkSettings } from './checkpoint.ts';
import { frozenPaths, withFrozenStatistics } from './freeze.ts';
import { TrainedModel } from './model.ts';
import { namedScaling } from './named.ts';
import type { Data, FitOptions, ResolvedOptions } from './options.ts';
import { type Prepared, prepare } from './prepare.ts';
import { checkScaling, withScaling } from './scaling-option.ts';
import type { Hooks } from './training.ts';
import { weighingOf, weightsOf } from './weights.ts';

/** What such a run is made of. */
export interface Extension extends Hooks {
  readonly prepared: Prepared;
  /** The run's options, if tricks changed them. */
  readonly options?: ResolvedOptions<string>;
}

/** @throws SaddlepointError before anything is trained. */
export async function extend(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
  given: ResolvedOptions<string>,
): Promise<Extension> {
  const applying = options.tricks === undefined ? undefined : await import('./apply-tricks.ts');
  const wrapped = applying?.readTricks(options.tricks ?? []);
  const resolved =
    wrapped && applying ? { ...given, optimizer: applying.wrapOptimizer(wrapped, given.optimizer) } : given;
  const { freeze, resume } = options;
  const last = checkName('fit: last', options.last ?? 'keep', ['keep', 'drop', 'pad']);
  const dropLast = last === 'drop';
  const begun = resume === undefined ? model : resumed(model, resume);
  const kind = checkScaling(options);
  const unscaled = await prepare(begun, data, kind === 'none' ? { ...resolved, standardize: false } : resolved);
  const read = kind === undefined || resume !== undefined ? unscaled : withScaling(unscaled, kind, begun);
  const { columns = read.state.columns, named = read.state.named, notes = [] } = data;
  const isNew = !('state' in begun);
  const scaled = {
    ...(isNew &&
      data.columns && {
        inputScaling: (await import('./text-scaling.ts')).keepTexts(read.state.inputScaling, data.columns),
      }),
    ...(isNew &&
      named && {
        inputScaling: namedScaling(read.source, read.trainRows, resolved, named),
        targetScaling: undefined,
      }),
  };
  const whole = { ...read, state: { ...read.state, columns, named, ...scaled }, notes: [...notes, ...read.notes] };
  const plain =
    applying && wrapped && resume === undefined ? await applying.prepareModel(wrapped, whole, resolved.seed) : whole;
  const frozen = freeze === undefined ? undefined : frozenPaths(plain.state, freeze);
  const kept: Prepared = frozen === undefined ? plain : withFreezing(plain, frozen);
  if (last === 'pad' && typeof options.batchSize === 'object')
    throw new SaddlepointError(
      'option',
      "fit: last: 'pad' fills up batches of one size, batchSize is a schedule",
      "give batchSize a number, or take 'keep' or 'drop'",
    );
  const isPadded = last === 'pad' && kept.trainRows.length % kept.batchSize !== 0;
  const padding = isPadded ? await import('./pad-last.ts') : undefined;
  const prepared = padding ? padding.withPaddingRow(kept) : kept;
  const schedule = typeof options.batchSize === 'object' ? options.batchSize : undefined;
  const { trainRows, batchSize } = prepared;
  const batches =
    schedule &&
    new (await import('./batch-run.ts')).BatchRun({
      ...{ schedule, rows: trainRows.length, epochs: resolved.epochs, dropLast },
    });
  const callbacks = [
    ...(batches ? [batches.keeper] : []),
    ...(schedule?.watch ? [schedule.watch()] : []),
    ...(wrapped?.callbacks ?? []),
    ...listOf(options.callbacks),
  ];
  const rowGradientStep = callbacks.some(({ rowGradientRows }) => rowGradientRows?.length)
    ? (await import('./row-gradients.ts')).rowGradientStep
    : undefined;
  const runner = new CallbackRunner({
    ...{ batches, callbacks, rowGradientStep },
    maxSeconds:
      options.maxSeconds === undefined
        ? undefined
        : checkNumber('fit: maxSeconds', options.maxSeconds, { min: 0, openMin: true }),
    settings: {
      ...settingsOf(prepared, resolved),
      ...(last !== 'keep' && { last }),
      ...(schedule && { batchSchedule: { name: schedule.name, options: schedule.options } }),
      ...(wrapped?.settings.length && { tricks: wrapped.settings }),
    },
    resume,
    gradientsAt: wrapped && applying?.gradientsOf(wrapped, Math.ceil(trainRows.length / batchSize)),
  });
  const own = allWeights(data, options, kept);
  const weights = padding && own ? padding.withPaddingWeight(own) : own;
  const epochRows = dropLast && !batches ? trainRows.length - (trainRows.length % batchSize) : undefined;
  const tricks =
    wrapped &&
    applying?.trickHooks(wrapped, prepared, resolved, {
      epochRows,
      largest: Math.max(...(batches?.sizes ?? [batchSize])),
    });
  const blocks = weights ? { weights } : {};
  return {
    ...{ prepared, ...runner.hooks },
    ...(wrapped && { options: resolved, ...tricks }),
    ...(epochRows === undefined ? {} : { epochRows }),
    ...(options.resumable ? { checkpoint: () => runner.checkpoint() } : {}),
    evaluated: (groups) => evaluatedParameters(groups, resolved.optimizer),
    ...(frozen === undefined ? {} : { isFrozen: (path: string) => frozen.has(path) }),
    ...(weights && { weighing: weighingOf(weights), blocks }),
    ...padding?.paddingHooks(prepared, resolved, wrapped?.placed.map(({ trick }) => trick) ?? [], {
      ...tricks,
      blocks,
    }),
  };
}

function resumed(model: Layer | TrainedModel, checkpoint: Checkpoint): TrainedModel {
  if (typeof (checkpoint as Partial<Checkpoint> | null)?.progress?.step !== 'number')
    throw new SaddlepointError(
      'option',
      `fit: resume: expected a checkpoint, got ${show(checkpoint)}`,
      'for example resume: await loadCheckpoint(path)',
    );
  const { layer } = 'state' in model ? model.state : { layer: model };
  checkSettings({ model: layerToJson(layer) }, { model: layerToJson(checkpoint.state.layer) });
  return new TrainedModel(checkpoint.state);
}

function withFreezing(prepared: Prepared, frozen: ReadonlySet<string>): Prepared {
  const { state, notes } = prepared;
  return {
    ...prepared,
    trainedLayer: withFrozenStatistics(state.layer, state.parameters, frozen),
    notes: [...notes, `model: ${frozen.size} of ${state.parameters.size} leaves are frozen`],
  };
}

function listOf(callbacks: FitOptions['callbacks'] = []): readonly Callback[] {
  if (!Array.isArray(callbacks))
    throw new SaddlepointError('option', `fit: callbacks: expected a list, got ${show(callbacks)}`);
  return callbacks.map((callback: Callback | EpochCallback, i): Callback => {
    if (typeof callback === 'function') return { onEpoch: callback };
    if (callback === null || typeof callback !== 'object')
      throw new SaddlepointError('option', `fit: callbacks: element ${i} is no callback: ${show(callback)}`);
    if (callback.every !== undefined)
      checkNumber(`fit: callbacks[${i}].every`, callback.every, { min: 1, integer: true });
    return callback;
  });
}

/** What must be the same in both parts of a run. */
function settingsOf({ trainRows, batchSize, source }: Prepared, resolved: ResolvedOptions<string>): JsonObject {
  const { seed, shuffle, optimizer, loss, metrics } = resolved;
  return {
    ...{ seed, shuffle, batchSize, rows: source.rows, trainRows: trainRows.length },
    optimizer: { name: optimizer.name, options: optimizer.options },
    loss: { name: loss.name, options: loss.options },
    metrics: metrics.map(({ name }) => name),
  };
}

/** Weights for training and held-out rows alike; undefined if all are 1. */
function allWeights(
  data: Data,
  { validation, classWeights }: FitOptions,
  prepared: Prepared,
): Float32Array | undefined {
  const held = validation !== undefined && typeof validation !== 'number' ? validation : undefined;
  if (data.weights === undefined && held?.weights === undefined && classWeights === undefined) return undefined;
  const { targets, source } = prepared;
  const heldRows = held === undefined ? 0 : (prepared.validationRows?.length ?? 0);
  const rows = source.rows - heldRows;
  const part = (from: number, to: number) => ({
    ...targets,
    data: targets.data.subarray((from * targets.data.length) / source.rows, (to * targets.data.length) / source.rows),
  });
  const weights = new Float32Array(source.rows);
  weights.set(weightsOf(data.weights, classWeights, part(0, rows), rows));
  // Validation reports the loss by the rows' own weights: classes count alike there.
  if (held !== undefined) weights.set(weightsOf(held.weights, undefined, part(rows, source.rows), heldRows), rows);
  else if (classWeights !== undefined)
    for (const row of prepared.validationRows ?? []) weights[row] = data.weights?.[row] ?? 1;
  return weights;
}
