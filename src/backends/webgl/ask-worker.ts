/**
 * @file Asks a worker, started for this and ended with its answer, what is behind WebGL, so that a page whose renderer is software
 * never makes a context on its main thread. Never throws, and never waits without end.
 */
import type { Renderer } from '../renderer.ts';
import { openWorker, type WorkerPlace, type WorkerPort } from '../wasm/worker/port.ts';

/** Seconds until a worker must have started, and until it must have answered. */
export interface Limits {
  readonly start: number;
  readonly answer: number;
}

const LIMITS: Limits = { start: 5, answer: 10 };

/** Whether this is the main thread of a page that has all it takes. */
export const canAskWorker = (): boolean =>
  typeof document !== 'undefined' && typeof Worker !== 'undefined' && typeof OffscreenCanvas !== 'undefined';

/**
 * Undefined where nobody could be asked or the worker cannot tell; the page then looks for itself. A renderer that takes longer
 * than the limit is refused: a page that looked for itself would stand still as long.
 */
export async function askWorker(
  { workerUrl }: Pick<WorkerPlace, 'workerUrl'>,
  { start, answer }: Limits = LIMITS,
): Promise<Renderer | undefined> {
  let port: WorkerPort | undefined;
  try {
    // Not from a Blob: a policy that forbids it would report a violation to a page that asked for no worker.
    port = await openWorker({ workerUrl, isFileOnly: true }, start);
    return await answerOf(port, answer);
  } catch {
    return undefined;
  } finally {
    port?.end();
  }
}

function answerOf(port: WorkerPort, seconds: number): Promise<Renderer | undefined> {
  return new Promise((resolve, reject) => {
    const late: Renderer = { name: '', refusal: `a worker got no WebGL context within ${seconds} s` };
    const timer = setTimeout(() => resolve(late), seconds * 1000);
    const over =
      <T>(then: (value: T) => void) =>
      (value: T): void => {
        clearTimeout(timer);
        then(value);
      };
    port.onEnd = over(reject);
    port.onMessage = over((message: unknown) => {
      const { value, error } = Object(message) as { readonly value?: Renderer; readonly error?: unknown };
      if (error === undefined) resolve(value);
      else reject(error);
    });
    port.post({ renderer: true, id: 0 });
  });
}
