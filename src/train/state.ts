/** @file What a model is, as plain data and functions: what a run ends with and a file holds. */
import type { Shape } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import type { Scaling } from '../data/scaling.ts';
import { type Group, layoutGroup } from '../graph/program.ts';
import type { Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';

/** One leaf of the parameters. */
export interface Parameter {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Everything that makes a model, as plain data and functions; what a file holds. */
export interface ModelState {
  readonly layer: Layer;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The shape of one row. */
  readonly inputShape: Shape;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  /** Outputs of the last layer. */
  readonly units: number;
  readonly classes: readonly ClassName[] | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

export function groupOf({ parameters }: Pick<ModelState, 'parameters'>): Group {
  return layoutGroup(
    'parameters',
    [...parameters].map(([path, { shape }]) => ({ path, shape })),
  );
}

export function dataOf(parameters: ReadonlyMap<string, Parameter>): Map<string, Float32Array> {
  return new Map([...parameters].map(([path, { data }]) => [path, data] as const));
}
