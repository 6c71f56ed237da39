/** @file The choice of a device, where there is one to be made or it was asked for. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';
import type { Backend, SessionOptions } from './backend.ts';
import { hasPages } from './pages.ts';
import type { Device, DeviceOptions, Opened } from './select.ts';
import { wasmBackend } from './wasm/index.ts';
import { SIMD_PROBE, validates } from './wasm/machine.ts';
import { hasSharedMemory, noSharedMemory } from './wasm/shared-memory.ts';
import type { Verdict } from './webgl/probe.ts';
import { isTooSmall, trains } from './work.ts';

/** What can be chosen from: a browser's, or a test's. */
export interface Choices {
  /** Whether WebAssembly has SIMD. */
  readonly hasSimd: boolean;
  /** Whether there is a GPU for 'auto'; on a page a worker is asked first. Never throws. */
  probe(place?: Pick<DeviceOptions, 'workerUrl'>): Promise<Verdict>;
  /** A backend on a GPU, with what it needs loaded. */
  gpu(device: 'webgl' | 'webgpu'): Promise<Backend>;
}

type Options = Omit<DeviceOptions, 'device'> & SessionOptions;

/** What there is here. */
export const devicesHere: Choices = {
  // Asked when it is wanted: an import compiles nothing.
  get hasSimd() {
    return validates(SIMD_PROBE);
  },
  probe: async (place) => (await import('./webgl/probe.ts')).probeHere(place),
  gpu: async (device) => (await import('./webgl/index.ts')).backends[device],
};

const SIMD = 'WebAssembly SIMD is available';

const reference = async (): Promise<Backend> => (await import('./reference/index.ts')).referenceBackend;

/** As `openSession` of select.ts, which looks at the easy cases. */
export async function openChosen(
  programs: readonly Program[],
  { device = 'auto', ...options }: Options & { readonly device?: Device },
  choices: Choices = devicesHere,
): Promise<Opened> {
  if (options.onDevice !== undefined && typeof options.onDevice !== 'function')
    throw new SaddlepointError('option', `onDevice: expected a function of an event, got ${show(options.onDevice)}`);
  if (isElsewhere(options)) (await import('./wasm/elsewhere.ts')).checkElsewhere(options, device);
  if (typeof options.threads === 'number' && options.threads > 1) warnUnlessShared();
  if (device === 'auto') return openAuto(programs, options, choices);
  if (device === 'webgl' || device === 'webgpu') {
    const session = await openGpu(await choices.gpu(device), programs, options, choices);
    return { session, reason: 'asked for' };
  }
  if (device === 'reference')
    return { session: await (await reference()).open(programs, options), reason: 'asked for' };
  const { session, reason } = await openWasm(programs, options);
  return { session, reason: `asked for${reason}` };
}

const isElsewhere = ({ worker, workerUrl, wasm }: Options): boolean =>
  [worker, workerUrl, wasm].some((option) => option !== undefined);

/** On WebAssembly: in a worker, or by builds of the user, if that was asked for. */
async function openWasm(programs: readonly Program[], options: Options): Promise<Opened> {
  if (isElsewhere(options)) return (await import('./wasm/elsewhere.ts')).openElsewhere(programs, options);
  return { session: await wasmBackend.open(programs, options), reason: '' };
}

/**
 * WebAssembly, unless there is a GPU, the programs train, and are large enough for one; then the first steps decide. Without SIMD
 * the reference backend. What fails on the way to a GPU is a reason, not an error.
 */
async function openAuto(programs: readonly Program[], options: Options, choices: Choices): Promise<Opened> {
  if (!choices.hasSimd) {
    const reason = 'no WebAssembly SIMD; plain JavaScript is some hundred times slower';
    return { session: await (await reference()).open(programs, options), reason };
  }
  const { session, reason: place } = await openWasm(programs, options);
  // What was asked to run in a worker does; and where there are no pages there is no GPU for one.
  if (options.worker || (choices === devicesHere && !hasPages())) return { session, reason: SIMD + place };
  const refusal = await refusalOf(programs, options, choices);
  if (refusal !== undefined) return { session, reason: `${SIMD}; webgl: ${refusal}${place}` };
  try {
    const backend = await choices.gpu('webgl');
    const fault = await (await import('./self-test.ts')).faultOf(backend);
    if (fault !== undefined) return { session, reason: `${SIMD}; webgl: ${fault}${place}` };
    const gpu = await openGpu(backend, programs, options, choices);
    const { TrialSession } = await import('./trial.ts');
    return { session: new TrialSession(session, gpu, programs), reason: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll('\n', ';').replaceAll(/ +/g, ' ') : String(error);
    return { session, reason: `${SIMD}; webgl: ${why}${place}` };
  }
}

/** Why no GPU is thought of, before anything is loaded for one. */
async function refusalOf(programs: readonly Program[], { deterministic, workerUrl }: Options, choices: Choices) {
  if (deterministic) return 'its bits differ from machine to machine, and deterministic was asked for';
  if (!trains(programs)) return 'nothing is trained';
  if (isTooSmall(programs)) return 'the steps are too short for a GPU';
  const { isFit, reason } = await choices.probe({ workerUrl });
  return isFit ? undefined : reason;
}

/** A session on a GPU, which may be lost. */
async function openGpu(
  backend: Backend,
  programs: readonly Program[],
  { onDevice, ...options }: Options,
  { hasSimd }: Choices,
) {
  const again = () => backend.open(programs, options);
  const safe = async () =>
    hasSimd ? (await openWasm(programs, options)).session : (await reference()).open(programs, options);
  const session = await again();
  const { RecoveringSession } = await import('./recover.ts');
  return new RecoveringSession(session, programs, { again, safe }, { onDevice });
}

let hasWarned = false;

/** Once: a page that asks for threads and cannot have them is slower than its author thinks. */
function warnUnlessShared(): void {
  if (hasWarned || hasSharedMemory()) return;
  hasWarned = true;
  console.warn(`saddlepoint: threads: 1, ${noSharedMemory()}`);
}
