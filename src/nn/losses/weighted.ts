/** @file Losses whose rows or elements count differently: class weights, classes that are ignored, masks. */
import { checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { broadcastShapes, sameShape, showShape } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { div, equal, float, maximum, mul, notEqual, where } from '../../ops/elementwise.ts';
import { gather } from '../../ops/indexing.ts';
import { broadcastTo, reshape } from '../../ops/movement.ts';
import { sum } from '../../ops/reduce.ts';
import type { Loss } from './loss.ts';

/** Class numbers [n], or an error that says that rows have no classes. */
function classesOf(name: string, loss: Loss, target: Tensor): Tensor {
  const [n] = target.shape as [number];
  if (target.dtype !== 'f32' && (target.shape.length === 1 || target.shape[1] === 1))
    return reshape(cast(target, 'i32'), [n]);
  throw new SaddlepointError(
    'shape',
    `${name}: expected targets of ${loss.name} that are class numbers, integers [n], got ${target.dtype} ${showShape(target.shape)}`,
    'rows that are distributions have no class of their own',
  );
}

/**
 * The loss with a weight for each class: rows give weights[class] · loss, and the mean over rows divides by the sum of their
 * weights, so that weights change what counts, not how long steps are.
 *
 * @param loss one of class numbers, such as `crossEntropy()`.
 * @param weights one number ≥ 0 for each class, in the order of the classes.
 * @throws SaddlepointError `option` for other weights or a loss of values, `shape` where targets are no class numbers.
 * @see King & Zeng 2001; PyTorch's CrossEntropyLoss with weight.
 * @example withClassWeights(crossEntropy(), [1, 1, 8])
 */
export function withClassWeights(loss: Loss, weights: readonly number[]): Loss {
  if (loss.target !== 'class') {
    throw new SaddlepointError(
      'option',
      `withClassWeights: ${loss.name} takes no class numbers, but ${loss.target} targets`,
      loss.target === 'binary' ? 'binaryCrossEntropy has positiveWeight' : undefined,
    );
  }
  if (!Array.isArray(weights) || weights.length === 0)
    throw new SaddlepointError('option', `withClassWeights: expected a weight for each class, got ${show(weights)}`);
  (weights as readonly number[]).forEach((weight, i) => {
    checkNumber(`withClassWeights[${i}]`, weight, { min: 0 });
  });
  const weightsOf = (target: Tensor): Tensor => {
    const rows = gather(tensor(Float32Array.from(weights)), classesOf('withClassWeights', loss, target));
    return loss.weights === undefined ? rows : mul(rows, loss.weights(target));
  };
  return {
    ...loss,
    name: 'withClassWeights',
    options: { loss: { name: loss.name, options: loss.options }, weights: [...weights] },
    call(prediction, target) {
      const losses = loss.call(prediction, target);
      return mul(losses, gather(tensor(Float32Array.from(weights)), classesOf('withClassWeights', loss, target)));
    },
    weights: weightsOf,
  };
}

/**
 * The loss without the rows of one class, such as padding or what is not known: they give 0, no gradient, and do not count in
 * the mean.
 *
 * @param loss one of class numbers.
 * @param ignored the number of the class, a whole number ≥ 0; the model has a score for it, which nothing trains.
 * @throws SaddlepointError `option` for another number or a loss of values, `shape` where targets are no class numbers.
 * @example ignoring(crossEntropy(), 0)
 */
export function ignoring(loss: Loss, ignored: number): Loss {
  if (loss.target !== 'class')
    throw new SaddlepointError('option', `ignoring: ${loss.name} takes no class numbers, but ${loss.target} targets`);
  checkNumber('ignoring', ignored, { min: 0, integer: true });
  return {
    ...loss,
    name: 'ignoring',
    options: { loss: { name: loss.name, options: loss.options }, ignored },
    call(prediction, target) {
      // Chosen, not multiplied: what is ignored may be NaN.
      return where(equal(float(classesOf('ignoring', loss, target)), ignored), 0, loss.call(prediction, target));
    },
    weights(target) {
      const kept = notEqual(float(classesOf('ignoring', loss, target)), ignored);
      return loss.weights === undefined ? kept : mul(kept, loss.weights(target));
    },
  };
}

/**
 * The mean of the elements that a mask keeps: Σ mask · values / Σ mask, 0 where it keeps none. For losses of steps [n, steps]
 * of sequences: padded steps count neither above nor below the line, whatever stands in them, NaN included. Fractions weigh.
 *
 * @param values of any shape.
 * @param mask ≥ 0, of a shape that broadcasts to it.
 * @returns a scalar.
 * @throws SaddlepointError `shape` where the mask does not fit.
 * @example maskedMean([[1, 4, 9], [16, 0, 0]], [[1, 1, 1], [1, 0, 0]]).item(); // 7.5
 */
export function maskedMean(values: Tensor | readonly unknown[], mask: Tensor | readonly unknown[]): Tensor {
  const x = float(values as Tensor);
  const given = float(mask as Tensor);
  if (!sameShape(broadcastShapes('maskedMean', x.shape, given.shape), x.shape))
    throw new SaddlepointError(
      'shape',
      `maskedMean: a mask of shape ${showShape(given.shape)} does not fit values of shape ${showShape(x.shape)}`,
    );
  const weights = broadcastTo(given, x.shape);
  const total = sum(weights);
  return div(sum(mul(where(weights, x, 0), weights)), where(total, total, maximum(total, 1)));
}
