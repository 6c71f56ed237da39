/** @file `diagnose`: what is wrong before the first step. */
import { SaddlepointError, show } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Layer } from '../../nn/layer.ts';
import { adam } from '../../optim/adam.ts';
import { lazyAdam } from '../../optim/lazy-adam.ts';
import type { Callback } from '../../train/callback.ts';
import { DivergenceError } from '../../train/divergence.ts';
import { fit } from '../../train/fit.ts';
import type { TrainedModel } from '../../train/model.ts';
import type { Data, FitOptions } from '../../train/options.ts';
import type { Prepared } from '../../train/prepare.ts';
import type { RecordOptions, Records } from '../../train/records.ts';
import type { BeforeEvidence, Evidence } from './evidence.ts';
import { probeOf, rowsOf } from './probe.ts';
import { Advice, Judge } from './rule.ts';
import { BEFORE_RULES } from './rules-before.ts';

/** Rows that must be learnt by heart, and steps for it. */
const BATCH = 32;
const STEPS = 200;
/** Small networks learn by heart at the larger rate alone, deep ones at the smaller: either will do. */
const RATES = [1e-2, 1e-3] as const;

/**
 * Looks at model and data before the training: are inputs on one scale, is the first loss that of guessing, do units begin
 * equal, does the signal get through forwards and backwards, can one batch be learnt by heart, are classes balanced and rows on
 * one side only. Nothing of it changes model or data.
 *
 * @param options those that `fit` will get; `validation` given as data is searched for training rows.
 * @returns advice; none where all is well. It costs some 400 steps on 32 rows.
 * @throws what `fit` throws for data and options that cannot be used.
 * @see LeCun et al. 1998, "Efficient backprop"; Karpathy 2019, "A recipe for training neural networks".
 * @example for (const advice of await diagnose(model, data, { loss: crossEntropy() })) console.log(String(advice));
 */
export async function diagnose(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
): Promise<readonly Advice[]>;
/** As `diagnose`, of the model and the options that `fit` makes of records. */
export async function diagnose(records: Records, options: RecordOptions): Promise<readonly Advice[]>;
export async function diagnose(
  model: Layer | TrainedModel | Records,
  data: Data | RecordOptions,
  options?: FitOptions,
): Promise<readonly Advice[]> {
  const ofRecords = options === undefined && 'target' in Object(data);
  const given = ofRecords ? (data as RecordOptions) : options;
  if (given === null || typeof given !== 'object')
    throw new SaddlepointError('option', `diagnose: expected options, got ${show(given)}`, '{ loss } is needed');
  if ('resume' in given) throw new SaddlepointError('option', "diagnose: 'resume' is for one run of fit");
  let prepared: Prepared | undefined;
  const peek: Callback = {
    onBegin(control) {
      prepared = control.prepared;
      control.stop('diagnose looks at what there is before the first step');
    },
  };
  // One step is taken, and thrown away: prepared is what was there before it.
  const own = { epochs: 1, callbacks: [peek], progress: false } as const;
  if (ofRecords) await fit(model as Records, { ...(data as RecordOptions), ...own });
  else await survived(fit(model as Layer, data as Data, { ...(given as FitOptions), ...own }));
  if (prepared === undefined) return [];
  const judge = new Judge(BEFORE_RULES);
  return judge
    .look(await evidenceOf(prepared, given as FitOptions))
    .map(({ rule, sighting }) => new Advice(rule, sighting));
}

/** A first step that is not finite is a finding of its own, but not of this function. */
async function survived(run: Promise<unknown>): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
  }
}

async function evidenceOf(prepared: Prepared, options: FitOptions): Promise<Evidence> {
  const { state } = prepared;
  const look = await probeOf(prepared)?.look(state.parameters);
  const counts = classCounts(prepared);
  const before: BeforeEvidence = {
    columns: columnsOf(prepared),
    loss: look?.loss ?? Number.NaN,
    guess: guessOf(prepared),
    ...(counts && { classCounts: counts, classNames: state.classes?.map(String) }),
    twins: twinsOf(prepared),
    overfit: look === undefined ? undefined : await overfit(prepared, options),
    shared: sharedRows(prepared),
  };
  return { before, ...(look && { layers: look.layers }) };
}

