/** @file The loss of a model of several outputs: the weighted sum of their losses. */
import type { JsonObject } from '../../core/json.ts';
import type { Shape } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { add, div, mul, sub } from '../../ops/elementwise.ts';
import { reshape, slice } from '../../ops/movement.ts';
import type { AnyMetric } from '../metrics.ts';
import { partOf } from '../packed.ts';
import type { Loss } from './loss.ts';

/** One output, where it and its target lie in the rows, and what it counts. */
export interface NamedOutput {
  readonly name: string;
  readonly loss: Loss;
  /** Of the output for one row. */
  readonly shape: Shape;
  readonly offset: number;
  /** Of the target's numbers in their row, and how many there are. */
  readonly targetOffset: number;
  readonly targetWidth: number;
  /** What the loss is multiplied by in the sum. */
  readonly weight: number;
  /** Of values: predictions are (value − shift) · scale, a number each. */
  readonly shift: readonly number[] | undefined;
  readonly scale: readonly number[] | undefined;
}

/** Prediction and target of one output, as its loss takes them: values in scaled units. */
function pairOf(output: NamedOutput, predictions: Tensor, targets: Tensor): [Tensor, Tensor] {
  const { loss, shape, offset, targetOffset, targetWidth } = output;
  const [n] = predictions.shape as [number];
  const prediction = partOf(predictions, offset, shape);
  const target = slice(targets, [0, targetOffset], [n, targetWidth]);
  if (loss.target !== 'class') return [prediction, reshape(target, [n, ...shape])];
  return [prediction, targetWidth === 1 ? cast(reshape(target, [n]), 'i32') : target];
}

const row = (values: readonly number[]): Tensor => tensor(Float32Array.from(values));

/** Values in the units of the data. */
function unscaledPair(output: NamedOutput, [prediction, target]: [Tensor, Tensor]): [Tensor, Tensor] {
  const { shift, scale } = output;
  if (shift === undefined || scale === undefined) return [prediction, target];
  const original = (x: Tensor): Tensor => add(div(x, row(scale)), row(shift));
  return [original(prediction), target];
}

/** Targets of values, scaled as predictions are. */
function scaledPair(output: NamedOutput, [prediction, target]: [Tensor, Tensor]): [Tensor, Tensor] {
  const { shift, scale } = output;
  if (shift === undefined || scale === undefined) return [prediction, target];
  return [prediction, mul(sub(target, row(shift)), row(scale))];
}

/** Σ weight · loss of the outputs, values in scaled units: one number a row. */
export function namedLoss(outputs: readonly NamedOutput[]): Loss & { readonly outputs: readonly NamedOutput[] } {
  return {
    outputs,
    name: 'named',
    target: 'value',
    options: {
      outputs: outputs.map(({ loss, shift, scale, ...rest }) => ({
        ...rest,
        loss: { name: loss.name, options: loss.options },
        shift: shift === undefined ? null : [...shift],
        scale: scale === undefined ? null : [...scale],
      })),
    } as unknown as JsonObject,
    call(predictions, targets) {
      return outputs
        .map((output) =>
          mul(output.loss.call(...scaledPair(output, pairOf(output, predictions, targets))), output.weight),
        )
        .reduce((sum, loss) => add(sum, loss));
    },
  };
}

/** A metric of one output, under `output.metric`. The loss is one too. */
export function namedMetric(output: NamedOutput, metric: AnyMetric | Loss): AnyMetric {
  const name = `${output.name}.${metric === output.loss ? 'loss' : metric.name}`;
  const threshold = output.loss.target === 'binary' ? (output.loss.threshold ?? 0) : undefined;
  const pair = (predictions: Tensor, targets: Tensor) => unscaledPair(output, pairOf(output, predictions, targets));
  if ('call' in metric) {
    const call = metric.call.bind(metric) as (x: Tensor, y: Tensor, threshold?: number) => Tensor;
    return { name, call: (predictions, targets) => call(...pair(predictions, targets), threshold) };
  }
  const { sums, rows } = metric;
  return {
    ...{ name, finish: metric.finish.bind(metric) },
    ...(sums && { sums: (predictions, targets) => sums.call(metric, ...pair(predictions, targets), threshold) }),
    ...(rows && { rows: (predictions, targets) => rows.call(metric, ...pair(predictions, targets), threshold) }),
  };
}
