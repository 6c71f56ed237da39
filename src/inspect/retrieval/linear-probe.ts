/** @file How much of the classes is in vectors: logistic regression on them as they are. */

import { tensor } from '../../graph/tensor.ts';
import { dense } from '../../nn/dense.ts';
import { crossEntropy } from '../../nn/losses/cross-entropy.ts';
import type { Matrix } from '../../nn/metrics/quality.ts';
import { accuracy } from '../../nn/metrics.ts';
import { sequential } from '../../nn/sequential.ts';
import { type FitLbfgsOptions, fitLbfgs } from '../../train/fit-lbfgs.ts';
import type { Run } from '../../train/run.ts';

/**
 * A linear probe: classes from vectors by logistic regression, by L-BFGS, so that there is no learning rate to be chosen. What it
 * gets right says what vectors hold, not what the model was trained for.
 *
 * @param vectors [n, size].
 * @param labels class numbers or names, one a row.
 * @param classes how many there are.
 * @param options of `fitLbfgs`, without loss and metrics.
 * @returns a run: `await probe.evaluate({ x, y })` has the accuracy on others.
 * @see Alain & Bengio 2016, "Understanding intermediate layers using linear classifier probes"; Radford et al. 2021, section 3.2.
 * @example const probe = await retrieval.linearProbe(vectors, labels, 10);
 */
export const linearProbe = (
  vectors: Matrix,
  labels: ArrayLike<number | string>,
  classes: number,
  options: Omit<FitLbfgsOptions<'accuracy'>, 'loss' | 'metrics'> = {},
): Promise<Run<'accuracy'>> =>
  fitLbfgs(
    sequential([dense(classes)]),
    { x: tensor(Float32Array.from(vectors.data), vectors.shape), y: Array.from(labels) },
    { ...options, loss: crossEntropy(), metrics: [accuracy()] },
  );
