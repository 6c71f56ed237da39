/** @file Training on data larger than memory: rows pass through a window on the device, read again for each epoch. */
import { checkKnownOptions, checkNumber, must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { identityClasses } from '../data/class-numbers.ts';
import type { ClassName } from '../data/labels.ts';
import type { Reopenable } from '../data/reopen.ts';
import { streamingScaler } from '../data/scale/scalers.ts';
import type { Scaling } from '../data/scaling.ts';
import { hostTensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { Checkpoint } from './checkpoint.ts';
import { type Extension, extend } from './extension.ts';
import { isTrainedModel, TrainedModel } from './model.ts';
import type { Data, FitOptions, ResolvedOptions } from './options.ts';
import { checkColumns, checkScaling, isColumns, keepsItsOwn, type ScalingName } from './scaling-option.ts';
import type { ModelState } from './state.ts';
import { type Piece, StreamFeed } from './stream-feed.ts';
import { StreamReader } from './stream-reader.ts';
import { LabelCounts, StreamMoments } from './stream-survey.ts';
import { weightsOf } from './weights.ts';

/** Some rows of a stream, in the forms of `Data`; batches may differ in size. */
export type StreamBatch = Pick<Data, 'x' | 'y' | 'weights'>;

/**
 * Rows that do not fit into memory. They are read from the beginning for each epoch, and before the first one once or twice
 * more: to count them, to find their classes, and to fit the scaling, whose bits are those of rows in memory.
 *
 * @example
 * const encoder = …; // of a first part of the file, see fitEncoder
 * const tables = openCsv(file('large.csv'));
 * async function* batches() {
 *   for await (const table of tables) {
 *     const { data, rows, width } = encoder.encode(table);
 *     yield { x: tensor(data, [rows, width]), y: targetOf(table, 'species').values };
 *   }
 * }
 * const run = await fit(model, { batches }, { loss: crossEntropy(), epochs: 5 });
 */
export interface StreamData {
  /**
   * A function that opens them anew, or what can be iterated again and again. A generator or stream can be read once: then
   * `epochs` is 1, `rows` is given, inputs are bytes or `standardize` is false, and labels are class numbers or in `classes`.
   */
  readonly batches: Reopenable<AsyncIterable<StreamBatch> | Iterable<StreamBatch>>;
  /** How many rows a reading has; default: they are counted. */
  readonly rows?: number;
  /** The classes in the order of their numbers; default: found in a first reading. */
  readonly classes?: readonly ClassName[];
  /**
   * Rows on the device at a time, in whole batches; default: what 16 MiB hold, or all. `shuffle` deals rows anew within such a
   * window; whoever has rows in the order of their classes makes it large, or mixes them beforehand.
   */
  readonly buffer?: number;
}

const WINDOW_BYTES = 2 ** 24;

/** What a run on a stream is made of; the rest is as `extend` makes it. */
export async function extendStream(
  model: Layer | TrainedModel,
  data: StreamData,
  options: FitOptions,
  resolved: ResolvedOptions<string>,
): Promise<Extension> {
  checkKnownOptions('fit: data', data, ['batches', 'rows', 'classes', 'buffer']);
  if ((options.last ?? 'keep') !== 'keep')
    throw new SaddlepointError('option', `fit: last: '${options.last}': a stream uses all of its rows, as they come`);
  if (typeof resolved.validation === 'number')
    throw new SaddlepointError(
      'option',
      `fit: validation: ${resolved.validation} of a stream cannot be held out`,
      'give rows of their own: validation: { x, y }',
    );
  if (typeof options.batchSize === 'object' || options.tricks?.some((trick) => Object(trick).kind === 'sampler'))
    throw new SaddlepointError(
      'option',
      'fit: a stream gives its rows as they come, in batches of one size',
      'give batchSize a number and leave samplers out, or keep the rows in memory',
    );
  const base = options.resume?.state ?? (isTrainedModel(model) ? model.state : undefined);
  const reader = await StreamReader.open(data, model as Layer, base, resolved);
  const scaling = checkScaling(options) ?? (resolved.standardize ? 'standardize' : 'none');
  if (base !== undefined && options.resume === undefined && options.scaling !== undefined) throw keepsItsOwn(scaling);
  const found = await survey(reader, data, base, { ...resolved, scaling });
  const { rows, classes } = found;
  const weighted = found.weighted || options.classWeights !== undefined;
  const classWeights = options.classWeights === 'balanced' ? balanced(found.labels, rows) : options.classWeights;
  const readPiece = async (batch: StreamBatch): Promise<Piece> => {
    const source = reader.source(batch);
    const targets = await reader.targets(batch, source);
    const y = targets.data;
    if (y.constructor !== found.y.constructor)
      throw new SaddlepointError('data', 'batches: y has another form than in the first batch', 'give one form in all');
    const named = { ...targets, classes };
    const weights = weighted ? weightsOf(batch.weights, classWeights, named, source.rows) : undefined;
    return { rows: source.rows, x: source.data, y, weights };
  };
  const batchSize = Math.min(resolved.batchSize, rows);
  const rowBytes = sizeOf(reader.rowShape) * (reader.dtype === 'u8' ? 1 : 4);
  const buffer = checkNumber('fit: data.buffer', data.buffer ?? Math.max(1, Math.floor(WINDOW_BYTES / rowBytes)), {
    ...{ min: 1, integer: true },
  });
  const window = buffer >= rows ? rows : Math.max(1, Math.floor(buffer / batchSize)) * batchSize;

  const extension = await extend(
    base === undefined ? model : new TrainedModel(numbered(base)),
    await standIn(reader, found.y, window, weighted),
    {
      ...{ ...options, classWeights: undefined, scaling: undefined },
      ...(options.resume && { resume: renumbered(options.resume) }),
    },
    { ...resolved, standardize: false, ...(await heldOut(resolved.validation, reader)) },
  );
  const feed = new StreamFeed({
    async *open() {
      for await (const batch of reader.batches()) yield await readPiece(batch);
    },
    ...{ rows, window, shuffle: resolved.shuffle, seed: resolved.seed },
  });
  const { prepared } = extension;
  const { inputScaling = prepared.state.inputScaling, targetScaling = prepared.state.targetScaling } = found;
  const shuffled = resolved.shuffle ? ', shuffled within them' : '';
  return {
    ...extension,
    prepared: {
      ...prepared,
      state: { ...prepared.state, classes, inputScaling, targetScaling },
      notes: [...prepared.notes, ...found.notes, `data: ${rows} rows in windows of ${window}${shuffled}`],
    },
    epochRows: rows,
    feed: (epoch, at, wanted) => feed.next(epoch, at, wanted),
    begin(training) {
      feed.session = training.opened.session;
      return extension.begin?.(training);
    },
    async end(run) {
      await feed.close();
      await extension.end?.(run);
    },
  };
}

interface Survey {
  readonly rows: number;
  readonly classes: readonly ClassName[] | undefined;
  readonly labels: ReadonlyMap<ClassName, number>;
  /** The targets of the first batch. */
  readonly y: Float32Array | Int32Array;
  readonly weighted: boolean;
  readonly inputScaling?: Scaling;
  readonly targetScaling?: Scaling;
  readonly notes: readonly string[];
}

async function survey(
  reader: StreamReader,
  data: StreamData,
  base: ModelState | undefined,
  { scaling, loss, batchSize }: ResolvedOptions<string> & { readonly scaling: ScalingName },
): Promise<Survey> {
  const fits = base === undefined && scaling !== 'none';
  const scalesX = fits && isColumns(reader);
  if (fits && scaling !== 'standardize') checkColumns(scaling, reader);
  if (fits && scaling === 'robust')
    throw new SaddlepointError(
      'option',
      "fit: scaling: 'robust' needs all rows at once, for their quartiles",
      "of a stream take 'standardize', 'minMax' or 'maxAbs'",
    );
  let bounds = scaling === 'minMax' || scaling === 'maxAbs' ? streamingScaler(scaling) : undefined;
  const scalesY = (fits || (base?.hasNewHead && scaling !== 'none')) && loss.target === 'value';
  const notes: string[] = [];
  const labels = new LabelCounts();
  const x = new StreamMoments(sizeOf(reader.rowShape));
  const y = new StreamMoments(sizeOf(reader.outputShape));
  let rows = 0;
  let weighted = reader.first.weights !== undefined;
  if (!reader.reopenable) {
    if (scalesX || scalesY || data.rows === undefined)
      throw new SaddlepointError(
        'data',
        `batches can be read once, but ${data.rows === undefined ? 'rows must be counted' : 'the scaling must be fitted'} first`,
        'give a function that opens them anew, or rows and standardize: false',
      );
    rows = checkNumber('fit: data.rows', data.rows, { min: 1, integer: true });
  } else {
    for await (const batch of reader.survey()) {
      const source = reader.source(batch);
      rows += source.rows;
      weighted ||= batch.weights !== undefined;
      if (loss.target !== 'value') labels.add(batch.y, source.rows);
      if (bounds && scalesX) bounds = bounds.partialFit(source.data, x.columns);
      else if (scalesX) x.add(source.data);
      if (scalesY) y.add((await reader.targets(batch, source)).data);
    }
    if (data.rows !== undefined && data.rows !== rows)
      throw new SaddlepointError(
        'data',
        `fit: data.rows: ${data.rows} given, the batches have ${rows}`,
        'leave it out',
      );
  }
  checkNumber('fit: batchSize', batchSize, { min: 1, integer: true });
  if (loss.target !== 'value')
    reader.classes = base?.classes ?? data.classes ?? (await classesOf(reader, labels, notes));
  if ((scalesX && !bounds) || scalesY) {
    x.turn();
    y.turn();
    for await (const batch of reader.survey()) {
      const source = reader.source(batch);
      if (scalesX && !bounds) x.deviate(source.data);
      if (scalesY) y.deviate((await reader.targets(batch, source)).data);
    }
  }
  if (scalesX) notes.push(`x: ${x.columns} columns are scaled ('${scaling}') over ${rows} training rows`);
  const first = await reader.targets(reader.first, reader.source(reader.first));
  return {
    ...{ rows, weighted, notes, labels: labels.counts, y: first.data, classes: first.classes },
    ...(scalesX && { inputScaling: bounds ? bounds.result().scaling : x.scaling(0).scaling }),
    ...(scalesY && { targetScaling: y.scaling(1).scaling }),
  };
}

/** The classes of all labels, by the rules for rows in memory. */
async function classesOf(
  reader: StreamReader,
  labels: LabelCounts,
  notes: string[],
): Promise<readonly ClassName[] | undefined> {
  if (!reader.reopenable) {
    const { classes } = await reader.targets(reader.first, reader.source(reader.first));
    const units = reader.outputShape.at(-1) ?? 1;
    return classes?.every((name) => typeof name === 'number') && units > 1 ? identityClasses(units) : classes;
  }
  if (!labels.plain) return undefined;
  try {
    const y = [...labels.counts.keys()];
    const targets = await reader.targets({ x: [], y }, { rows: y.length });
    notes.push(...targets.notes);
    return targets.classes;
  } catch (error) {
    if (!(error instanceof SaddlepointError)) throw error;
    // The list of labels has places of its own, which say nothing about rows.
    const [message = ''] = error.message.split('\n  help: ');
    const help = error.help?.replace('; rows are counted from 0', '');
    throw new SaddlepointError(error.code, message.replace(/ at row \d+/, ''), help, { cause: error });
  }
}

/** Rows that stand for those to come: of their shape and type, and legal. */
async function standIn(
  reader: StreamReader,
  like: Float32Array | Int32Array,
  rows: number,
  weighted: boolean,
): Promise<Data> {
  const source = reader.source(reader.first);
  const { kind } = await reader.targets(reader.first, source);
  const width = like.length / source.rows;
  const numbers = like instanceof Int32Array;
  const y = new (like.constructor as new (length: number) => typeof like)(rows * width);
  if (kind === 'class' && !numbers) y.fill(1 / must(reader.outputShape.at(-1), 'units'));
  const shape = targetShape(width, numbers, reader.outputShape);
  const x = new (source.data.constructor as new (length: number) => typeof source.data)(rows * sizeOf(reader.rowShape));
  return {
    x: hostTensor({ shape: [rows, ...reader.rowShape], dtype: reader.dtype }, x),
    y: hostTensor({ shape: [rows, ...shape], dtype: numbers ? 'i32' : 'f32' }, y),
    ...(weighted && { weights: new Float32Array(rows).fill(1) }),
  };
}

const targetShape = (width: number, numbers: boolean, outputShape: Shape): Shape =>
  width === 1 ? [] : !numbers && outputShape.length > 1 ? outputShape : [width];

/** Held-out rows with their targets in numbers. */
async function heldOut(
  validation: FitOptions['validation'],
  reader: StreamReader,
): Promise<Pick<FitOptions, 'validation'>> {
  if (validation === undefined || typeof validation === 'number') return {};
  const source = reader.source(validation);
  const { data } = await reader.targets(validation, source);
  const numbers = data instanceof Int32Array;
  const shape = targetShape(data.length / source.rows, numbers, reader.outputShape);
  const y = hostTensor({ shape: [source.rows, ...shape], dtype: numbers ? 'i32' : 'f32' }, data);
  return { validation: { ...validation, y } };
}

/** rows / (classes · rows of the class), as `classWeights: 'balanced'` of rows in memory. */
function balanced(labels: ReadonlyMap<ClassName, number>, rows: number): Readonly<Record<string, number>> {
  if (labels.size === 0)
    throw new SaddlepointError('option', "fit: classWeights: 'balanced' needs labels, one a row, and a first reading");
  return Object.fromEntries([...labels].map(([name, count]) => [String(name), rows / (labels.size * count)]));
}

// Inside, classes are numbers: the names are put back at the end.
const numbered = (state: ModelState): ModelState => ({ ...state, classes: state.classes?.map((_, i) => i) });
const renumbered = ({ state, progress, blocks, best }: Checkpoint): Checkpoint =>
  new Checkpoint(numbered(state), progress, blocks, best);
