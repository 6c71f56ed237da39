/**
 * @file What every normalization is made of: x freed of its mean, divided by its standard deviation, over a run of axes; as
 * one composite with a gradient of its own. Statistics are taken in two passes, the mean first: E[x²] − E[x]² would cancel.
 */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { add, div, mul, reciprocal, sqrt, square, sub } from './elementwise.ts';
import { mean } from './reduce.ts';

export interface StandardizeAttributes {
  readonly [key: string]: unknown;
  /** Neighbors, ascending, counted from the front; kept as dimensions of 1 in the statistics. */
  readonly axes: readonly number[];
  /** Added to the variance under the root. */
  readonly epsilon: number;
  /** Whether the mean is subtracted; if not, the variance is the mean of the squares. */
  readonly center: boolean;
}

const KEEP = { keepDims: true } as const;

function checkAxes(name: string, { shape, dtype }: Spec, axes: readonly number[]): void {
  const isRun = axes.length > 0 && axes.every((axis, i) => axis === (axes[0] as number) + i);
  if (dtype === 'f32' && isRun && (axes.at(-1) as number) < shape.length) return;
  throw new SaddlepointError(
    'shape',
    `${name}: expected f32 with neighboring axes, got ${showShape(shape)} and ${axes}`,
  );
}

const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));

/** 1 / √(variance + ε) */
const reciprocalDeviation = (variance: Tensor, epsilon: number): Tensor => reciprocal(sqrt(add(variance, epsilon)));

/** Output 0 has the shape of x; variance and (if centered) mean have dimensions of 1 along the axes. */
export const standardizeOp: Op<StandardizeAttributes> & { name: 'standardize' } = {
  name: 'standardize',
  infer([x], { axes, center }) {
    const spec = x as Spec;
    checkAxes('standardize', spec, axes);
    const kept: Spec = { shape: keptShape(spec.shape, axes), dtype: 'f32' };
    return center ? [spec, kept, kept] : [spec, kept];
  },
  decompose([x], { axes, epsilon, center }) {
    const input = x as Tensor;
    const middle = center ? mean(input, axes, KEEP) : undefined;
    const deviation = middle === undefined ? input : sub(input, middle);
    const variance = mean(square(deviation), axes, KEEP);
    const y = mul(deviation, reciprocalDeviation(variance, epsilon));
    return middle === undefined ? [y, variance] : [y, variance, middle];
  },
  gradient({ outputs, cotangents, attributes }) {
    const [y, variance] = outputs as [Tensor, Tensor];
    const [g, gVariance, gMean] = cotangents;
    const count = sizeOf(y.shape) / sizeOf(variance.shape);
    const deviation = (): Tensor => sqrt(add(variance, attributes.epsilon));
    const parts = [
      g === undefined ? undefined : (apply(standardizeGradientOp, [y, variance, g], attributes)[0] as Tensor),
      gVariance === undefined ? undefined : mul(y, mul(gVariance, mul(deviation(), 2 / count))),
      gMean === undefined ? undefined : div(gMean, count),
    ].filter((part) => part !== undefined);
    return [parts.reduce((a, b) => add(a, b))];
  },
};

/** From standardized y, variance and g, what the gradient g of y is for x: (g − mean g − y · mean(g · y)) / √(variance + ε). */
export const standardizeGradientOp: Op<StandardizeAttributes> & { name: 'standardizeGradient' } = {
  name: 'standardizeGradient',
  infer(inputs, { axes }) {
    const [y, variance, g] = inputs as [Spec, Spec, Spec];
    checkAxes('standardizeGradient', y, axes);
    if (!sameShape(y.shape, g.shape) || !sameShape(variance.shape, keptShape(y.shape, axes))) {
      const given = inputs.map(({ shape }) => showShape(shape)).join(', ');
      throw new SaddlepointError('shape', `standardizeGradient: ${given} do not fit each other`);
    }
    return [y];
  },
  decompose(inputs, { axes, epsilon, center }) {
    const [y, variance, g] = inputs as [Tensor, Tensor, Tensor];
    const along = sub(g, mul(y, mean(mul(g, y), axes, KEEP)));
    const rest = center ? sub(along, mean(g, axes, KEEP)) : along;
    return [mul(rest, reciprocalDeviation(variance, epsilon))];
  },
};
