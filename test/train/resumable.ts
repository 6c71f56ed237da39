/** @file A run with all that a checkpoint must hold: momentum, decay of the rate, statistics, masks, validation, a stopper. */
import {
  accuracy,
  adam,
  batchNorm,
  cosineDecay,
  crossEntropy,
  dense,
  dropout,
  earlyStopping,
  fit,
  sequential,
} from 'saddlepoint';
import type { FitOptions } from '../../src/train/options.ts';
import { clouds } from './examples.ts';

export const resumable = (options: Partial<FitOptions<'accuracy'>>) =>
  fit(sequential([dense(8, { activation: 'relu' }), batchNorm(), dropout(0.25), dense(3)]), clouds(70), {
    loss: crossEntropy(),
    optimizer: adam({ learningRate: cosineDecay({ learningRate: 0.02, steps: 40 }) }),
    metrics: [accuracy()],
    batchSize: 16,
    validation: 0.2,
    progress: false,
    callbacks: [earlyStopping({ patience: 20 })],
    ...options,
  });
