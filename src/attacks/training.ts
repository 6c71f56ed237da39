/** @file Attacks within a training step: on the model as it predicts, of the minibatch as the model takes it. */
import { checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { reshape } from '../ops/movement.ts';
import { softmaxCrossEntropy } from '../ops/softmax.ts';
import type { LossContext, Point } from '../train/trick.ts';
import { type Problem, unitsOf } from './problem.ts';
import { checkSlope } from './run-rows.ts';

/** A problem, and the way back from its rows to a point of training. */
export interface TrainingProblem {
  readonly problem: Problem;
  /** The same point with other rows, in the units of the attack. */
  at(u: Tensor): Point;
}

/**
 * The minibatch as rows under attack. The model is attacked in mode 'predict': without dropout, and with running statistics, so
 * that a row's slope is its own.
 */
export function trainingProblem(what: string, point: Point, context: LossContext): TrainingProblem {
  const { toModel, toData } = unitsOf(context.inputScaling);
  const { x, y } = point.batch as { readonly x: Tensor; readonly y: Tensor };
  const at = (u: Tensor): Point => ({ ...point, batch: { ...point.batch, x: toModel(u) } });
  const attacked = (u: Tensor): Point => ({ leaves: point.leaves, batch: at(u).batch, mode: 'predict' });
  const predict = (u: Tensor): Tensor => context.predict(attacked(u));
  const labels =
    y.dtype === 'i32' && (y.shape.length === 1 || y.shape[1] === 1) ? reshape(y, [x.shape[0] ?? 1]) : undefined;
  const problem: Problem = {
    ...{ x: toData(x), labels, predict, random: context.random },
    losses: (u) => (labels ? softmaxCrossEntropy(predict(u), labels) : context.loss(attacked(u))),
  };
  checkSlope(what, problem);
  return { problem, at };
}

/** Legal epochs of a ramp. */
export const checkRamp = (trick: string, ramp: unknown): number => checkNumber(`${trick}.ramp`, ramp ?? 0, { min: 0 });

/** The share of ε in each step: rises evenly to 1 over the first `ramp` epochs. */
export function rampScalars(ramp: number): {
  readonly scalarCount?: number;
  readonly countsEpochs?: boolean;
  readonly scalars?: (step: number, stepsPerEpoch: number) => readonly number[];
} {
  if (ramp === 0) return {};
  return {
    scalarCount: 1,
    countsEpochs: true,
    scalars: (step, perEpoch) => [Math.min(1, (step + 1) / (ramp * perEpoch))],
  };
}

/** The ramp's share in traced code. */
export const rampShare = (ramp: number, { scalars }: LossContext): Tensor | number =>
  ramp === 0 ? 1 : reshape(scalars, []);
