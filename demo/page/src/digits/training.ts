/** @file One training of the digits: starts it, watches it, stops it between two steps, and takes it up again. */
import { accuracy, adam, type Checkpoint, crossEntropy, type FitOptions, fit, type Run } from 'saddlepoint';
import type { Weights } from './live-model.ts';
import type { Digits } from './load.ts';
import { models } from './models.ts';
import type { Settings } from './settings.ts';

/** Milliseconds between two looks at the weights. */
const LOOK_MS = 250;

export interface EpochNumbers {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** What is told while it trains. */
export interface Watch {
  /** @param step from 0, since the beginning. */
  onStep(step: number, loss: number): void;
  onEpoch(record: EpochNumbers): void;
  /** A few times a second. */
  onWeights(weights: Weights): void;
}

export interface Training {
  readonly finished: Promise<Run<'accuracy'>>;
  /** Ends it after the step under way; the run can be taken up again. */
  stop(): void;
}

/** @param from where an earlier training stopped. */
export function startTraining(data: Digits, settings: Settings, watch: Watch, from?: Checkpoint): Training {
  const { model, learningRate, batchSize, epochs, device, threads, worker } = settings;
  const abort = new AbortController();
  let looked = 0;
  const options: FitOptions<'accuracy'> = {
    loss: crossEntropy(),
    metrics: [accuracy()],
    optimizer: adam({ learningRate }),
    ...{ epochs, batchSize, seed: 1, validation: 0.1, device, threads, worker },
    signal: abort.signal,
    resumable: true,
    ...(from !== undefined && { resume: from }),
    callbacks: [
      {
        // Not async: most steps need no promise.
        onStep({ step, loss }, control) {
          watch.onStep(step, loss);
          if (performance.now() - looked < LOOK_MS) return;
          looked = performance.now();
          return control.parameters().then((weights) => watch.onWeights(weights));
        },
        onEpoch: (record) => watch.onEpoch(record as unknown as EpochNumbers),
      },
    ],
  };
  const finished = fit(models[model].layer, data, options);
  return { finished, stop: () => abort.abort() };
}
