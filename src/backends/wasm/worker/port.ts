/**
 * @file Starts workers with the library's own script: in Node from its text, elsewhere by its address, or else from a Blob. Knows
 * nothing of what a worker is told. A worker that cannot be started is an error within seconds, never a wait without end.
 */
import { SaddlepointError } from '../../../core/errors.ts';
import { Constant } from '../../../plan/opcodes.ts';

/** The script of a worker: its address or its text. Plain data, so that a worker can start further ones as it was started. */
export type WorkerScript =
  | { readonly url: string; readonly type: 'classic' | 'module' }
  | { readonly text: string; readonly url?: never };

/** What a worker says first: that it runs the script of this library and of this version, and how it was loaded. */
export interface Hello {
  readonly hello: string;
  readonly url: string;
  readonly type: 'classic' | 'module';
  /** The lock that it holds as long as it lives, if there are locks. */
  readonly lock: string | undefined;
}

/** What the script of this version says. */
export const GREETING = `saddlepoint 1.${Constant.abiVersion}`;

/** A worker that runs. */
export interface WorkerPort {
  /** For further ones. */
  readonly script: WorkerScript;
  onMessage: (message: unknown) => void;
  /** Called when it ends without being told to. */
  onEnd: (cause: unknown) => void;
  post(message: object, transfer?: readonly ArrayBuffer[]): void;
  /** Whether the process waits for it; in Node alone. At first it does not. */
  hold(isHeld: boolean): void;
  end(): void;
}

/** How to start it, if not by what comes with the library. */
export interface WorkerPlace {
  readonly script?: WorkerScript | undefined;
  /** Where the user has put the script. */
  readonly workerUrl?: string | URL | undefined;
  /** A worker of its own, from the file alone: no spare one, and on a page none from a Blob. */
  readonly isFileOnly?: boolean;
}

/** Node's workers, which Deno and Bun have too. */
const nodeWorkers = () => globalThis.process?.getBuiltinModule?.('node:worker_threads');

type NodeWorkers = NonNullable<ReturnType<typeof nodeWorkers>>;

/** Seconds to the first word of a worker; a large page may be busy for some. */
const PATIENCE = 15;
const NAME = 'saddlepoint';

/** A way to start one. */
interface Candidate {
  readonly name: string;
  make(): RawWorker | Promise<RawWorker>;
}

/** Of Node or of a page. */
interface RawWorker extends Pick<WorkerPort, 'post' | 'hold' | 'end'> {
  readonly script: WorkerScript | undefined;
  listen(onMessage: (message: unknown) => void, onEnd: (cause: unknown) => void): void;
}

/**
 * @param patience seconds that each way of starting it may take.
 * @throws SaddlepointError `option` if none does: what each was refused for, and `workerUrl` as the way out.
 */
