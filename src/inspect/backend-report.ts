/** @file `backendReport`: what there is to run on here, what `device: 'auto'` comes to and why. */
import { type Choices, devicesHere } from '../backends/choose.ts';
import { faultOf } from '../backends/self-test.ts';
import { chooseThreads, passesRelaxed } from '../backends/wasm/builds.ts';
import { RELAXED_PROBE, validates } from '../backends/wasm/machine.ts';
import { probeWebgpu } from '../backends/webgl/webgpu-probe.ts';
import { checkKnownOptions, checkSwitch } from '../core/errors.ts';
import { tensor } from '../graph/tensor.ts';
import { dense } from '../nn/dense.ts';
import { crossEntropy } from '../nn/losses/cross-entropy.ts';
import { sequential } from '../nn/sequential.ts';
import { adam } from '../optim/adam.ts';
import { fit } from '../train/fit.ts';

type Name = 'wasm' | 'webgl' | 'webgpu' | 'reference';

/** A device that programs could run on. */
export interface BackendCandidate {
  readonly name: Name;
  /** What `auto` makes of it; a device that is refused can still be asked for, and may then fail. */
  readonly verdict: 'chosen' | 'possible' | 'refused';
  readonly reason: string;
  /** Of a training step of the network 784-128-10 with 128 rows, Adam; where it was measured. */
  readonly stepMilliseconds?: number;
}

/** A build of the WebAssembly machine. */
export interface BuildFacts {
  readonly name: 'simd' | 'relaxed';
  readonly available: boolean;
  readonly reason: string;
}

/** What there is to run on. */
export interface BackendReport {
  /** What `auto` takes for the network that is measured; smaller ones, and predictions, stay on WebAssembly. */
  readonly chosen: Name;
  readonly candidates: readonly BackendCandidate[];
  /** What the browser calls its GPU, where it says. */
  readonly renderer?: string;
  /** What `threads: 'auto'` comes to, and why. */
  readonly threads: { readonly count: number; readonly reason: string };
  readonly builds: readonly BuildFacts[];
}

export interface BackendReportOptions {
  /** Time training steps on what can be chosen; default true: some 100 ms on WebAssembly, a second or two on a GPU. */
  readonly measure?: boolean;
}

/** What is looked at: what is here, or stands in for it in a test. */
export interface ReportSource {
  readonly choices: Choices;
  readonly probeWebgpu: typeof probeWebgpu;
  /** Milliseconds of a training step. */
  readonly time: (device: 'wasm' | 'webgl') => Promise<number>;
}

const here: ReportSource = { choices: devicesHere, probeWebgpu, time: timeTraining };

/**
 * Looks at what there is to run on: each candidate with its verdict and the reason, the GPU's name, threads, and builds of the
 * WebAssembly machine. In Node, in browsers and in workers; it never throws for what is missing.
 *
 * @throws SaddlepointError `option` for an option that does not exist.
 * @example
 * const { chosen, candidates } = await backendReport();
 * candidates.map(({ name, verdict, reason }) => `${name}: ${verdict}, ${reason}`);
 */
export async function backendReport(options: BackendReportOptions = {}): Promise<BackendReport> {
  checkKnownOptions('backendReport', options, ['measure']);
  const { measure = true } = options;
  checkSwitch('backendReport: measure', measure);
  return reportOf(here, measure);
}

/** As `backendReport`, of anything. */
export async function reportOf({ choices, probeWebgpu, time }: ReportSource, measure: boolean): Promise<BackendReport> {
  const { hasSimd } = choices;
  const webgl = await choices.probe();
  const webgpu = await probeWebgpu();
  const faults = {
    wasm: hasSimd ? undefined : 'no WebAssembly SIMD',
    webgl: webgl.isFit ? await faultWith(choices, 'webgl') : webgl.reason,
    webgpu: webgpu.isFit ? await faultWith(choices, 'webgpu') : webgpu.reason,
  };
  const times: { wasm?: number; webgl?: number } = {};
  for (const name of ['wasm', 'webgl'] as const) {
    if (!measure || faults[name] !== undefined) continue;
    try {
      times[name] = await time(name);
    } catch (error) {
      faults[name] = messageOf(error);
    }
  }
  const { wasm = Number.POSITIVE_INFINITY } = times;
  const isFaster = hasSimd && faults.webgl === undefined && (!measure || (times.webgl as number) < wasm);
  const chosen = faults.wasm === undefined ? (isFaster ? 'webgl' : 'wasm') : 'reference';
  const candidate = (name: Name, fault: string | undefined, reason: string): BackendCandidate => {
    const time = name === 'wasm' || name === 'webgl' ? times[name] : undefined;
    return {
      name,
      verdict: name === chosen ? 'chosen' : fault === undefined ? 'possible' : 'refused',
      reason: fault ?? reason,
      ...(time === undefined ? {} : { stepMilliseconds: time }),
    };
  };
  const { threads, reason } = chooseThreads('auto');
  const renderer = webgl.renderer ?? webgpu.renderer;
  return {
    chosen,
    candidates: [
      candidate('wasm', faults.wasm, 'WebAssembly SIMD is available'),
      candidate('webgl', faults.webgl, webgl.reason),
      candidate('webgpu', faults.webgpu, `${webgpu.reason}; only where it is asked for`),
      candidate('reference', undefined, 'plain JavaScript in double precision, some hundred times slower'),
    ],
    ...(renderer === undefined ? {} : { renderer }),
    threads: { count: threads, reason },
    builds: [
      {
        name: 'simd',
        available: hasSimd,
        reason: hasSimd ? 'WebAssembly SIMD is available' : 'the engine has no SIMD',
      },
      await relaxed(),
    ],
  };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, '; ') : String(error);

/** What keeps a GPU that is there from being used: packages that are missing, or results that are wrong. */
async function faultWith(choices: Choices, device: 'webgl' | 'webgpu'): Promise<string | undefined> {
  try {
    return await faultOf(await choices.gpu(device));
  } catch (error) {
    return messageOf(error);
  }
}

async function relaxed(): Promise<BuildFacts> {
  const name = 'relaxed';
  if (!validates(RELAXED_PROBE)) return { name, available: false, reason: 'the engine has no relaxed SIMD' };
  return (await passesRelaxed())
    ? { name, available: true, reason: 'relaxed SIMD is available and right' }
    : { name, available: false, reason: 'the engine has relaxed SIMD, and computes wrong with it' };
}

const ROWS = 512;
const BATCH = 128;
const WIDTH = 784;
const EPOCHS = 6;

/** The fastest epoch of a training as users run it, by step. */
async function timeTraining(device: 'wasm' | 'webgl'): Promise<number> {
  const data = {
    x: tensor(
      Float32Array.from({ length: ROWS * WIDTH }, (_, i) => ((i * 7919) % 256) / 256),
      [ROWS, WIDTH],
    ),
    y: Int32Array.from({ length: ROWS }, (_, i) => (i * 31) % 10),
  };
  const model = sequential([dense(128, { activation: 'relu' }), dense(10)]);
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: BATCH, standardize: false, progress: false };
  const { history } = await fit(model, data, { ...options, epochs: EPOCHS, seed: 1, device });
  return (1000 * Math.min(...history.map(({ seconds }) => seconds))) / (ROWS / BATCH);
}
