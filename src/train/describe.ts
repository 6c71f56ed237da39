/** @file From a model and data to the description that the engine's programs are made of. */

import type { Scaling } from '../data/scaling.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import type { ModelGroups, StepDescription } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import { applyModel, type Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';

export interface ModelParts {
  readonly layer: Layer;
  readonly groups: ModelGroups;
  readonly source: Pick<Source, 'rows' | 'rowShape' | 'dtype'>;
  readonly targets: Spec;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

export function describeStep(parts: ModelParts): StepDescription {
  const { layer, groups, source, targets, inputScaling, targetScaling, loss, metrics } = parts;
  const threshold = loss.target === 'binary' ? (loss.threshold ?? 0) : undefined;
  return {
    groups,
    source: { shape: [source.rows, ...source.rowShape], dtype: source.dtype },
    target: targets,
    inputScaling,
    targetScaling,
    forward: (parameters, x, options) => applyModel(layer, parameters, x, options),
    loss: (prediction, target) => loss.call(prediction, target),
    metrics: metrics.map((metric) => (prediction, target) => metric.call(prediction, target, threshold)),
  };
}

/** The type of the targets' block: class numbers i32 [rows], everything else f32 [rows, width]. */
export function targetSpec(targets: Targets, rows: number): Spec {
  return targets.data instanceof Int32Array
    ? { shape: [rows], dtype: 'i32' }
    : { shape: [rows, targets.width], dtype: 'f32' };
}
