/** @file From a model and data to the description that the engine's programs are made of. */
import type { Scaling } from '../data/scaling.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import { BLOCKS, type Measured, type ModelGroups, type StepDescription, scaled, unscaled } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { applyModel, type Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';
import { float } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';

export interface ModelParts {
  readonly layer: Layer;
  readonly groups: ModelGroups;
  readonly source: Pick<Source, 'rows' | 'rowShape' | 'dtype'>;
  readonly targets: Spec;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** More rows by name, and how much each loss counts by them; see weights.ts. */
  readonly weighing?: Weighing | undefined;
}

/** How much each loss of a minibatch counts, of the losses' shape. */
export interface Weighing {
  readonly sources: StepDescription['sources'];
  weigh(losses: Tensor, batch: Readonly<Record<string, Tensor>>): Tensor;
}

export function describeStep(parts: ModelParts): StepDescription {
  const { layer, groups, source, targets, inputScaling, targetScaling, loss, metrics, weighing } = parts;
  const threshold = loss.target === 'binary' ? (loss.threshold ?? 0) : undefined;
  return {
    groups,
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
      const [prediction, target] = paired(loss, output, batch[BLOCKS.target] as Tensor);
      const losses = loss.call(prediction, targetScaling === undefined ? target : scaled(target, targetScaling));
      const original = unscaled(prediction, targetScaling);
      return {
        losses,
        reported: targetScaling === undefined ? undefined : () => loss.call(original, target),
        weights: weighing?.weigh(losses, batch),
        sums: metrics.map((metric) => sum(float(metric.call(original, target, threshold)))),
      };
    },
  };
}

/** Predictions and targets as losses take them: of classes a row for each step of a sequence; else of one shape. */
function paired(loss: Loss, output: Tensor, target: Tensor): [Tensor, Tensor] {
  if (output.shape.length < 3) return [output, target];
  if (loss.target !== 'class') return [output, reshape(target, output.shape)];
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
