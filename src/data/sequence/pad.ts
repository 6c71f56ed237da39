/** @file Sequences of different length in one block: padding, masks, buckets by length. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { randomPermutation, streamOf } from '../../core/philox.ts';

export interface PadOptions {
  /** All get this length; default that of the longest. */
  readonly length?: number;
  /** Where padding goes; default `post`: at the end. */
  readonly padding?: 'pre' | 'post';
  /** What longer sequences lose; default `pre`: the beginning, since the end is what is asked about. */
  readonly truncating?: 'pre' | 'post';
  /** What stands in the padding; default 0, a vocabulary's padding. */
  readonly value?: number;
  /** Default `i32`, for ids; `f32` for amounts. */
  readonly dtype?: 'i32' | 'f32';
  /** Numbers a step; default 1. */
  readonly width?: number;
}

/** Sequences of different lengths in one block, and which of its steps are real. */
export interface PaddedSequences {
  /** [sequences, length], or [sequences, length, width] where a step has several numbers. */
  readonly shape: readonly number[];
  readonly dtype: 'i32' | 'f32';
  readonly data: Int32Array | Float32Array;
  /** Shape [sequences, length]: 1 for a step, 0 for padding. */
  readonly mask: Uint8Array;
  /** Steps of each sequence that were kept. */
  readonly lengths: Int32Array;
}

/**
 * Brings sequences to one length.
 *
 * @throws SaddlepointError `data`: no sequences, NaN or a fraction among ids (sequence and position named); `option` for options
 *   outside their values
 * @example padSequences([[5, 6], [7]]).data; // Int32Array [5, 6, 7, 0], mask [1, 1, 1, 0]
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): PaddedSequences {
  checkKnownOptions('padSequences', options, ['length', 'padding', 'truncating', 'value', 'dtype', 'width']);
  const padding = checkName('padding', options.padding ?? 'post', ['pre', 'post']);
  const truncating = checkName('truncating', options.truncating ?? 'pre', ['pre', 'post']);
  const dtype = checkName('dtype', options.dtype ?? 'i32', ['i32', 'f32']);
  const width = checkNumber('width', options.width ?? 1, { min: 1, integer: true });
  const value = checkNumber('value', options.value ?? 0, { integer: dtype === 'i32' });
  if (sequences.length === 0) throw new SaddlepointError('data', 'padSequences: there are no sequences');
  const steps = sequences.map((sequence, i) => {
    if (sequence.length % width === 0) return sequence.length / width;
    throw new SaddlepointError(
      'data',
      `padSequences: sequence ${i} has ${sequence.length} numbers, a multiple of ${width} expected`,
    );
  });
  const longest = steps.reduce((a, b) => Math.max(a, b), 1);
  const length = checkNumber('length', options.length ?? longest, { min: 1, integer: true });
  const data =
    dtype === 'i32'
      ? new Int32Array(sequences.length * length * width)
      : new Float32Array(sequences.length * length * width);
  if (value !== 0) data.fill(value);
  const mask = new Uint8Array(sequences.length * length);
  const lengths = Int32Array.from(steps, (count) => Math.min(count, length));
  sequences.forEach((sequence, i) => {
    const kept = lengths[i] as number;
    const from = truncating === 'pre' ? (steps[i] as number) - kept : 0;
    const to = i * length + (padding === 'pre' ? length - kept : 0);
    mask.fill(1, to, to + kept);
    for (let k = 0; k < kept * width; k++) {
      const x = sequence[from * width + k] as number;
      const legal = dtype === 'i32' ? Number.isInteger(x) && x === (x | 0) : Number.isFinite(x);
      if (!legal) {
        const expected =
          dtype === 'i32' ? "an id expected (a whole number); dtype: 'f32' takes amounts" : 'a finite number expected';
        throw new SaddlepointError(
          'data',
          `padSequences: sequence ${i}, position ${from * width + k} is ${x}, ${expected}`,
        );
      }
      data[to * width + k] = x;
    }
  });
  const shape = width === 1 ? [sequences.length, length] : [sequences.length, length, width];
  return { shape, dtype, data, mask, lengths };
}

export interface BucketOptions {
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Upper ends of the buckets, ascending, such as [16, 32, 64]; default powers of two up to the longest. */
  readonly ends?: readonly number[];
  /** Default 0; with `epoch` it decides which rows meet in a batch. */
  readonly seed?: number;
  /** Counted from 0. */
  readonly epoch?: number;
}

/** Rows whose sequences all fit into `length`. */
export interface LengthBatch {
  readonly length: number;
  readonly rows: Int32Array;
}

/**
 * Batches of sequences of like length, so that little is padding: each row once, in an order that seed and epoch decide. There
 * are as many shapes as buckets, and so as many plans.
 *
 * @throws SaddlepointError `option` for ends that do not ascend, `data` for a sequence longer than the last end (row named)
 * @example for (const { length, rows } of bucketByLength(lengths, { batchSize: 32 })) …
 */
export function bucketByLength(lengths: ArrayLike<number>, options: BucketOptions): LengthBatch[] {
  checkKnownOptions('bucketByLength', options, ['batchSize', 'ends', 'seed', 'epoch']);
  const batchSize = checkNumber('batchSize', options.batchSize, { min: 1, integer: true });
  const { seed = 0, epoch = 0 } = options;
  const longest = Array.from(lengths).reduce((a, b) => Math.max(a, b), 1);
  const ends = options.ends ?? powersUpTo(longest);
  ends.forEach((end, i) => void checkNumber(`ends[${i}]`, end, { min: (ends[i - 1] ?? 0) + 1, integer: true }));
  const buckets: number[][] = ends.map(() => []);
  for (const row of randomPermutation(lengths.length, seed, streamOf('buckets'), epoch)) {
    const at = ends.findIndex((end) => (lengths[row] as number) <= end);
    if (at < 0) {
      throw new SaddlepointError(
        'data',
        `bucketByLength: sequence ${row} has length ${lengths[row]}, the last end is ${ends.at(-1)}`,
        'add a larger end, or cut the sequence',
      );
    }
    (buckets[at] as number[]).push(row);
  }
  const batches = buckets.flatMap((rows, at) =>
    Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, i) => ({
      length: ends[at] as number,
      rows: Int32Array.from(rows.slice(i * batchSize, (i + 1) * batchSize)),
    })),
  );
  return Array.from(
    randomPermutation(batches.length, seed, streamOf('buckets/order'), epoch),
    (at) => batches[at] as LengthBatch,
  );
}

function powersUpTo(longest: number): number[] {
  const ends = [8];
  while ((ends.at(-1) as number) < longest) ends.push(2 * (ends.at(-1) as number));
  return ends;
}
