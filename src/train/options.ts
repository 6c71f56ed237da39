/** @file The options of a run, their defaults and their checks. */
import { checkDeviceOptions, DEVICE_OPTIONS, type DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, checkName, checkNumber, checkSwitch, SaddlepointError, show } from '../core/errors.ts';
import type { TapListener } from '../graph/tap.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { AnyMetric } from '../nn/metrics.ts';
import { adam } from '../optim/adam.ts';
import type { Transform } from '../optim/transform.ts';
import type { BatchSchedule } from './batch-schedule.ts';
import type { Callback, EpochCallback } from './callback.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { NamedParts } from './named.ts';
import type { Columns } from './records.ts';
import type { ScalingName } from './scaling-option.ts';
import type { Trick } from './trick.ts';

/** Rows and what is to be learnt of them. */
export interface Data {
  /** Rows: a tensor [n, …], nested arrays, typed arrays a row, or one flat typed array for all rows. Bytes stay bytes. */
  readonly x: unknown;
  /** A target for each row: class numbers or names, one-hot rows, or numbers; what fits the loss. */
  readonly y: unknown;
  /**
   * How much each row counts: a number ≥ 0 for each; default: all 1. The loss of a batch, an epoch, an evaluation is
   * Σ weight · loss / Σ weight; metrics count all rows alike.
   */
  readonly weights?: ArrayLike<number> | undefined;
  /** @internal Of records: what is known of their columns, and what was done to them. */
  readonly columns?: Columns | undefined;
  /** @internal Of models of several inputs or outputs. */
  readonly named?: NamedParts | undefined;
  /** @internal */
  readonly notes?: readonly string[] | undefined;
}

export interface FitOptions<Name extends string = string> extends DeviceOptions {
  /** What is minimized; it also says what `y` is: `crossEntropy()` takes classes, `meanSquaredError()` values. */
  readonly loss: Loss;
  /** Default: `adam()`, with learning rate 1e-3. */
  readonly optimizer?: Transform;
  /** Reported beside the loss, for training and validation. Default: none. */
  readonly metrics?: readonly AnyMetric<Name>[];
  /** Passes over the data: ≥ 1, default 10. */
  readonly epochs?: number;
  /**
   * Rows a step: 1 to the number of rows, default 32, or what changes on the way, see `batchSchedule`. The last, smaller batch
   * of an epoch counts too.
   */
  readonly batchSize?: number | BatchSchedule;
  /** The share of rows to hold out, in (0, 1), or data of their own. With validation the best weights are kept. */
  readonly validation?: number | Data;
  /** How rows are held out: 'shuffle' (default; every class gives its share) or 'time' (the last rows). */
  readonly split?: 'shuffle' | 'time';
  /** Whether the rows are shuffled anew each epoch; default true. */
  readonly shuffle?: boolean;
  /** Standardize f32 columns, and regression targets; default true. Bytes are divided by 255 in any case. */
  readonly standardize?: boolean;
  /**
   * How f32 columns are scaled, by the training rows: 'standardize' (default) to mean 0 and deviation 1, 'minMax' to 0 … 1,
   * 'robust' by median and quartiles, 'maxAbs' by the largest absolute value (zeros stay zeros), or 'none', which is
   * `standardize: false`. Regression targets are standardized with all but 'none'. Saved with the model.
   */
  readonly scaling?: ScalingName | undefined;
  /** Fixes weights, order and masks, bit for bit: a whole number in 0 … 2^32 − 1, default 0. */
  readonly seed?: number;
  /** A live bar: 'auto' (default) shows it where there is a terminal. */
  readonly progress?: boolean | 'auto';
  /** Stops the run after the step under way; the run is returned as it stands, best weights first. */
  readonly signal?: AbortSignal;
  /**
   * What becomes of the rows that are left over after the last whole batch of an epoch: 'keep' (default), they are a smaller step of
   * their own, whose gradient is the mean over them; 'drop', they are left out, others each epoch if rows are shuffled; 'pad', the step
   * is filled up with rows of weight 0. 'pad' learns as 'keep' does, but for rounding and for random numbers, with one plan in place of
   * two, whose memory and making are saved; the step computes all rows of a batch. It is refused
   * where rows of a batch meet: batch normalization, `mixup`, losses that compare rows.
   */
  readonly last?: 'keep' | 'drop' | 'pad' | undefined;
  /** Leaves that stay as they are, by path: no gradient, no decay, no statistics. See docs/fine-tuning.md. */
  readonly freeze?: ((path: string) => boolean) | readonly string[] | undefined;
  /** How much rows of each class count: by name, or 'balanced': rows / (classes · rows of the class). */
  readonly classWeights?: Readonly<Record<string, number>> | 'balanced' | undefined;
  /**
   * Tricks, such as `mixup(0.2)` or `sam(0.05)`: applied kind by kind (model, augmentation, loss, regularizer, gradient,
   * optimizer), within a kind in this order. Callbacks may stand among them; those of `callbacks` run after.
   */
  readonly tricks?: readonly (Trick | Callback)[] | undefined;
  /** What to call on the way, in this order: see `Callback`. */
  readonly callbacks?: readonly (Callback | EpochCallback)[] | undefined;
  /** Goes on from a checkpoint, bit for bit as if there had been no stop. Data and options must be those of the first part. */
  readonly resume?: Checkpoint | undefined;
  /** Keep what `run.checkpoint()` needs: a copy of parameters and optimizer as they were at the end. Default false. */
  readonly resumable?: boolean | undefined;
  /** Ends the run after so many seconds, at the end of the call under way; the best weights stay. */
  readonly maxSeconds?: number | undefined;
  /** Called after each training step for each `tap` in model, loss and metrics: name, value, step. Default: prints. */
  readonly onTap?: TapListener;
}

