/**
 * @file One change that fools on many rows (Moosavi-Dezfooli et al. 2017). Deviation: not one row after the other by DeepFool, but
 * steps along the mean slope of minibatches, as Shafahi et al. 2020 (arXiv 1811.11304, §4) find it.
 */
import { checkKnownOptions, checkNumber, must } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, maximum, minimum, mul, sign, stopGradient } from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { broadcastTo } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import type { TrainedModel } from '../train/model.ts';
import { checkClip, checkEpsilon } from './attack.ts';
import { type Clip, rangeOf } from './box.ts';
import { slope } from './problem.ts';
import { type AttackRunOptions, runRows } from './run-rows.ts';

export interface UniversalOptions extends AttackRunOptions {
  /** The radius in L∞, ≥ 0. */
  readonly epsilon: number;
  /** Default 40. */
  readonly steps?: number;
  /** Lowest and highest legal value of a changed row; default [0, 1]. */
  readonly clip?: Clip;
}

/**
 * One change that fools a model on most rows: steps of the loss' sign, averaged over rows, kept within ε (L∞).
 *
 * @param x rows to find it on: at most `batchSize` (default 256) are looked at together, and of more the changes are averaged.
 * @param y their classes.
 * @returns the change, of the shape of a row, in the units of an attack: add it to any row, and clip.
 */
export async function universalPerturbation(
  model: TrainedModel,
  x: unknown,
  y: unknown,
  options: UniversalOptions,
): Promise<Tensor> {
  const { epsilon: given, steps: wanted, clip: range, ...run } = options;
  checkKnownOptions('universalPerturbation', options, ['epsilon', 'steps', 'clip', 'seed', 'device', 'batchSize']);
  const epsilon = checkEpsilon('universalPerturbation', given);
  const steps = checkNumber('universalPerturbation.steps', wanted ?? 40, { min: 1, max: 10_000, integer: true });
  const clip = checkClip('universalPerturbation', range);
  const found = await runRows(
    { what: 'universalPerturbation', model, x, y, clip },
    ({ x: rows, losses }) => {
      const inRange = rangeOf(rows, clip);
      const one = [1, ...rows.shape.slice(1)];
      const turn = (v: Tensor): Tensor => {
        const direction = sign(
          sum(
            slope((u) => losses(inRange(u)), add(rows, v)),
            0,
            { keepDims: true },
          ),
        );
        return minimum(maximum(add(v, mul(direction, (2.5 * epsilon) / steps)), -epsilon), epsilon);
      };
      const v = stopGradient(repeat(steps, turn, broadcastTo(tensor(0), one)));
      return { change: broadcastTo(v, rows.shape) };
    },
    run,
  );
  const { shape, data } = must(found.change, 'a change');
  const width = sizeOf(shape.slice(1));
  const mean = new Float32Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += (data[i] as number) / (shape[0] as number);
  return tensor(mean, shape.slice(1));
}
