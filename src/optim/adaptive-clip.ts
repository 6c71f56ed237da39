/** @file Clipping by the size of the parameters themselves: what it looks at are units, so it needs the leaves' shapes. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { abs, div, maximum, minimum, mul, sqrt, square, where } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { max, sum } from '../ops/reduce.ts';
import type { Transform } from './transform.ts';

export interface AdaptiveClipOptions {
  /** The most that a unit's gradient may be beside its parameters: λ > 0, default 0.01. */
  readonly limit?: number;
  /** Units whose norm is less count as this large, so that parameters that begin at 0 can move: > 0, default 1e-3. */
  readonly epsilon?: number;
}

/** All axes but the last, along which units stand; every axis of a vector, which is one unit. */
const axesOfUnit = ({ shape }: Tensor): number[] => (shape.length > 1 ? shape.slice(1) : shape).map((_, axis) => axis);

const KEEP = { keepDims: true } as const;

/** L2 norms of the units; divided by the largest element first, since squares of large numbers overflow. */
function unitNorms(x: Tensor): Tensor {
  const axes = axesOfUnit(x);
  const largest = max(abs(x), axes, KEEP);
  const scaled = div(x, where(largest, largest, 1));
  return mul(largest, sqrt(sum(square(scaled), axes, KEEP)));
}

/**
 * Adaptive gradient clipping (Brock et al. 2021, "High-performance large-scale image recognition without normalization",
 * equation 3): for each output unit i, gradientᵢ · min(1, limit · max(‖parametersᵢ‖, ε) / ‖gradientᵢ‖).
 *
 * A unit is a column of a dense kernel [in, out] or a filter of a convolution's [height, width, in, out]: what has one place on
 * the last axis. Biases and other vectors are one unit. A gradient of zeros stays zeros; one that is not finite stays so.
 *
 * @param options limit: λ, default 0.01; epsilon: default 1e-3.
 * @throws SaddlepointError `option` for numbers out of range.
 * @example chain(adaptiveGradientClip({ limit: 0.02 }), sgd({ learningRate: 0.1, momentum: 0.9 }))
 */
export function adaptiveGradientClip(options: AdaptiveClipOptions = {}): Transform {
  checkKnownOptions('adaptiveGradientClip', options, ['limit', 'epsilon']);
  const { limit = 0.01, epsilon = 1e-3 } = options;
  checkNumber('adaptiveGradientClip.limit', limit, { min: 0, openMin: true });
  checkNumber('adaptiveGradientClip.epsilon', epsilon, { min: 0, openMin: true });
  const clipped = (gradient: Tensor, parameters: Tensor): Tensor => {
    const most = mul(limit, maximum(unitNorms(parameters), epsilon));
    return mul(gradient, minimum(1, div(most, unitNorms(gradient))));
  };
  return {
    name: 'adaptiveGradientClip',
    options: { limit, epsilon },
    slots: [],
    scalarCount: 0,
    scalars: () => [],
    update({ gradient, parameters, segments }) {
      if (segments === undefined) return { update: clipped(gradient, parameters), slots: {} };
      const leaves = segments.map(({ offset, shape }) =>
        clipped(segment(gradient, offset, shape), segment(parameters, offset, shape)),
      );
      const offsets = segments.map(({ offset }) => offset);
      return { update: pack(leaves, offsets, gradient.shape[0] as number), slots: {} };
    },
  };
}
