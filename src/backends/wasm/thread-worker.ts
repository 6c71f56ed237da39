/** @file The script of a team's further threads, and how a worker is started with it in Node and elsewhere. */

/** What a thread needs to join. */
export interface ThreadTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly threads: number;
  /** Addresses of the team's block and of the thread's own area. */
  readonly team: number;
  readonly area: number;
}

/** Runs in Node (CommonJS) and as a classic worker. `serve` returns when the team is dismissed; 1 is `Halt.failed`. */
export const THREAD_SCRIPT = `const join = async ({ module, memory, thread, threads, team, area }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  exports.setThread(thread, threads, team, area);
  try { exports.serve(); } catch (error) { exports.halt(1); throw error; }
  if (typeof close === 'function') close();
};
if (typeof importScripts === 'function') onmessage = ({ data }) => { postMessage(0); join(data); };
else require('node:worker_threads').parentPort.once('message', join);`;

export interface Thread {
  end(): void;
}

/** Starts a thread; `onError` is called if it cannot start or fails. Throws where workers may not be made. */
export function startThread(task: ThreadTask, onError: (error: unknown) => void): Thread {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (node !== undefined) {
    const worker = new node.Worker(THREAD_SCRIPT, { eval: true, execArgv: [], name: 'saddlepoint' });
    worker.once('error', onError);
    worker.postMessage(task);
    // A run that nobody disposes of must not keep the process.
    worker.unref();
    return { end: () => void worker.terminate() };
  }
  const url = URL.createObjectURL(new Blob([THREAD_SCRIPT], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'saddlepoint' });
  worker.onerror = onError;
  worker.postMessage(task);
  // The worker has the script once it answers; until then the address must be good.
  worker.onmessage = () => URL.revokeObjectURL(url);
  return {
    end() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
