/** @file Which backend a run uses. */
import { checkName } from '../core/errors.ts';
import type { Backend } from './backend.ts';
import { wasmBackend } from './wasm/index.ts';
import { validates } from './wasm/machine.ts';

export type Device = 'auto' | 'wasm' | 'webgl' | 'webgpu' | 'reference';

/** The devices that can be asked for. */
export const DEVICES: readonly Device[] = ['auto', 'wasm', 'webgl', 'webgpu', 'reference'];

/** The smallest module that uses SIMD: `(v128.const 0)` dropped, in base64. */
const SIMD_PROBE = 'AGFzbQEAAAABBAFgAAADAgEACgkBBwBBAP0PGgs=';

/** Loaded when it is wanted, since few pages ever do. */
const referenceBackend: Backend = {
  device: 'reference',
  open: async (programs, options) => (await import('./reference/index.ts')).referenceBackend.open(programs, options),
};

/** A backend over TensorFlow.js, loaded with it when it is wanted. */
const tfjsBackend = (device: 'webgl' | 'webgpu'): Backend => ({
  device,
  open: async (programs, options) => (await import('./webgl/index.ts')).backends[device].open(programs, options),
});

/** What was chosen and why. */
export interface Selection {
  readonly backend: Backend;
  readonly reason: string;
}

/** `auto` is WebAssembly wherever it has SIMD, else the reference backend, which is some hundred times slower. */
export async function selectBackend(device: Device = 'auto'): Promise<Selection> {
  checkName('device', device, DEVICES);
  if (device === 'reference') return { backend: referenceBackend, reason: 'asked for' };
  if (device === 'webgl' || device === 'webgpu') return { backend: tfjsBackend(device), reason: 'asked for' };
  if (device === 'wasm') return { backend: wasmBackend, reason: 'asked for' };
  if (validates(SIMD_PROBE)) return { backend: wasmBackend, reason: 'WebAssembly SIMD is available' };
  return {
    backend: referenceBackend,
    reason: 'no WebAssembly SIMD; plain JavaScript is some hundred times slower',
  };
}
