/** @file `precompile`: what `fit` does before its first step, ahead of time. */
import type { DeviceRecord } from '../backends/select.ts';
import type { Layer } from '../nn/layer.ts';
import type { Callback } from './callback.ts';
import { fit } from './fit.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';

/** What it took. */
export interface CompileTimes {
  /** Seconds to where a step can be taken: code loaded, modules compiled, the step traced and planned, workers started. */
  readonly openSeconds: number;
  /** Seconds of the first step, with what the device compiles when it is first called. */
  readonly firstStepSeconds: number;
  /** Seconds of a step after that. */
  readonly stepSeconds: number;
  /** Where it ran, and where `fit` will. */
  readonly device: DeviceRecord;
}

/** The first one compiles; the one after it may still wait for that. */
const STEPS = 3;

/**
 * Does what `fit` with the same arguments would do before its first step, takes a few steps, and frees it all again, so that
 * the next `fit` begins at once: the builds of the machine are loaded and compiled, a GPU has its shaders, and with
 * `worker: true` a worker waits. Nothing of the model or of the data changes, and the page keeps its turns.
 *
 * @param data as for `fit`; a few rows of the same kind do, as long as they fill a batch.
 * @param options as for `fit`; callbacks, checkpoints and progress are left out.
 * @returns how long what took, which `fit` then saves.
 * @throws SaddlepointError as `fit` does.
 * @example
 * await precompile(model, { x: images.slice(0, 64 * 784), y: labels.slice(0, 64) }, options); // while the visitor reads
 * const run = await fit(model, { x: images, y: labels }, options);
 */
export async function precompile<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions<Name>,
): Promise<CompileTimes> {
  const { callbacks, resume, resumable, maxSeconds, onTap, ...rest } = options;
  const times = [performance.now()];
  const watch: Callback = {
    name: 'precompile',
    every: 1,
    onBegin: () => void times.push(performance.now()),
    onStep(_, control) {
      if (times.push(performance.now()) === STEPS + 2) control.stop('it is warm');
    },
  };
  const run = await fit(model, data, { ...rest, callbacks: [watch], epochs: STEPS, progress: false });
  if (options.worker) await (await import('../backends/wasm/worker/port.ts')).keepSpare(options);
  const seconds = (from: number, to = from + 1): number => ((times[to] as number) - (times[from] as number)) / 1000;
  return {
    openSeconds: seconds(0),
    firstStepSeconds: seconds(1),
    stepSeconds: seconds(times.length - 2),
    device: run.device,
  };
}
