/** @file Where programs run: the choice of a device, and the session on it. */
import { checkName, checkNumber, checkSwitch } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';
import type { MachineFacts, Session, SessionOptions } from './backend.ts';
import { hasPages } from './pages.ts';
import { wasmBackend } from './wasm/index.ts';
import { SIMD_PROBE, validates } from './wasm/machine.ts';
import type { WasmOption } from './wasm/sources.ts';

/** Where programs may run; 'auto' chooses: see docs/devices.md. */
export type Device = 'auto' | 'wasm' | 'webgl' | 'webgpu' | 'reference';

/** The devices that can be asked for. */
export const DEVICES: readonly Device[] = ['auto', 'wasm', 'webgl', 'webgpu', 'reference'];

/** What became of the GPU of a run. */
export interface DeviceEvent {
  /** `lost`: its context was taken back, and nothing of the step under way counts. `resumed`: the run has gone on. */
  readonly kind: 'lost' | 'resumed';
  /** What was lost, or where the run goes on. */
  readonly device: Session['device'];
  readonly reason: string;
}

/** Where and how something runs: options of whatever opens a session. */
export interface DeviceOptions {
  /**
   * Where it runs: 'auto' (default) is WebAssembly, or WebGL where a page has a GPU and training is faster on it, which
   * docs/devices.md explains. 'webgl' and 'webgpu' run on the kernels of TensorFlow.js, which is installed beside the library.
   * 'reference' computes in double precision, some hundred times slower. A device that is asked for is taken, or an error says
   * why not.
   */
  readonly device?: Device;
  /**
   * How many threads share each step on the 'wasm' device: 1 (default), more, or 'auto', the number of cores up to 4. The result
   * is the same bit for bit. One is used all the same, and `run.device.reason` says why, where there is no shared memory (a page
   * must be cross-origin isolated, and train in a worker), for steps below some 20 µs, and while other work has the cores.
   */
  readonly threads?: number | 'auto';
  /**
   * True: the same bits on every machine, engine and thread count. False (default): where the engine has relaxed SIMD, products
   * are rounded as its processor likes, which is faster; equal bits are then promised for this machine and engine alone.
   */
  readonly deterministic?: boolean;
  /** Bytes; a run that needs more is refused before it begins, and told the batch size that would fit. Default 2 GiB. */
  readonly memoryLimit?: number | undefined;
  /**
   * Told when a GPU's context is lost, and when the run has gone on: from a copy at most about a second old, on the GPU again, and
   * after a second loss on WebAssembly. Nothing need be done.
   */
  readonly onDevice?: ((event: DeviceEvent) => void) | undefined;
  /**
   * True: the steps run in a worker, so that they never hold up the page; on WebAssembly alone. Default false: `fit` gives the
   * page its turn every few milliseconds. Callbacks and progress stay where `fit` was called; the bits are the same.
   */
  readonly worker?: boolean | undefined;
  /**
   * The address of dist/wasm/worker.js, where neither the bundler nor the policy of the page lets the library start its worker
   * by itself: see docs/workers.md.
   */
  readonly workerUrl?: string | URL | undefined;
  /**
   * The machine from elsewhere than the library's own code: the address, Response, bytes or WebAssembly.Module of
   * saddlepoint.simd.wasm, or an object of such sources by build. See docs/workers.md.
   */
  readonly wasm?: WasmOption | undefined;
}

/** Their names. */
export const DEVICE_OPTIONS = [
  'device',
  'threads',
  'deterministic',
  'memoryLimit',
  'worker',
  'workerUrl',
  'wasm',
  'onDevice',
] as const;

/** @throws SaddlepointError `option` with the option's name, the value given and the legal values. */
export function checkDeviceOptions(
  where: string,
  {
    device = 'auto',
    threads = 1,
    deterministic = false,
    memoryLimit,
    worker,
    workerUrl,
    wasm,
    onDevice,
  }: DeviceOptions,
): DeviceOptions {
  checkName(`${where}: device`, device, DEVICES);
  if (threads !== 'auto') checkNumber(`${where}: threads`, threads, { min: 1, integer: true });
  if (memoryLimit !== undefined) checkNumber(`${where}: memoryLimit`, memoryLimit, { min: 1 });
  checkSwitch(`${where}: deterministic`, deterministic);
  return { device, threads, deterministic, memoryLimit, worker, workerUrl, wasm, onDevice };
}

/** A session, and why it is where it is. */
export interface Opened {
  readonly session: Session;
  readonly reason: string;
}

/**
 * Opens a session for some programs on the device that the options ask for. What most runs do not ask for, and whatever has to
 * be found out about the machine, is loaded when it is.
 */
export async function openSession(
  programs: readonly Program[],
  {
    device = 'auto',
    ...options
  }: Omit<DeviceOptions, 'device'> & SessionOptions & { readonly device?: Device | undefined },
): Promise<Opened> {
  checkName('device', device, DEVICES);
  if (device === 'auto' && !options.worker && !options.wasm && !hasPages() && validates(SIMD_PROBE))
    return { session: await wasmBackend.open(programs, options), reason: 'WebAssembly SIMD is available' };
  return (await import('./choose.ts')).openChosen(programs, { device, ...options });
}

/** Where something ran, and why. */
export interface DeviceRecord extends MachineFacts {
  readonly name: Session['device'];
}

export const deviceRecord = ({ session, reason }: Opened): DeviceRecord => ({
  ...session.machine,
  name: session.device,
  reason: reason + session.machine.reason,
});