/** Means and deviations after the model's scaling; of bytes and of ids no question is asked. */
function columnsOf({ source, state, trainRows }: Prepared): BeforeEvidence['columns'] {
  if (source.dtype !== 'f32' || source.rowShape.length > 1 || state.named !== undefined) return undefined;
  const width = sizeOf(source.rowShape);
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  const { shift, scale } = state.inputScaling;
  for (const row of trainRows)
    for (let column = 0; column < width; column++) {
      const i = shift.length === 1 ? 0 : column;
      const value = ((source.data[row * width + column] as number) - (shift[i] as number)) * (scale[i] as number);
      sums[column] = (sums[column] as number) + value;
      squares[column] = (squares[column] as number) + value * value;
    }
  const means = Array.from(sums, (sum) => sum / trainRows.length);
  const deviations = Array.from(squares, (square, i) => {
    const deviation = Math.sqrt(Math.max(0, square / trainRows.length - (means[i] as number) ** 2));
    // Rounding of a constant column is no deviation.
    return deviation < 1e-6 * Math.abs(means[i] as number) ? 0 : deviation;
  });
  return { means, deviations };
}

function classCounts({ targets, trainRows, state, source }: Prepared): number[] | undefined {
  const { classes, loss } = state;
  const isOne = targets.data instanceof Int32Array && classes !== undefined && loss.target === 'class';
  // Sequences have a class a step.
  if (!isOne || targets.data.length !== source.rows) return undefined;
  const counts = classes.map(() => 0);
  for (const row of trainRows) {
    const label = targets.data[row] as number;
    if (label >= 0 && label < counts.length) counts[label] = (counts[label] as number) + 1;
  }
  return counts;
}

/** ln C for cross-entropy; the variance of the targets, as they are minimized, for squared errors. */
function guessOf({ targets, trainRows, state, source }: Prepared): number | undefined {
  const { loss, classes, targetScaling } = state;
  if (loss.name === 'crossEntropy') return classes === undefined ? undefined : Math.log(classes.length);
  if (loss.name !== 'meanSquaredError') return undefined;
  if (targetScaling !== undefined) return 1;
  const width = targets.data.length / source.rows;
  const values = Array.from(trainRows).flatMap((row) =>
    Array.from(targets.data.subarray(row * width, (row + 1) * width)),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** Kernels with equal columns; a last layer of zeros is a common and good beginning. */
function twinsOf({ state }: Prepared): BeforeEvidence['twins'] {
  const kernels = [...state.parameters].filter(
    ([path, { kind, shape }]) => kind === 'trainable' && shape.length > 1 && path.endsWith('kernel'),
  );
  return kernels.slice(0, -1).flatMap(([path, { data, shape }]) => {
    const units = shape.at(-1) as number;
    const columns = Array.from({ length: units }, (_, unit) =>
      Array.from({ length: data.length / units }, (_row, row) => data[row * units + unit]).join(),
    );
    const alike = units - new Set(columns).size;
    return alike > 0 ? [{ path: path.slice(0, path.lastIndexOf('/')), units: alike + 1, of: units }] : [];
  });
}

/** Losses of one batch before and after: the better of two rates. */
async function overfit(prepared: Prepared, options: FitOptions): Promise<BeforeEvidence['overfit']> {
  const { loss, seed, device, standardize, scaling } = options;
  const { x, y } = rowsOf(prepared, prepared.trainRows.subarray(0, BATCH));
  const { classes, layer } = prepared.state;
  const names = classes === undefined ? y : Array.from(y.data, (label) => classes[label] as string);
  const target = y.shape.length === 1 ? names : y;
  const isByRows = [...prepared.state.parameters.values()].some(({ kind }) => kind === 'rows');
  let found: BeforeEvidence['overfit'];
  for (const learningRate of RATES) {
    const losses: number[] = [];
    const watch: Callback = { onStep: (step) => void losses.push(step.loss) };
    await survived(
      fit(
        layer,
        { x, y: target },
        {
          ...{ loss: loss ?? prepared.state.loss, seed: seed ?? 0, epochs: STEPS, batchSize: x.shape[0] as number },
          ...{
            optimizer: isByRows ? lazyAdam({ learningRate }) : adam({ learningRate }),
            callbacks: [watch],
            progress: false,
          },
          ...(device && { device }),
          ...(standardize !== undefined && { standardize }),
          ...(scaling !== undefined && { scaling }),
        },
      ),
    );
    const [first = Number.NaN, last = Number.NaN] = [losses[0], losses.length < STEPS ? Number.NaN : losses.at(-1)];
    if (found === undefined || last < found.last || Number.isNaN(found.last)) found = { first, last };
    if (found.last < 0.1 * found.first) break;
  }
  return found;
}

/** Rows that are on both sides, bit for bit. */
function sharedRows({ source, trainRows, validationRows }: Prepared): BeforeEvidence['shared'] {
  if (validationRows === undefined) return undefined;
  const width = source.data.length / source.rows;
  const textOf = (row: number) => source.data.subarray(row * width, (row + 1) * width).join();
  const known = new Set(Array.from(trainRows, textOf));
  return { rows: Array.from(validationRows).filter((row) => known.has(textOf(row))).length, of: validationRows.length };
}
