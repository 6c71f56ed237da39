/** @file The worker's own end of its messages, in Node and on a page. */
import type { Hello } from './port.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

interface Own {
  readonly isPage: boolean;
  post(message: Hello | FromWorker, transfer?: readonly Transferable[]): void;
  listen(onMessage: (message: ToWorker) => void): void;
  close(): void;
}

function ownEnd(): Own {
  const scope = globalThis as unknown as Worker & { close(): void };
  const port = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort;
  if (port)
    return {
      isPage: false,
      post: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
      listen: (onMessage) => void port.on('message', onMessage),
      // Deno's has no `close`, but what is global in a worker of the web.
      close: () => (typeof port.close === 'function' ? port.close() : scope.close()),
    };
  return {
    isPage: true,
    post: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    listen(onMessage) {
      scope.onmessage = ({ data }: MessageEvent<ToWorker>) => onMessage(data);
    },
    close: () => scope.close(),
  };
}

export const own = ownEnd();
