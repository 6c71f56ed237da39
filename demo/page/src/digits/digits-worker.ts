/** @file Fetches the digits off the page's main thread: one compressed IDX file, whose rows are a label and 784 pixels. */
import { readIdx } from 'saddlepoint/data';
import { TEST_DIGITS, TRAINING_DIGITS } from '../digit-counts.ts';
import type { DigitSets, Digits } from './load.ts';

export interface DigitsQuestion {
  readonly url: string;
}

/** How much is there, the digits, or why there are none. */
export interface DigitsAnswer {
  readonly share?: number;
  readonly sets?: DigitSets;
  readonly message?: string;
}

const WIDTH = 785;

addEventListener('message', async ({ data: { url } }: MessageEvent<DigitsQuestion>) => {
  const answer = (message: DigitsAnswer, transfer: Transferable[] = []): void => postMessage(message, { transfer });
  try {
    const sets = await fetchDigits(url, (share) => answer({ share }));
    const buffers = [sets.train, sets.test].flatMap(({ x, y }) => [x.buffer as ArrayBuffer, y.buffer as ArrayBuffer]);
    answer({ sets }, buffers);
  } catch (error) {
    answer({ message: error instanceof Error ? error.message : String(error) });
  }
});

async function fetchDigits(url: string, onProgress: (share: number) => void): Promise<DigitSets> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new Error('The digits could not be fetched.\n  help: check the network, then try again', { cause });
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
  const expected = [TRAINING_DIGITS + TEST_DIGITS, WIDTH];
  if (String(shape) !== String(expected))
    throw new Error(`The digits are a file of ${shape.join(' × ')}, ${expected.join(' × ')} expected.`);
  const bytes = data as Uint8Array;
  return { train: cut(bytes, 0, TRAINING_DIGITS), test: cut(bytes, TRAINING_DIGITS, TRAINING_DIGITS + TEST_DIGITS) };
}

function cut(bytes: Uint8Array, from: number, to: number): Digits {
  const x = new Uint8Array((to - from) * (WIDTH - 1));
  const y = new Uint8Array(to - from);
  for (let row = from; row < to; row++) {
    y[row - from] = bytes[row * WIDTH] as number;
    x.set(bytes.subarray(row * WIDTH + 1, (row + 1) * WIDTH), (row - from) * (WIDTH - 1));
  }
  return { x, y };
}
