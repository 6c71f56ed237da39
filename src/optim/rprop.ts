/** @file Rprop: a step size for every parameter, by the signs of its gradients. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { add, clip, exp, less, mul, neg, sign, where } from '../ops/elementwise.ts';
import { slot, type Transform } from './transform.ts';

export interface RpropOptions {
  /** The first step's size in every parameter: a number > 0, default 0.01. */
  readonly learningRate?: number;
  /** What a size is multiplied with where the gradient has changed its sign, in (0, 1); default 0.5. */
  readonly shrink?: number;
  /** And where it has not, ≥ 1; default 1.2. */
  readonly grow?: number;
  /** > 0; default 1e-6. */
  readonly minimumStep?: number;
  /** ≥ minimumStep; default 50. */
  readonly maximumStep?: number;
}

/**
 * Only signs of the gradient count: update = −size · sign(g). Where g has the sign of the step before, its size grows; where it
 * has changed, the size shrinks, and g is taken as 0, so that nothing moves and the next step keeps its size. For gradients of
 * all rows at once: noise changes signs.
 *
 * The slot `logSize` holds log(size / learningRate), which is 0 at the start.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Riedmiller & Braun 1993; the form without going back, Igel & Hüsken 2000 (iRprop−), as in PyTorch.
 * @example rprop({ learningRate: 0.01 })
 */
export function rprop(options: RpropOptions = {}): Transform {
  checkKnownOptions('rprop', options, ['learningRate', 'shrink', 'grow', 'minimumStep', 'maximumStep']);
  const above = { min: 0, openMin: true };
  const learningRate = checkNumber('rprop.learningRate', options.learningRate ?? 0.01, above);
  const shrink = checkNumber('rprop.shrink', options.shrink ?? 0.5, { ...above, max: 1, openMax: true });
  const grow = checkNumber('rprop.grow', options.grow ?? 1.2, { min: 1 });
  const minimumStep = checkNumber('rprop.minimumStep', options.minimumStep ?? 1e-6, above);
  const maximumStep = checkNumber('rprop.maximumStep', options.maximumStep ?? 50, { min: minimumStep });
  if (learningRate < minimumStep || learningRate > maximumStep) {
    throw new SaddlepointError(
      'option',
      `rprop.learningRate: expected a size within [${minimumStep}, ${maximumStep}], got ${learningRate}`,
      'set minimumStep or maximumStep, or another learningRate',
    );
  }
  // These reach the graph as f32 constants, so that the last place of a double does not matter.
  const [lowest, highest] = [Math.log(minimumStep / learningRate), Math.log(maximumStep / learningRate)];
  return {
    name: 'rprop',
    options: { learningRate, shrink, grow, minimumStep, maximumStep },
    slots: ['previousGradient', 'logSize'],
    scalarCount: 0,
    scalars: () => [],
    update(input) {
      // The product of signs: that of small gradients would be 0.
      const agreement = mul(sign(input.gradient), sign(slot(input, 'rprop', 'previousGradient')));
      const turned = less(agreement, 0);
      const change = where(turned, Math.log(shrink), mul(agreement, Math.log(grow)));
      const logSize = clip(add(slot(input, 'rprop', 'logSize'), change), lowest, highest);
      const gradient = where(turned, 0, input.gradient);
      const update = neg(mul(sign(gradient), mul(exp(logSize), learningRate)));
      return { update, slots: { previousGradient: gradient, logSize } };
    },
  };
}
