/** @file `fit` and `train`: from a model and data to a run. */
import { SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Layer, Tensors } from '../nn/layer.ts';
import type { EpochRecord } from './history.ts';
import type { TrainedModel } from './model.ts';
import type { NamedData, NamedFitOptions } from './named.ts';
import { areNamed, areRecords, type Data, type FitOptions, isExtended, resolveOptions } from './options.ts';
import type { Players } from './players.ts';
import type { PlayersData } from './players-data.ts';
import type { PlayersOptions } from './players-options.ts';
import type { PlayersRecord, PlayersRun } from './players-run.ts';
import { prepare } from './prepare.ts';
import type { RecordOptions, Records } from './records.ts';
import type { Run } from './run.ts';
import type { StreamData } from './stream.ts';
import { openTraining } from './training.ts';

/**
 * Trains a model.
 *
 * The input size is inferred; weights start by the layers' initializers; bytes are divided by 255, f32 columns and regression
 * targets are standardized; rows are shuffled each epoch and split in strata; the last partial batch counts; with validation
 * the weights of the best epoch are kept, however the run ends; a bar is shown where there is a terminal.
 *
 * @param model a layer, such as `sequential([...])`, or a trained model to go on from.
 * @param data x: rows; y: a target for each row. See `Data`; for data larger than memory, see `StreamData`.
 * @param options see `FitOptions`; only `loss` is needed.
 * @returns the run: it predicts, evaluates, saves, and holds the history.
 * @throws SaddlepointError before training for data or options that cannot be used; `DivergenceError` (code `divergence`)
 *   when loss or gradient become NaN or infinite, with step, op, likely cause and the last good parameters.
 * @example
 * const run = await fit(model, { x: images, y: labels }, { loss: crossEntropy(), metrics: [accuracy()], epochs: 5 });
 */
export async function fit<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data | StreamData,
  options: FitOptions<Name>,
): Promise<Run<Name>>;
/**
 * Trains a model of several inputs or outputs, see `graph`: data, losses and metrics come by name, and so do predictions.
 *
 * @param model a graph, or a run of one.
 * @param data x: rows for each input; y: targets for each output.
 * @param options loss: for each output; `lossWeights`: what each counts in the sum that is minimized. Losses and metrics of
 *   outputs are reported as `output.loss`, `output.metric`.
 * @throws SaddlepointError `option` for names that the model does not have, or that are missing.
 * @example
 * const run = await fit(graph({ inputs: [image, meta], outputs: { label, price } }),
 *   { x: { image: images, meta: rows }, y: { label: names, price: prices } },
 *   { loss: { label: crossEntropy(), price: meanSquaredError() }, metrics: { label: [accuracy()] } });
 * await run.predict({ image: one, meta: row }); // { label: { label, probabilities }, price: 12.5 }
 */
export async function fit(
  model: Layer<never, unknown> | Layer<Tensors, Tensors> | Layer<Tensors> | Layer<Tensor, Tensors> | TrainedModel,
  data: NamedData,
  options: NamedFitOptions,
): Promise<Run>;
/**
 * Trains a model of plain records, which it builds: columns are read, names become numbers, rows are split, and a network of a
 * fitting size is trained until it improves no more. `run.notes` says what was done; the model takes records, too.
 *
 * @param records an array of objects, an object of arrays, or a table that a reader made.
 * @param options `target`, the column to be predicted; and what else is not to be as it is by itself: see `RecordOptions`.
 * @throws SaddlepointError for columns that are not there, gaps, and cells that cannot be read: row and column named.
 * @example
 * const run = await fit(records, { target: 'species' });
 * (await run.predict({ petal: 1.4, sepal: 5.1 })).label;
 */
export async function fit<Name extends string = 'accuracy' | 'meanAbsoluteError'>(
  records: Records,
  options: RecordOptions<Name>,
): Promise<Run<Name>>;
/**
 * Trains several players, each by its own loss; see `players`.
 *
 * @param game what `players` returned.
 * @param data x: rows; y: a class or values for each row, if the losses want them. Bytes are divided by 255; nothing is
 *   standardized, so that what players make is in the units of the data.
 * @param options see `PlayersOptions`.
 * @returns the run: `run.models` has a trained model for each player, the history a loss.
 * @throws SaddlepointError before training for data, options and losses that cannot be used; `DivergenceError` with the player
 *   in whose turn loss or gradient became NaN or infinite.
 * @example const run = await fit(gan, { x }, { inputs: { z: normal([100]) }, epochs: 20 });
 */
