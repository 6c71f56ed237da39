/** A worker is asked what is behind WebGL, whatever becomes of it: an answer, or soon nothing. Real pages: worker-pages.test.ts. */
import type * as workerThreads from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GREETING, keepSpare, openWorker } from '../../src/backends/wasm/worker/port.ts';
import { askWorker, canAskWorker } from '../../src/backends/webgl/ask-worker.ts';

/** How many of the workers that were started here have not ended. */
let alive = 0;
const builtin = process.getBuiltinModule('node:worker_threads');
const { Worker } = builtin;
beforeAll(() => {
  builtin.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof workerThreads.Worker>) {
      super(...given);
      alive++;
      this.once('exit', () => alive--);
    }
  };
});
afterAll(() => {
  builtin.Worker = Worker;
});

/** The script of a worker that greets, and does this with a message. */
const worker = (then: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      const port = process.getBuiltinModule('node:worker_threads').parentPort;
      port.on('message', (message) => { ${then} });
      port.postMessage({ hello: '${GREETING}', url: '', type: 'module' });`)}`,
  );
const SOON = { start: 5, answer: 0.3 };

describe('a worker that is asked for the renderer', () => {
  test('answers with its name and what speaks against it', async () => {
    const renderer = { name: 'llvmpipe', refusal: 'a software renderer: llvmpipe' };
    const answers = worker(
      `if (message.renderer) port.postMessage({ id: message.id, value: ${JSON.stringify(renderer)} })`,
    );
    expect(await askWorker({ workerUrl: answers })).toEqual(renderer);
  });

  test('cannot tell where it has no canvas, as the own script in Node', async () => {
    expect(await askWorker({})).toBeUndefined();
    expect(canAskWorker()).toBe(false);
  });

  test('is refused as a renderer if it starts, and then gets no context in time', async () => {
    expect(await askWorker({ workerUrl: worker('') }, SOON)).toEqual({
      name: '',
      refusal: 'a worker got no WebGL context within 0.3 s',
    });
  });

  test.each([
    ['is not there', new URL('file:///nowhere/worker.js')],
    ['never greets', new URL('data:text/javascript,setInterval(() => undefined, 1000)')],
    ['ends in place of an answer', worker('process.exit(3)')],
    ['throws', worker('throw new Error("lost")')],
    ['answers with an error', worker(`port.postMessage({ id: message.id, error: { message: 'no context' } })`)],
    ['answers with nonsense', worker('port.postMessage(null)')],
  ])('is no answer if it %s', async (_, workerUrl) => {
    expect(await askWorker({ workerUrl }, { start: 0.5, answer: 5 })).toBeUndefined();
  });

  test('is gone afterwards, and never one that waits for a session', async () => {
    await expect.poll(() => alive, { timeout: 5000 }).toBe(0);
    await keepSpare({});
    const before = alive;
    await askWorker({});
    await expect.poll(() => alive, { timeout: 5000 }).toBe(before);
    (await openWorker()).end();
    await expect.poll(() => alive, { timeout: 5000 }).toBe(0);
  });
});
