/** @file The options of a run, their defaults and their checks. */
import { DEVICES, type Device } from '../backends/select.ts';
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';
import { adam } from '../optim/adam.ts';
import type { Transform } from '../optim/transform.ts';

/** Rows and what is to be learnt of them. */
export interface Data {
  /** Rows: a tensor [n, …], nested arrays, typed arrays a row, or one flat typed array for all rows. Bytes stay bytes. */
  readonly x: unknown;
  /** A target for each row: class numbers or names, one-hot rows, or numbers; what fits the loss. */
  readonly y: unknown;
}

export interface FitOptions<Name extends string = string> {
  /** What is minimized; it also says what `y` is: `crossEntropy()` takes classes, `meanSquaredError()` values. */
  readonly loss: Loss;
  /** Default: `adam()`, with learning rate 1e-3. */
  readonly optimizer?: Transform;
  /** Reported beside the loss, for training and validation. Default: none. */
  readonly metrics?: readonly Metric<Name>[];
  /** Passes over the data: ≥ 1, default 10. */
  readonly epochs?: number;
  /** Rows a step: 1 to the number of rows, default 32. The last, smaller batch of an epoch counts too. */
  readonly batchSize?: number;
  /** The share of rows to hold out, in (0, 1), or data of their own. With validation the best weights are kept. */
  readonly validation?: number | Data;
  /** How rows are held out: 'shuffle' (default; every class gives its share) or 'time' (the last rows). */
  readonly split?: 'shuffle' | 'time';
  /** Whether the rows are shuffled anew each epoch; default true. */
  readonly shuffle?: boolean;
  /** Standardize f32 columns, and regression targets; default true. Bytes are divided by 255 in any case. */
  readonly standardize?: boolean;
  /** Fixes weights, order and masks, bit for bit: a whole number in 0 … 2^32 − 1, default 0. */
  readonly seed?: number;
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
  /** Bytes; a run that needs more is refused before it begins. Default 2 GiB. */
  readonly memoryLimit?: number;
  /** A live bar: 'auto' (default) shows it where there is a terminal. */
  readonly progress?: boolean | 'auto';
  /** Stops the run after the step under way; the run is returned as it stands, best weights first. */
  readonly signal?: AbortSignal;
}

/** Options with every default in place. */
export type ResolvedOptions<Name extends string> = Required<
  Omit<FitOptions<Name>, 'validation' | 'signal' | 'memoryLimit'>
> &
  Pick<FitOptions<Name>, 'validation' | 'signal' | 'memoryLimit'>;

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
  ...(['seed', 'device', 'memoryLimit', 'progress', 'signal'] as const),
];

/** Names that a history record uses itself. */
const TAKEN = ['epoch', 'loss', 'validation', 'seconds'];

/** @throws SaddlepointError `option` with the option's name, the value given and the legal values. */
export function resolveOptions<Name extends string>(options: FitOptions<Name>): ResolvedOptions<Name> {
  checkKnownOptions('fit', options, KNOWN);
  if (typeof options.loss?.call !== 'function') {
    throw new SaddlepointError(
      'option',
      `fit: loss: expected a loss, got ${show(options.loss)}`,
      'for example { loss: crossEntropy() } for classes, { loss: meanSquaredError() } for values',
    );
  }
  const metrics = options.metrics ?? [];
  metrics.forEach(({ name }, i) => {
    if (TAKEN.includes(name) || metrics.findIndex((other) => other.name === name) !== i) {
      throw new SaddlepointError(
        'option',
        `fit: metrics: the name '${name}' is taken`,
        'each metric needs a name of its own',
      );
    }
  });
  if (typeof options.validation === 'number')
    checkNumber('fit: validation', options.validation, { min: 0, max: 1, openMin: true, openMax: true });
  if (options.memoryLimit !== undefined) checkNumber('fit: memoryLimit', options.memoryLimit, { min: 1 });
  return {
    loss: options.loss,
    optimizer: options.optimizer ?? adam(),
    metrics,
    epochs: checkNumber('fit: epochs', options.epochs ?? 10, { min: 1, integer: true }),
    batchSize: options.batchSize ?? 32,
    split: checkName('fit: split', options.split ?? 'shuffle', ['shuffle', 'time']),
    shuffle: options.shuffle ?? true,
    standardize: options.standardize ?? true,
    seed: checkNumber('fit: seed', options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true }),
    device: checkName('fit: device', options.device ?? 'auto', DEVICES),
    progress: options.progress ?? 'auto',
    validation: options.validation,
    signal: options.signal,
    memoryLimit: options.memoryLimit,
  } as ResolvedOptions<Name>;
}
