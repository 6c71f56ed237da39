/** @file From a model and data to the description that the engine's programs are made of. */
import { SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Scaling } from '../data/scaling.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import { BLOCKS, type Measured, type ModelGroups, type StepDescription, scaled, unscaled } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { applyModel, type Layer, maskOf } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { AnyMetric } from '../nn/metrics.ts';
import { float, mul } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import type { TotalsLayout } from './history.ts';

export interface ModelParts {
  readonly layer: Layer;
  readonly groups: ModelGroups;
  readonly source: Pick<Source, 'rows' | 'rowShape' | 'dtype'>;
  readonly targets: Spec;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  readonly loss: Loss;
  readonly metrics: readonly AnyMetric[];
  /** More rows by name, and how much each loss counts by them; see weights.ts. */
  readonly weighing?: Weighing | undefined;
}

/** How much rows count, by rows that a step picks beside x and y. */
export interface Weighing {
  readonly sources: StepDescription['sources'];
  /** The weights of the losses [count] of a minibatch. */
  weigh(count: number, batch: Readonly<Record<string, Tensor>>): Tensor;
}

/** The description of a step, and of what it sums up. */
export function describeStep(parts: ModelParts): StepDescription & TotalsLayout {
  const { layer, groups, source, targets, inputScaling, targetScaling, loss, metrics, weighing } = parts;
  const threshold = loss.target === 'binary' ? (loss.threshold ?? 0) : undefined;
  return {
    ...{ groups, metrics, weighted: false, counted: false, perRow: 1, widths: [] },
    sources: {
      [BLOCKS.source]: {
        spec: { shape: [source.rows, ...source.rowShape], dtype: source.dtype },
        scaling: inputScaling,
      },
      [BLOCKS.target]: { spec: targets },
      ...weighing?.sources,
    },
    measure(leaves, batch, options): Measured {
      const output = applyModel(layer, leaves, batch[BLOCKS.source] as Tensor, options);
      const padding = maskOf(output);
      const stored = batch[BLOCKS.target] as Tensor;
      const pair = (x: Tensor, y: Tensor) => paired(x, y, loss.target === 'class' || padding);
      const [original, target] = pair(unscaled(output, targetScaling), stored);
      const [prediction, wanted] = targetScaling ? pair(output, scaled(stored, targetScaling)) : [original, target];
      const count = prediction.shape[0] as number;
      const mask = padding && reshape(float(padding), [count]);
      const own = weighing?.weigh(count, batch);
      const factor = own && mask ? mul(own, mask) : (own ?? mask);
      const lossOf = (x: Tensor, y: Tensor): Tensor => (factor ? mul(loss.call(x, y), factor) : loss.call(x, y));
      const losses = lossOf(prediction, wanted);
      const counted = loss.weights?.(target);
      const kept: Record<string, Tensor> = {};
      const sums = metrics.map((metric) => {
        if (!('finish' in metric)) {
          const each = float(metric.call(original, target, threshold));
          return [sum(mask ? mul(each, mask) : each)];
        }
        if (mask) throw new SaddlepointError('option', `fit: metrics: ${metric.name} cannot leave out padded steps`);
        if (metric.rows && options.mode === 'predict') kept[metric.name] = metric.rows(original, target, threshold);
        return metric.sums ? [metric.sums(original, target, threshold)] : [];
      });
      Object.assign(this, {
        ...{ weighted: !!(factor || counted), counted: !!mask, perRow: count / (output.shape[0] as number) },
        widths: sums.map(([given]) => (given ? sizeOf(given.shape) : 0)),
      });
      return {
        ...{ losses, kept, weights: counted && factor ? mul(counted, factor) : (counted ?? factor) },
        reported: targetScaling && (() => lossOf(original, target)),
        sums: [...(mask ? [sum(mask)] : []), ...sums.flat()],
      };
    },
  };
}

/** Predictions and targets as losses take them: a row for each step of a sequence, or both of one shape. */
function paired(output: Tensor, target: Tensor, bySteps: unknown): [Tensor, Tensor] {
  if (output.shape.length < 3) return [output, target];
  if (!bySteps) return [output, reshape(target, output.shape)];
  const units = output.shape.at(-1) as number;
  const rows = output.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1);
  return [reshape(output, [rows, units]), reshape(target, target.dtype === 'f32' ? [rows, units] : [rows])];
}

/** The type of the targets' block: class numbers i32 [rows], or [rows, steps] of sequences; all else f32 [rows, width]. */
export function targetSpec({ data }: Targets, rows: number): Spec {
  const width = data.length / rows;
  if (data instanceof Int32Array) return { shape: width === 1 ? [rows] : [rows, width], dtype: 'i32' };
  return { shape: [rows, width], dtype: 'f32' };
}
