/** @file What a loss is, and the checks that its shapes go through: nothing is ever broadcast against a target. */
import { SaddlepointError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { float } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/movement.ts';
import { mean } from '../../ops/reduce.ts';

/** What is minimized: one number a row. Whoever trains takes the (weighted) mean over the rows. */
export interface Loss {
  readonly name: string;
  /** What targets are: numbers of classes, 0 and 1, or values. It decides how data are prepared. */
  readonly target: 'class' | 'binary' | 'value';
  /** Plain JSON. */
  readonly options: JsonObject;
  /** Above which a single output means yes: 0 for logits (the default), 0.5 for probabilities. */
  readonly threshold?: number;
  /** Losses [n] of predictions [n, ...] against targets. */
  call(prediction: Tensor, target: Tensor): Tensor;
  /**
   * What each row counts [n], where rows count differently: what `call` gives has this factor in it already, and the mean is
   * Σ losses / Σ weights. Left out: each row counts 1. See `withClassWeights`, `ignoring`.
   */
  weights?(target: Tensor): Tensor;
  /**
   * Whether rows are compared with each other: targets then say which belong together, of any number, and the loss of a row depends
   * on its minibatch.
   */
  readonly comparesRows?: boolean;
}

/** The target with the prediction's shape: [n] and [n, 1] stand for each other, all else must be equal. */
export function likePrediction(name: string, prediction: Tensor, target: Tensor): Tensor {
  if (prediction.shape.length === 0)
    throw new SaddlepointError('shape', `${name}: expected predictions [n, ...], got a scalar`);
  if (sameShape(prediction.shape, target.shape)) return float(target);
  if (sameShape(columns(prediction.shape), columns(target.shape))) return reshape(float(target), prediction.shape);
  const message = `${name}: expected targets of the predictions' shape ${showShape(prediction.shape)}, got ${printSpec(target)}`;
  throw new SaddlepointError('shape', message, mismatchHelp(prediction.shape, target));
}

/** [n] as [n, 1]. */
const columns = (shape: Shape): Shape => (shape.length === 1 ? [...shape, 1] : shape);

function mismatchHelp(prediction: Shape, target: Tensor): string {
  const units = prediction.at(-1) as number;
  const perRow = columns(target.shape).at(-1) as number;
  if (prediction[0] !== target.shape[0])
    return `there are ${prediction[0]} predictions and ${target.shape[0]} targets: one is needed for each`;
  if (perRow === 1 && units > 1) {
    return `there is one target a row, but the last layer has ${units} units: if the targets are class numbers, use crossEntropy(); if not, end with dense(1)`;
  }
  if (prediction.length === 2 && target.shape.length === 2)
    return `the targets have ${perRow} columns, the last layer has ${units} units: end with dense(${perRow})`;
  return 'reshape the targets, or end the model with flatten()';
}

/** The mean over each row's elements: [n, ...] to [n]. */
export function rowMeans(values: Tensor): Tensor {
  const [n] = values.shape as [number];
  return values.shape.length === 1 ? values : mean(reshape(values, [n, sizeOf(values.shape) / n]), 1);
}

/** Refuses the output of an activation where logits are expected: training would go on, slowly and with nothing said. */
export function requireLogits(name: string, prediction: Tensor, wrong: readonly string[]): void {
  const op = prediction.traced?.value.node?.op.name;
  if (op === undefined || !wrong.includes(op)) return;
  throw new SaddlepointError(
    'option',
    `${name}: expected logits, but the model ends with ${op}`,
    `leave ${op} out of the last layer: the loss contains it, exactly and without overflow`,
  );
}
