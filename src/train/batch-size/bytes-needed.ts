/** @file What `fit` would need of memory at a batch size, from its plans alone: nothing is run. */
import type { OverLimit } from '../../backends/wasm/over-limit.ts';
import { SaddlepointError, unreachable } from '../../core/errors.ts';
import type { Layer } from '../../nn/layer.ts';
import { fit } from '../fit.ts';
import type { TrainedModel } from '../model.ts';
import type { Data, FitOptions } from '../options.ts';

/**
 * Bytes of WebAssembly memory: blocks, tables, activations and code of all programs of the run. They are what the refusal of a
 * limit of one byte states, and so by construction those that `fit` with the same arguments goes by.
 */
export async function bytesNeeded(model: Layer | TrainedModel, data: Data, options: FitOptions): Promise<number> {
  const { worker, workerUrl, onDevice, ...rest } = options;
  try {
    await fit(model, data, { ...rest, device: 'wasm', memoryLimit: 1, progress: false });
  } catch (error) {
    if (error instanceof SaddlepointError && error.code === 'memory') return (error.cause as OverLimit).needed;
    throw error;
  }
  return unreachable('a run in one byte');
}
