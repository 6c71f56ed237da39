/** @file What a session in a worker and its caller say to each other, and how errors get across. */
import { type ErrorCode, SaddlepointError } from '../../../core/errors.ts';
import type { Matrix } from '../../../plan/matrix.ts';
import type { MachineFacts } from '../../backend.ts';
import type { SessionImage } from '../image.ts';
import type { Build } from '../machine.ts';
import type { StartOptions } from '../session.ts';
import type { WorkerScript } from './port.ts';
import type { ThreadTask } from './thread.ts';

/** The methods of a session that are called in the worker. */
export type Method = 'write' | 'read' | 'writeRows' | 'readRows' | 'run' | 'locate' | 'profile';

/** What a session is opened with. */
export interface Opening {
  readonly capacity: number;
  readonly threads: StartOptions['threads'] | undefined;
  readonly deterministic: boolean | undefined;
  readonly image: SessionImage;
  /** What further threads run. */
  readonly script: WorkerScript;
}

/** To a worker. An answer is expected to what has an `id`; messages are handled in order. */
export type ToWorker =
  | { readonly thread: ThreadTask }
  | { readonly open: Opening; readonly id: number }
  | { readonly method: Method; readonly with: readonly unknown[]; readonly id: number | undefined }
  /** What is behind WebGL: a `Renderer`, or undefined. */
  | { readonly renderer: true; readonly id: number }
  | { readonly leave: true }
  | { readonly build: Build; readonly module: WebAssembly.Module }
  | { readonly build: Build; readonly refused: PlainError };

/** From a worker, after its greeting. */
export type FromWorker =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError }
  /** It has no builds of its own. */
  | { readonly wanted: Build };

/** What the worker says of an open session. */
export interface OpenedSession {
  readonly facts: MachineFacts;
  readonly bytes: number;
  /** The memory, if it is shared. */
  readonly memory: WebAssembly.Memory | undefined;
  /** What of its blocks lies in panels. */
  readonly panels: readonly Matrix[];
}

/** An error as plain data; as itself it would lose its code and its name on the way. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | undefined;
  readonly help: string | undefined;
}

export function plainError(error: unknown): PlainError {
  const { name = 'Error', message = String(error), stack } = Object(error) as Partial<Error>;
  const { code, help } = error instanceof SaddlepointError ? error : { code: undefined, help: undefined };
  return {
    name,
    message: help === undefined ? message : message.slice(0, -`\n  help: ${help}`.length),
    stack,
    code,
    help,
  };
}

/** The error that was thrown on the other side, with the stack of there before that of here. */
export function errorFrom({ name, message, stack, code, help }: PlainError): SaddlepointError {
  const error =
    code === undefined
      ? new SaddlepointError('internal', `the run failed in its worker: ${name}: ${message}`, 'train again')
      : new SaddlepointError(code, message, help);
  if (stack !== undefined) {
    const title = `${error.name}: ${error.message}`;
    error.stack = [title, ...framesOf(stack), '    at the worker of the run', ...framesOf(error.stack)].join('\n');
  }
  return error;
}

/** The lines of a stack that are calls, in any engine's style. */
const framesOf = (stack = ''): string[] => stack.split('\n').filter((line) => /^\s+at |@/.test(line));
