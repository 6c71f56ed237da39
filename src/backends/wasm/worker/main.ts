/**
 * @file The script of a worker, whole in one file after the build (scripts/build-worker.mjs): it holds a session for its caller,
 * is a further thread of one, or tells what is behind WebGL. Tracer, passes and layers stay with the caller, and the builds of the
 * machine come from there.
 */
import type { DirectSession } from '../../backend.ts';
import { rendererHere } from '../../renderer.ts';
import { sessionOver, startMachine } from '../session.ts';
import { receive } from './builds-of-caller.ts';
import { own } from './own-end.ts';
import { GREETING, type Hello } from './port.ts';
import { type OpenedSession, type Opening, plainError, type ToWorker } from './protocol.ts';
import { joinTeam, type ThreadTask } from './thread.ts';

let session: DirectSession | undefined;

async function open({ image, capacity, threads = 1, deterministic = true, script }: Opening): Promise<OpenedSession> {
  const started = await startMachine(image, { capacity, threads, deterministic, script });
  session = sessionOver(image, capacity, started);
  const { memory } = started.machine;
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  return {
    facts: session.machine,
    bytes: session.bytes,
    memory: isShared ? memory : undefined,
    panels: started.team?.panels ?? [],
  };
}

/** What a write that nobody waits for failed with: the next answer is this. */
let failure: { readonly error: unknown } | undefined;

async function answer(id: number | undefined, work: () => unknown): Promise<void> {
  try {
    if (failure !== undefined) throw failure.error;
    const value = await work();
    if (id === undefined) return;
    const buffer = ArrayBuffer.isView(value) ? value.buffer : undefined;
    own.post({ id, value }, buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch (error) {
    if (id === undefined) failure = { error };
    else own.post({ id, error: plainError(error) });
  }
}

function hear(message: ToWorker): void {
  if ('thread' in message) void join(message.thread);
  else if ('open' in message) void answer(message.id, () => open(message.open));
  else if ('method' in message) {
    const { id, method, with: given } = message;
    void answer(id, () => (session as unknown as Record<string, (...given: unknown[]) => unknown>)[method]?.(...given));
  } else if ('renderer' in message) void answer(message.id, rendererHere);
  else if ('leave' in message) {
    session?.dispose();
    own.close();
  } else receive(message);
}

async function join(task: ThreadTask): Promise<void> {
  try {
    await joinTeam(task);
  } catch (error) {
    // Thrown where the caller hears it: a page is not told of rejections in its workers.
    queueMicrotask(() => {
      throw error;
    });
  }
  own.close();
}

/** How this script was loaded: a module may not import scripts. */
function typeOfScript(): Hello['type'] {
  try {
    (globalThis as unknown as { importScripts(): void }).importScripts();
    return 'classic';
  } catch {
    return 'module';
  }
}

/**
 * Takes a lock for as long as the worker lives: that it is free tells the caller that the worker is gone, which no event of a page
 * does. Undefined where there are no locks, as on pages that are not served over https, and in Node, which has the event.
 */
function takeLock(): Promise<string | undefined> {
  const name = own.isPage ? globalThis.navigator.locks && crypto.randomUUID() : undefined;
  return new Promise((resolve) => {
    if (name === undefined) return resolve(undefined);
    const held = (): Promise<void> => {
      resolve(name);
      return new Promise(() => undefined);
    };
    navigator.locks.request(name, held).catch(() => resolve(undefined));
  });
}

own.listen(hear);
takeLock().then((lock) =>
  own.post({ hello: GREETING, url: globalThis.location?.href ?? '', type: typeOfScript(), lock }),
);