export async function fit<Name extends string>(
  game: Players<Name>,
  data: PlayersData,
  options?: PlayersOptions,
): Promise<PlayersRun<Name>>;
export async function fit(
  model: Layer | Layer<never, unknown> | TrainedModel | Players | Records,
  data: Data | StreamData | NamedData | PlayersData | RecordOptions,
  options?: FitOptions | NamedFitOptions | PlayersOptions,
): Promise<Run | PlayersRun> {
  const epochs = train(model as Layer, data as Data, options as FitOptions);
  for (;;) {
    const next = await epochs.next();
    if (next.done) return next.value;
  }
}

/**
 * As `fit`, an epoch at a time: yields each epoch's record, and returns the run. Leaving the loop early frees the run.
 * @example for await (const epoch of train(model, data, options)) draw(epoch);
 */
export function train<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data | StreamData,
  options: FitOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void>;
/** As `fit` of records, an epoch at a time. */
export function train<Name extends string = 'accuracy' | 'meanAbsoluteError'>(
  records: Records,
  options: RecordOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void>;
/**
 * As `fit` of players, an epoch at a time.
 * @example for await (const { losses } of train(gan, { x }, { inputs: { z: normal([100]) } })) draw(losses);
 */
export function train<Name extends string>(
  game: Players<Name>,
  data: PlayersData,
  options?: PlayersOptions,
): AsyncGenerator<PlayersRecord<Name>, PlayersRun<Name>, void>;
export function train(
  model: Layer | TrainedModel | Players | Records,
  data: Data | StreamData | PlayersData | RecordOptions,
  options?: FitOptions | PlayersOptions,
): AsyncGenerator<EpochRecord | PlayersRecord, Run | PlayersRun, void> {
  if (data && 'target' in data && options === undefined) return trainRecords(model as Records, data);
  const play = ((model as Partial<Players> | undefined)?.play ?? trainModel) as typeof trainModel;
  return play(model as Layer, data as Data, options as FitOptions);
}

async function* trainRecords<Name extends string>(
  records: Records,
  given: RecordOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void> {
  const { readRecords } = await import('./records.ts');
  const { layer, data, options } = readRecords(records, given);
  return yield* trainModel(layer, data, options as FitOptions<Name>);
}

async function* trainModel<Name extends string>(
  model: Layer | TrainedModel,
  data: Data | StreamData,
  options: FitOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void> {
  const inMemory = data as Data;
  const resolved = areNamed(options?.loss) ? undefined : await resolveOptions(options);
  if (resolved === undefined || areNamed(inMemory?.x)) {
    const { packFit } = await import('./named.ts');
    const packed = packFit(model as Layer<never, unknown>, inMemory, options as NamedFitOptions);
    return yield* trainModel(packed.model, packed.data, packed.options as FitOptions<Name>);
  }
  if (data && areRecords(inMemory)) {
    const { encodeRecords } = await import('./records.ts');
    return yield* trainModel(model, encodeRecords(model, inMemory, options), options);
  }
  if (resolved.signal?.aborted)
    throw new SaddlepointError('aborted', 'fit: the signal was aborted before the run began');
  // What most runs do not ask for is loaded when one does.
  const extension =
    'batches' in Object(data)
      ? await (await import('./stream.ts')).extendStream(model, data as StreamData, options, resolved)
      : isExtended(data as Data, options)
        ? await (await import('./extension.ts')).extend(model, data as Data, options, resolved)
        : undefined;
  const prepared = extension?.prepared ?? (await prepare(model, data as Data, resolved));
  const training = await openTraining(prepared, (extension?.options as typeof resolved) ?? resolved, extension);
  try {
    return yield* training.epochs();
  } finally {
    training.close();
  }
}
