/** @file Which backend a run uses. */
import { checkName } from '../core/errors.ts';
import type { Backend } from './backend.ts';
import { referenceBackend } from './reference/index.ts';
import { wasmBackend } from './wasm/index.ts';

export type Device = 'auto' | 'wasm' | 'reference';

/** The devices that can be asked for. */
export const DEVICES: readonly Device[] = ['auto', 'wasm', 'reference'];

/** The smallest module that uses SIMD: (v128.const 0) dropped. */
const SIMD_PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  9,
  1,
  7,
  0,
  65,
  0,
  253,
  15,
  26,
  11,
);

/** What was chosen and why. */
export interface Selection {
  readonly backend: Backend;
  readonly reason: string;
}

/** `auto` is WebAssembly wherever it has SIMD, else the reference backend, which is some hundred times slower. */
export function selectBackend(device: Device = 'auto'): Selection {
  checkName('device', device, DEVICES);
  if (device === 'reference') return { backend: referenceBackend, reason: 'asked for' };
  if (device === 'wasm') return { backend: wasmBackend, reason: 'asked for' };
  if (typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE))
    return { backend: wasmBackend, reason: 'WebAssembly SIMD is available' };
  return {
    backend: referenceBackend,
    reason: 'this runtime has no WebAssembly SIMD; double precision in plain JavaScript is some hundred times slower',
  };
}
