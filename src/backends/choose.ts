/** @file The choice of a device, where there is one to be made or it was asked for. */
import type { Program } from '../graph/program.ts';
import type { Backend, SessionOptions } from './backend.ts';
import type { Device, DeviceOptions, Opened } from './select.ts';
import { wasmBackend } from './wasm/index.ts';
import { SIMD_PROBE, validates } from './wasm/machine.ts';
import { hasSharedMemory, NO_SHARED_MEMORY } from './wasm/shared-memory.ts';

/** What was chosen and why. */
interface Choice {
  readonly backend: Backend;
  readonly reason: string;
}

/** `auto` is WebAssembly wherever it has SIMD, else the reference backend, which is some hundred times slower. */
async function choose(device: Device): Promise<Choice> {
  if (device === 'wasm') return { backend: wasmBackend, reason: 'asked for' };
  if (device === 'auto' && validates(SIMD_PROBE))
    return { backend: wasmBackend, reason: 'WebAssembly SIMD is available' };
  const { referenceBackend } = await import('./reference/index.ts');
  return {
    backend: referenceBackend,
    reason: device === 'reference' ? 'asked for' : 'no WebAssembly SIMD; plain JavaScript is some hundred times slower',
  };
}

/** As `openSession` of select.ts, which looks at the easy cases. */
export async function openChosen(
  programs: readonly Program[],
  { device = 'auto', ...options }: DeviceOptions & SessionOptions,
): Promise<Opened> {
  const { worker, workerUrl, wasm, ...rest } = options;
  const isElsewhere = [worker, workerUrl, wasm].some((option) => option !== undefined);
  const elsewhere = isElsewhere ? await import('./wasm/elsewhere.ts') : undefined;
  elsewhere?.checkElsewhere(options, device);
  if (typeof rest.threads === 'number' && rest.threads > 1) warnUnlessShared();
  const { backend, reason } = await choose(device);
  if (backend !== wasmBackend || elsewhere === undefined)
    return { session: await backend.open(programs, rest), reason };
  const opened = await elsewhere.openElsewhere(programs, options);
  return { ...opened, reason: reason + opened.reason };
}

let hasWarned = false;

/** Once: a page that asks for threads and cannot have them is slower than its author thinks. */
function warnUnlessShared(): void {
  if (hasWarned || hasSharedMemory()) return;
  hasWarned = true;
  console.warn(`saddlepoint: threads: 1, ${NO_SHARED_MEMORY}`);
}
