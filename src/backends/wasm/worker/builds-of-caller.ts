/** @file What `#wasm` is in a worker: builds are asked of the caller, who has them compiled. */
import type { Build } from '../machine.ts';
import { own } from './own-end.ts';
import { errorFrom, type ToWorker } from './protocol.ts';

interface Waiting {
  resolve(module: WebAssembly.Module): void;
  reject(error: unknown): void;
}

const waiting = new Map<Build, Waiting>();

const ask = (build: Build) => (): Promise<WebAssembly.Module> =>
  new Promise((resolve, reject) => {
    waiting.set(build, { resolve, reject });
    own.post({ wanted: build });
  });

export const load: Readonly<Record<Build, () => Promise<WebAssembly.Module>>> = {
  core: ask('core'),
  simd: ask('simd'),
  threads: ask('threads'),
  relaxed: ask('relaxed'),
  relaxedThreads: ask('relaxedThreads'),
};

/** Written by scripts/build-worker.mjs: a worker holds the caller's builds to the sources that it was itself made beside. */
declare const MACHINE_ID: number;

export const id: number = MACHINE_ID;

/** The caller's answer. */
export function receive(answer: Extract<ToWorker, { readonly build: Build }>): void {
  const { resolve, reject } = waiting.get(answer.build) as Waiting;
  if ('module' in answer) resolve(answer.module);
  else reject(errorFrom(answer.refused));
}
