/** @file Fooling a linear classifier by adding the difference of two classes' weights (Karpathy 2015). */
import { checkNumber, must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { toSource } from '../data/source.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { TrainedModel } from '../train/model.ts';
import { withRowShape } from '../train/read.ts';
import { checkClip, checkEpsilon } from './attack.ts';
import type { Clip } from './box.ts';

export interface LinearFooling {
  /** x + ε · (w_to − w_from), f32 [n, numbers], in the units of an attack. */
  readonly adversarial: Tensor;
  /** The picture of each class, [classes, numbers]: what it adds up. */
  readonly weights: Tensor;
}

/**
 * Makes a linear classifier see class `to`: adds ε times the difference of the two classes' weights to each row.
 *
 * @param model one dense layer: its logits are x · w + b.
 * @param x rows, in the units of the data.
 * @param options from, to: numbers of classes; epsilon ≥ 0: how much is added; clip: lowest and highest legal value, default [0, 1].
 * @throws SaddlepointError `option` for a model that is not one dense layer, or classes that it does not have.
 */
export function linearFooling(
  model: TrainedModel,
  x: unknown,
  options: { readonly from: number; readonly to: number; readonly epsilon: number; readonly clip?: Clip },
): LinearFooling {
  const { from, to, epsilon, clip } = options;
  const kernels = [...model.parameters].filter(([, { shape }]) => shape.length === 2);
  const [only] = kernels;
  if (only === undefined || kernels.length !== 1 || model.parameters.size > 2)
    throw new SaddlepointError(
      'option',
      'linearFooling: the model is not one dense layer',
      'take attacks.pgd({ targeted: true }), which needs no linear model',
    );
  const [, { shape, data }] = only;
  const [width, classes] = shape as [number, number];
  for (const [name, k] of Object.entries({ from, to }))
    checkNumber(`linearFooling.${name}`, k, { min: 0, max: classes - 1, integer: true });
  const size = checkEpsilon('linearFooling', epsilon);
  const range = checkClip('linearFooling', clip);
  const { inputShape, inputScaling } = model.state;
  const source = withRowShape(toSource(x, { name: 'x', rows: undefined }), inputShape);
  const unit = inputScaling.kind === 'bytes' ? 255 : 1;
  const scaleOf = (j: number): number =>
    inputScaling.kind === 'standardize'
      ? must(inputScaling.scale[inputScaling.scale.length === 1 ? 0 : j], 'a scale')
      : 1;
  const weight = (j: number, k: number): number => (data[j * classes + k] as number) * scaleOf(j);
  const moved = Float32Array.from(source.data, (value, i) => {
    const j = i % width;
    const next = value / unit + size * (weight(j, to) - weight(j, from));
    return range ? Math.min(range[1], Math.max(range[0], next)) : next;
  });
  const weights = Float32Array.from({ length: classes * width }, (_, i) => weight(i % width, Math.floor(i / width)));
  return {
    adversarial: tensor(moved, [source.rows, sizeOf(inputShape)]),
    weights: tensor(weights, [classes, width]),
  };
}