/** Options with every default in place. */
export type ResolvedOptions<Name extends string> = Required<
  Omit<FitOptions<Name>, 'validation' | 'signal' | 'onTap' | 'batchSize' | keyof DeviceOptions | Extended>
> &
  Pick<FitOptions<Name>, 'validation' | 'signal' | 'onTap'> & {
    readonly batchSize: number;
    readonly place: DeviceOptions;
  };

/** Options that are read by extension.ts, which is loaded for them. */
const EXTENDED = [
  ...([
    'scaling',
    'freeze',
    'classWeights',
    'callbacks',
    'resume',
    'resumable',
    'maxSeconds',
    'last',
    'tricks',
  ] as const),
] as const;
type Extended = (typeof EXTENDED)[number];

/** Whether rows are records. */
export const areRecords = ({ x }: Data): boolean => Array.isArray(x) && x[0]?.constructor === Object;

/** Whether inputs or outputs come by name. */
export const areNamed = (value: unknown): boolean => value?.constructor === Object && !('call' in (value as object));

/** The first size of a schedule of batch sizes. */
const startOf = (options: FitOptions): number | undefined => (options?.batchSize as BatchSchedule | undefined)?.from;

/** Whether a run needs more than rows, targets and the commonest options. */
export const isExtended = (data: Data, options: FitOptions): boolean =>
  data?.weights !== undefined ||
  data?.columns !== undefined ||
  data?.named !== undefined ||
  options?.optimizer?.evaluationParameters !== undefined ||
  startOf(options) !== undefined ||
  EXTENDED.some((name) => options[name] !== undefined);

const KNOWN: readonly (keyof FitOptions)[] = [
  ...([
    'loss',
    'optimizer',
    'metrics',
    'epochs',
    'batchSize',
    'validation',
    'split',
    'shuffle',
    'standardize',
  ] as const),
  ...(['seed', 'progress', 'signal', 'onTap'] as const),
  ...DEVICE_OPTIONS,
  ...EXTENDED,
];

/** Names that a history record uses itself. */
const TAKEN = ['epoch', 'loss', 'validation', 'seconds'];

/** @throws SaddlepointError `option` with the option's name, the value given and the legal values. */
export async function resolveOptions<Name extends string>(options: FitOptions<Name>): Promise<ResolvedOptions<Name>> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `fit: expected options, got ${show(options)}`, 'at least { loss } is needed');
  checkKnownOptions('fit', options, KNOWN);
  const { progress = 'auto', optimizer = adam(), metrics = [], loss, signal } = options;
  const isTransform = typeof optimizer.update === 'function' && typeof optimizer.scalars === 'function';
  const isLoss = typeof loss?.call === 'function' && typeof loss.target === 'string';
  const isSignal = signal === undefined || typeof signal?.aborted === 'boolean';
  if (!isLoss || !isTransform || !isSignal || !areMetrics(metrics, loss))
    throw (await import('./option-errors.ts')).optionError({ loss, optimizer, metrics, signal }, TAKEN);
  if (typeof options.validation === 'number')
    checkNumber('fit: validation', options.validation, { min: 0, max: 1, openMin: true, openMax: true });
  return {
    loss,
    optimizer,
    metrics,
    epochs: checkNumber('fit: epochs', options.epochs ?? 10, { min: 1, integer: true }),
    batchSize: checkNumber('fit: batchSize', startOf(options) ?? options.batchSize ?? 32, { min: 1, integer: true }),
    split: checkName('fit: split', options.split ?? 'shuffle', ['shuffle', 'time']),
    shuffle: checkSwitch('fit: shuffle', options.shuffle ?? true),
    standardize: checkSwitch('fit: standardize', options.standardize ?? true),
    seed: checkNumber('fit: seed', options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true }),
    place: checkDeviceOptions('fit', options),
    progress: progress === 'auto' ? progress : checkSwitch('fit: progress', progress, ", or 'auto'"),
    validation: options.validation,
    signal,
    onTap: options.onTap,
  } as ResolvedOptions<Name>;
}

function areMetrics(metrics: readonly AnyMetric[], { target }: Loss): boolean {
  if (!Array.isArray(metrics)) return false;
  const names = metrics.map((metric: Partial<AnyMetric> | undefined) => metric?.name);
  return metrics.every(
    (metric: Partial<AnyMetric> | undefined, i) =>
      typeof metric === 'object' &&
      typeof metric.name === 'string' &&
      ('call' in metric || 'finish' in metric) &&
      ![...TAKEN, ...names.slice(0, i)].includes(metric.name) &&
      metric.targets?.includes(target) !== false,
  );
}
