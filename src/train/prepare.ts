/** @file Everything before the first step: data read and checked, rows split, scaling fitted, parameters made. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { checkBatchSize } from '../data/batch-size.ts';
import { fitInputScaling, fitTargetScaling } from '../data/scaling.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import { isTrainedModel, type TrainedModel } from './model.ts';
import type { Data, ResolvedOptions } from './options.ts';
import { readSource, readTargets, withRowShape } from './read.ts';
import type { ModelState } from './state.ts';
import { nextTurn } from './yield.ts';

export interface Prepared {
  readonly state: ModelState;
  /** The layer as it is called while training, if that is another. */
  readonly trainedLayer?: Layer;
  /** Training and held-out rows alike; `trainRows` and `validationRows` tell them apart. */
  readonly source: Source;
  readonly targets: Targets;
  readonly trainRows: Int32Array;
  readonly validationRows: Int32Array | undefined;
  readonly batchSize: number;
  /** What was done to the data, for people to read. */
  readonly notes: readonly string[];
}

/** @throws SaddlepointError before anything is trained: see the messages of data/. */
export async function prepare(
  model: Layer | TrainedModel,
  data: Data,
  options: ResolvedOptions<string>,
): Promise<Prepared> {
  const base = stateOf(model);
  const { loss, metrics, seed, validation } = options;
  const layer = base?.layer ?? (model as Layer);
  const read = readSource(data);
  await nextTurn();
  const source = base === undefined ? read : withRowShape(read, base.inputShape);
  const made = base ?? fresh(layer, source.rowShape, seed);
  await nextTurn();
  const reader = { loss, outputShape: made.outputShape, classes: base?.classes };
  const targets = await readTargets(data, source, reader);
  const notes = [...targets.notes];
  // So seldom true that what looks closer is loaded then.
  if (!base && [...made.parameters.values()].some(({ shape, data }) => shape[1] && data[0] === data[1]))
    notes.push(...(await import('../nn/symmetry.ts')).symmetryNotes(made.parameters));

  const joined =
    validation === undefined || typeof validation === 'number'
      ? { source, targets }
      : await (await import('./held-out.ts')).withHeldOut(source, targets, validation, reader);
  const rows = await splitOf(source, targets, joined.source.rows, options, notes);
  const { batchSize, notes: batchNotes } = checkBatchSize(options.batchSize, rows.train.length);
  notes.push(...batchNotes);

  const input =
    base === undefined
      ? fitInputScaling(source, rows.train, options)
      : { scaling: base.inputScaling, notes: ['x: scaled as the model was trained'] };
  const target = !base || base.hasNewHead ? fitTargetScaling(targets, rows.train, options) : undefined;
  notes.push(...input.notes, ...(target?.notes ?? []));
  const fitted = target?.scaling ?? (loss.target === 'value' ? base?.targetScaling : undefined);
  const targetScaling = fitted?.kind === 'none' ? undefined : fitted;
  const state: ModelState = {
    layer,
    parameters: made.parameters,
    inputShape: source.rowShape,
    inputScaling: input.scaling,
    targetScaling,
    outputShape: made.outputShape,
    classes: targets.classes,
    loss,
    metrics,
    ...(base?.columns && { columns: base.columns }),
  };
  return { state, ...joined, trainRows: rows.train, validationRows: rows.validation, batchSize, notes };
}

/** The state of a trained model; undefined for a layer, whose parameters are yet to be made. */
function stateOf(model: Layer | TrainedModel): ModelState | undefined {
  if (model !== null && typeof model === 'object') {
    if (isTrainedModel(model)) return model.state;
    if (typeof model.call === 'function') return undefined;
  }
  throw new SaddlepointError(
    'option',
    `fit: expected a layer or a trained model, got ${show(model)}`,
    'for example sequential([dense(16, { activation: "relu" }), dense(3)])',
  );
}

function fresh(layer: Layer, rowShape: Shape, seed: number): Pick<ModelState, 'parameters' | 'outputShape'> {
  const { parameters, output } = initialize(layer, { shape: [1, ...rowShape], dtype: 'f32' }, seed);
  return {
    parameters: new Map(parameters.map(({ path, ...leaf }) => [path, leaf])),
    outputShape: output.shape.slice(1),
  };
}

async function splitOf(
  source: Source,
  targets: Targets,
  total: number,
  { validation, split, seed }: ResolvedOptions<string>,
  notes: string[],
): Promise<{ train: Int32Array; validation: Int32Array | undefined }> {
  const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
  if (typeof validation !== 'number')
    return { train: range(0, source.rows), validation: total > source.rows ? range(source.rows, total) : undefined };
  const { data } = targets;
  const labels = data instanceof Int32Array && data.length === source.rows ? { labels: data } : {};
  const { splitRows } = await import('../data/split.ts');
  const result = splitRows(source.rows, validation, {
    ...labels,
    seed,
    order: split,
    ...(targets.classes === undefined ? {} : { names: targets.classes }),
  });
  notes.push(...result.notes);
  return result;
}
