/** @file Models to carry across formats: untrained, since only the numbers that they compute matter. */
import type { Shape } from '../../src/core/shape.ts';
import { noScaling } from '../../src/data/scaling.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { initialize, type Layer } from '../../src/nn/layer.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import type { Loss } from '../../src/nn/losses/loss.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { TrainedModel } from '../../src/train/model.ts';
import type { ModelState } from '../../src/train/state.ts';

/** Numbers spread evenly over [from, to), the same every time. */
export function numbers(count: number, from = -1, to = 1, offset = 0): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => from + (to - from) * ((0.37 * (offset + 1) + 0.6180339887 * (i + 1)) % 1),
  );
}

/** A model with weights, biases and running statistics that are neither 0 nor 1. */
export function modelOf(layer: Layer, inputShape: Shape, changes: Partial<ModelState> = {}): TrainedModel {
  const { parameters, output } = initialize(layer, { shape: [1, ...inputShape], dtype: 'f32' }, 7);
  return new TrainedModel({
    layer,
    parameters: new Map(
      parameters.map(({ path, kind, shape, data }, i) => {
        const isPositive = /variance$/.test(path);
        const shifted = data.map(
          (value, j) => value + (numbers(data.length, isPositive ? 0 : -0.2, 0.2, i)[j] as number),
        );
        return [path, { kind, shape, data: shifted }] as const;
      }),
    ),
    inputShape,
    inputScaling: noScaling,
    targetScaling: undefined,
    outputShape: output.shape.slice(1),
    classes: undefined,
    loss: meanSquaredError() as Loss,
    metrics: [],
    ...changes,
  });
}

export const classes = (
  layer: Layer,
  inputShape: Shape,
  names: readonly string[],
  changes: Partial<ModelState> = {},
): TrainedModel => modelOf(layer, inputShape, { loss: crossEntropy(), classes: names, ...changes });

/** The model's own answers for rows, flat, by the reference backend. */
export async function answersOf(model: TrainedModel, rows: Float32Array, count: number): Promise<number[]> {
  const shape = [count, ...model.state.inputShape];
  const answers = await model.predict(tensor(rows, shape), { device: 'reference' });
  return flat(answers);
}

/** Numbers, lists of them by step, and probabilities, one after the other. */
function flat(answer: unknown): number[] {
  if (typeof answer === 'number') return [answer];
  if (Array.isArray(answer)) return answer.flatMap(flat);
  return Object.values((answer as { readonly probabilities: Readonly<Record<string, number>> }).probabilities);
}
