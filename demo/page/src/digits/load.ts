/** @file The digits: fetched when they are first wanted, by a worker, which hands over their memory. */
import digitsUrl from '../../out/digits.bin?url';
import type { DigitsAnswer, DigitsQuestion } from './digits-worker.ts';

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
  loading ??= inWorker(onProgress).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** A digit of a set, without a copy. */
export const pixelsOf = ({ x }: Digits, row: number): Uint8Array => x.subarray(row * PIXELS, (row + 1) * PIXELS);

async function inWorker(onProgress: (share: number) => void): Promise<DigitSets> {
  const worker = new Worker(new URL('./digits-worker.ts', import.meta.url), { type: 'module', name: 'digits' });
  try {
    return await new Promise<DigitSets>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<DigitsAnswer>) => {
        if (data.share !== undefined) onProgress(data.share);
        else if (data.sets !== undefined) resolve(data.sets);
        else reject(new Error(data.message));
      };
      worker.onerror = () => reject(new Error('The digits could not be read: their worker did not start.'));
      worker.postMessage({ url: new URL(digitsUrl, document.baseURI).href } satisfies DigitsQuestion);
    });
  } finally {
    worker.terminate();
  }
}