export async function openWorker(place: WorkerPlace = {}, patience = PATIENCE): Promise<WorkerPort> {
  const waiting = takeSpare(place);
  if (waiting !== undefined) return waiting;
  const failures: string[] = [];
  for (const { name, make } of await candidates(place, failures)) {
    try {
      return await greeted(await make(), patience);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new SaddlepointError(
    'option',
    `no worker could be started. ${failures.join('; ')}`,
    place.workerUrl === undefined
      ? "serve node_modules/saddlepoint/dist/wasm/worker.js from the page's own origin and give its address as `workerUrl`; a page with a Content-Security-Policy needs it in worker-src; or leave out worker and threads"
      : 'workerUrl must lead to node_modules/saddlepoint/dist/wasm/worker.js of the installed version, served as JavaScript from the origin of the page',
  );
}

/** A worker that was started ahead, and waits for a session. */
let spare: { readonly workerUrl: string; readonly port: WorkerPort } | undefined;

/** Starts a worker for the session that comes next, unless one waits. */
export async function keepSpare(place: Pick<WorkerPlace, 'workerUrl'>): Promise<void> {
  if (spare !== undefined) return;
  const kept = { workerUrl: String(place.workerUrl), port: await openWorker(place) };
  kept.port.onEnd = () => {
    if (spare === kept) spare = undefined;
  };
  spare = kept;
}

function takeSpare({ script, workerUrl, isFileOnly }: WorkerPlace): WorkerPort | undefined {
  if (spare === undefined || script !== undefined || isFileOnly || spare.workerUrl !== String(workerUrl))
    return undefined;
  const { port } = spare;
  spare = undefined;
  return port;
}

async function candidates(
  { script, workerUrl, isFileOnly }: WorkerPlace,
  failures: string[],
): Promise<readonly Candidate[]> {
  const node = nodeWorkers();
  if (node === undefined && typeof Worker === 'undefined') {
    failures.push('there are no workers here');
    return [];
  }
  const given: WorkerScript | undefined = workerUrl === undefined ? script : { url: String(workerUrl), type: 'module' };
  if (given !== undefined)
    return [{ name: given.url ?? 'from its text', make: () => (node ? inNode(node, given) : onPage(given)) }];
  const own = await import('#worker').catch((error: unknown) => void failures.push(`#worker: ${String(error)}`));
  const text = own?.text;
  if (own === undefined || text === undefined) return [];
  if (node) return [{ name: 'from its text', make: async () => inNode(node, { text: await text() }) }];
  const fromText = { name: 'from a Blob', make: async () => onPage({ text: await text() }) };
  const byAddress = { name: 'by its address', make: () => overWorker(own.spawn(), undefined) };
  return isFileOnly ? [byAddress] : [byAddress, fromText];
}

function inNode({ Worker }: NodeWorkers, script: WorkerScript): RawWorker {
  const options = { execArgv: [], name: NAME };
  const worker =
    script.url === undefined
      ? new Worker(script.text, { ...options, eval: true })
      : new Worker(/^\w+:/.test(script.url) ? new URL(script.url) : script.url, options);
  return {
    script,
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage).once('error', onEnd);
      worker.once('exit', (code) => onEnd(new Error(`it ended with code ${code}`)));
    },
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

function onPage(script: WorkerScript): RawWorker {
  if (script.url !== undefined) return overWorker(new Worker(script.url, { type: script.type, name: NAME }), script);
  const url = URL.createObjectURL(new Blob([script.text], { type: 'text/javascript' }));
  // The address must be good until the worker has the script, which it has when it speaks.
  return overWorker(new Worker(url, { name: NAME }), script, () => URL.revokeObjectURL(url));
}

function overWorker(worker: Worker, script: WorkerScript | undefined, release?: () => void): RawWorker {
  return {
    script,
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen(onMessage, onEnd) {
      worker.onmessage = ({ data }) => {
        release?.();
        onMessage(data);
      };
      worker.onmessageerror = () => onEnd(new Error('a message could not be read'));
      worker.onerror = (event) => {
        event.preventDefault();
        onEnd(new Error(event.message || 'the script was not loaded'));
      };
    },
    hold: () => undefined,
    end() {
      worker.terminate();
      release?.();
    },
  };
}

/** The port of a worker once it has said that it runs this library's script. */
function greeted(raw: RawWorker, patience: number): Promise<WorkerPort> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void => {
      clearTimeout(timer);
      raw.end();
      reject(cause);
    };
    const timer = setTimeout(() => refuse(new Error(`no answer within ${patience} s`)), patience * 1000);
    let port: WorkerPort | undefined;
    const greet = (message: unknown): void => {
      const { hello, url, type, lock } = Object(message) as Hello;
      if (hello !== GREETING) {
        refuse(new Error(`the script is not that of this version: expected '${GREETING}', got '${hello}'`));
        return;
      }
      clearTimeout(timer);
      const script = raw.script ?? { url, type };
      const { post, hold, end } = raw;
      const watch = new AbortController();
      const opened: WorkerPort = {
        ...{ script, post, hold, onMessage: () => undefined, onEnd: () => undefined },
        end() {
          watch.abort();
          end();
        },
      };
      port = opened;
      hold(false);
      if (lock !== undefined) whenFree(lock, watch.signal, () => opened.onEnd(new Error('it is gone')));
      resolve(port);
    };
    raw.listen(
      (message) => (port === undefined ? greet(message) : port.onMessage(message)),
      (cause) => (port === undefined ? refuse(cause) : port.onEnd(cause)),
    );
  });
}

/** Calls back when a lock is free, unless that is no longer of interest. */
function whenFree(lock: string, signal: AbortSignal, then: () => void): void {
  navigator.locks.request(lock, { signal }, then).catch(() => undefined);
}
