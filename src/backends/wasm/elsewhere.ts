/** @file Sessions in a worker, or of builds that the user brings: what few runs ask for, loaded when one does. */
import { checkSwitch, SaddlepointError, show } from '../../core/errors.ts';
import type { Program } from '../../graph/program.ts';
import type { Session, SessionOptions } from '../backend.ts';
import type { SessionImage } from './image.ts';
import { openImage } from './index.ts';
import { type StartOptions, startSession } from './session.ts';
import { type OwnBuilds, ownBuilds, type WasmOption } from './sources.ts';
import { startRemote } from './worker/remote.ts';

/** Options of whatever opens a session; see select.ts. */
export interface ElsewhereOptions {
  readonly worker?: boolean | undefined;
  readonly workerUrl?: string | URL | undefined;
  readonly wasm?: WasmOption | undefined;
}

/** @throws SaddlepointError `option` for options outside their legal values, and for a worker that the device has no use for. */
export function checkElsewhere({ worker, workerUrl, wasm }: ElsewhereOptions, device: string): void {
  const isIn = worker !== undefined && checkSwitch('worker', worker);
  if (isIn && device !== 'auto' && device !== 'wasm')
    throw new SaddlepointError(
      'option',
      `worker: true goes with WebAssembly, and device is '${device}'`,
      'leave one of the two out, or start a worker of your own and train in it',
    );
  if (workerUrl !== undefined && typeof workerUrl !== 'string' && !(workerUrl instanceof URL))
    throw new SaddlepointError('option', `workerUrl: expected an address, got ${show(workerUrl)}`);
  if (wasm !== undefined) ownBuilds(wasm);
}

/** A session, and what there is to say of the options. */
interface Elsewhere {
  readonly session: Session;
  readonly reason: string;
}

/** Opens a WebAssembly session where and with what the options say. */
export async function openElsewhere(
  programs: readonly Program[],
  { worker, workerUrl, wasm, ...options }: ElsewhereOptions & SessionOptions,
): Promise<Elsewhere> {
  const own = wasm === undefined ? undefined : ownBuilds(wasm);
  const { reason, ...wanted } = own ? within(own, options) : { ...options, reason: '' };
  const start = (image: SessionImage, given: StartOptions): Promise<Session> =>
    worker
      ? startRemote(image, { ...given, compile: own?.compile }, { workerUrl })
      : startSession(image, { ...given, compile: own?.compile });
  return { session: await openImage(programs, wanted, start), reason: (worker ? '; in a worker' : '') + reason };
}

/** What is asked for, as far as there are builds for it. */
function within(own: OwnBuilds, options: SessionOptions): SessionOptions & { readonly reason: string } {
  const { threads = 1, deterministic = true } = options;
  const isShared = threads !== 1 && own.has('threads');
  const isRelaxed = !deterministic && own.has(isShared ? 'relaxedThreads' : 'relaxed');
  const lacking = threads !== 1 && !isShared ? '; threads: 1, the option wasm has no build `threads`' : '';
  return {
    ...options,
    threads: isShared ? threads : 1,
    deterministic: !isRelaxed,
    reason: `; builds of the option wasm${lacking}`,
  };
}
