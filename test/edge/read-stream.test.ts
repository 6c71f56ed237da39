/** Plans from requests, answers, blobs and streams: the bytes of the file whatever the pieces, and no more memory than is stated. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStream } from '../../src/edge/read-stream.ts';
import { load } from '../../src/edge.ts';
import { makePlan } from '../../src/index.ts';
import { runScript } from '../train/process/run.ts';
import { dataOf, trained } from './models.ts';

const { file, summary } = await makePlan(await trained('classes with names'), { train: true });
const x = dataOf('classes with names').x;
const LIMIT = 2 ** 24;

/** A stream of pieces that end at the places given; `isBytes` makes it one that can be read into a buffer. */
function streamOf(bytes: Uint8Array, cuts: readonly number[], isBytes = false) {
  const places = [...cuts, bytes.length].sort((a, b) => a - b);
  const state = { canceled: false, asked: 0 };
  let at = 0;
  const stream = new ReadableStream({
    ...(isBytes && { type: 'bytes' as const }),
    pull(controller: ReadableStreamDefaultController | ReadableByteStreamController) {
      const end = places.shift();
      if (end === undefined) {
        controller.close();
        (controller as ReadableByteStreamController).byobRequest?.respond(0);
        return;
      }
      state.asked = end;
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
    cancel() {
      state.canceled = true;
    },
  } as unknown as UnderlyingDefaultSource) as ReadableStream<Uint8Array>;
  return { stream, state };
}

describe.each([
  ['a stream of pieces', false],
  ['a stream that is read into a buffer', true],
] as const)('%s', (_, isBytes) => {
  test('gives the bytes of the file, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: file.length - 1 }), { maxLength: 12 }),
        async (cuts) => {
          expect(Buffer.compare(await readStream(streamOf(file, cuts, isBytes).stream, LIMIT), file)).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('that ends early gives what there was, and load says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: file.length - 1 }), async (length) => {
        const { stream } = streamOf(file.slice(0, length), [], isBytes);
        await expect(load(stream)).rejects.toMatchObject({ code: 'file' });
      }),
      { numRuns: 40 },
    );
  });

  test('that goes on behind the file is refused, and given up', async () => {
    const more = new Uint8Array(file.length + 100_000);
    more.set(file);
    const { stream, state } = streamOf(more, [file.length, file.length + 1], isBytes);
    await expect(load(stream)).rejects.toThrow(`the plan ends after ${file.length} bytes, and more follow`);
    expect(state.canceled).toBe(true);
  });

  test('of something else is named after its beginning, and not read on', async () => {
    const page = new TextEncoder().encode(`<!doctype html>${' '.repeat(1e6)}`);
    const { stream, state } = streamOf(page, [100, 1000, 10_000, 100_000], isBytes);
    await expect(load(stream)).rejects.toThrow('load: this is an HTML page, not a plan');
    expect([state.canceled, state.asked <= 1000]).toEqual([true, true]);
  });
});

test('a header that asks for more than the limit gets no memory for it', async () => {
  const { stream } = streamOf(file, [1000]);
  await expect(readStream(stream, file.length - 1)).rejects.toThrow(
    /the plan's header is damaged: \d+ is no whole number/,
  );
});

test('a request, an answer, a blob and a stream of either kind give the plan of the bytes', async () => {
  const own = await (await load(file)).predict(x);
  const bytes = new Uint8Array(file);
  const sources = [
    new Request('http://x/', { method: 'POST', body: bytes }),
    new Response(bytes),
    new Blob([bytes]),
    streamOf(file, [9]).stream,
    streamOf(file, [9], true).stream,
  ];
  for (const source of sources) expect(await (await load(source)).predict(x)).toEqual(own);
  // What is in memory is enough, header and scalars of steps aside.
  expect(await (await load(new Blob([bytes]), { memoryLimit: summary.memoryBytes })).predict(x)).toEqual(own);
  await expect(load(new Request('http://x/'))).rejects.toThrow('load: this is not a plan file');
  await expect(load(new ReadableStream({ start: (c) => c.enqueue('text' as never) }))).rejects.toThrow(
    'load: the stream gives something else than bytes',
  );
});

test.each([false, true])(
  'memory of WebAssembly and of arrays is at most 20 % off what the plan states (with training: %s)',
  async (train) => {
    const { stated, memory, arrays } = JSON.parse(
      await runScript('plan-memory', { node: ['--expose-gc'], args: [String(train)] }),
    );
    expect((memory + arrays) / stated).toBeGreaterThan(0.8);
    expect((memory + arrays) / stated).toBeLessThan(1.2);
  },
);
