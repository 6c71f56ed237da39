/** @file Fetches the digits: one compressed IDX file, whose rows are a label and 784 pixels. */
import { readIdx } from 'saddlepoint/data';
import digitsUrl from '../../out/digits.bin?url';
import { TEST_DIGITS, TRAINING_DIGITS } from '../digit-counts.ts';
import { breathe } from '../page/frames.ts';

/** Pixels of a digit, 28 × 28. */
export const PIXELS = 784;

/** Rows of bytes and their digits. */
export interface Digits {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

export interface DigitSets {
  readonly train: Digits;
  readonly test: Digits;
}

let loading: Promise<DigitSets> | undefined;

/**
 * The digits; they are fetched once, and again only after a failure.
 *
 * @param onProgress the share that is there, in 0 … 1.
 */
export function loadDigits(onProgress: (share: number) => void = () => undefined): Promise<DigitSets> {
  loading ??= fetchDigits(onProgress).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** A digit of a set, without a copy. */
export const pixelsOf = ({ x }: Digits, row: number): Uint8Array => x.subarray(row * PIXELS, (row + 1) * PIXELS);

async function fetchDigits(onProgress: (share: number) => void): Promise<DigitSets> {
  const response = await fetch(digitsUrl).catch((cause: unknown) => {
    throw new Error('The digits could not be fetched.\n  help: check the network, then press Train again', { cause });
  });
  if (!response.ok || response.body === null)
    throw new Error(`The digits could not be fetched: the server answered with status ${response.status}.`);
  const total = Number(response.headers.get('content-length'));
  let seen = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        seen += chunk.length;
        if (total > 0) onProgress(Math.min(1, seen / total));
        controller.enqueue(chunk);
      },
    }),
  );
  const { data, shape } = await readIdx(counted.pipeThrough(new DecompressionStream('gzip')), { name: 'the digits' });
  const expected = [TRAINING_DIGITS + TEST_DIGITS, PIXELS + 1];
  if (String(shape) !== String(expected))
    throw new Error(`The digits are a file of ${shape.join(' × ')}, ${expected.join(' × ')} expected.`);
  const bytes = data as Uint8Array;
  return {
    train: await cut(bytes, 0, TRAINING_DIGITS),
    test: await cut(bytes, TRAINING_DIGITS, TRAINING_DIGITS + TEST_DIGITS),
  };
}

/** Rows moved in one turn. */
const SLICE = 4000;

async function cut(bytes: Uint8Array, from: number, to: number): Promise<Digits> {
  const x = new Uint8Array((to - from) * PIXELS);
  const y = new Uint8Array(to - from);
  for (let row = from; row < to; row++) {
    const at = row * (PIXELS + 1);
    y[row - from] = bytes[at] as number;
    x.set(bytes.subarray(at + 1, at + 1 + PIXELS), (row - from) * PIXELS);
    if ((row - from) % SLICE === SLICE - 1) await breathe();
  }
  return { x, y };
}
