/** @file A further thread of a team: what it is told, and what it does. */
import { Halt } from '../../../plan/opcodes.ts';
import type { MachineExports } from '../machine.ts';
import { openWorker, type WorkerPort, type WorkerScript } from './port.ts';

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

interface ThreadExports extends MachineExports {
  setThread(thread: number, threads: number, team: number, area: number): void;
  serve(): void;
  halt(reason: Halt): void;
}

export interface Thread {
  end(): void;
}

/** Starts a thread; `onError` is called if it cannot start or fails. */
export function startThread(
  task: ThreadTask,
  script: WorkerScript | undefined,
  onError: (error: unknown) => void,
): Thread {
  let isOver = false;
  let port: WorkerPort | undefined;
  openWorker({ script }).then((opened) => {
    if (isOver) return opened.end();
    port = opened;
    opened.onEnd = onError;
    opened.post({ thread: task });
  }, onError);
  return {
    end() {
      isOver = true;
      port?.end();
    },
  };
}

/** In the worker: returns when the team is dismissed. */
export async function joinTeam({ module, memory, thread, threads, team, area }: ThreadTask): Promise<void> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as unknown as ThreadExports;
  exports.setThread(thread, threads, team, area);
  try {
    exports.serve();
  } catch (error) {
    exports.halt(Halt.failed);
    throw error;
  }
}
