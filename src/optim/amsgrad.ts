/** @file AMSGrad: Adam whose second moment never falls. */
import type { Tensor } from '../graph/tensor.ts';
import { add, div, maximum, mul, neg, sqrt } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamScalars, adamSettings, MOMENTS } from './adam-family.ts';
import { firstMomentOf, scalarAt, secondMomentOf } from './blocks.ts';
import { slot, type Transform, type UpdateInput } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export const AMSGRAD_SLOTS = [...MOMENTS, 'largestSecondMoment'] as const;

/** One step: v is replaced by the largest that it has been, before the bias correction; scalars as for `adam`. */
export function amsgradUpdate(
  input: Pick<UpdateInput, 'slots' | 'scalars'>,
  gradient: Tensor,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): { update: Tensor; slots: Record<(typeof AMSGRAD_SLOTS)[number], Tensor> } {
  const firstMoment = firstMomentOf(slot(input, 'amsgrad', 'firstMoment'), gradient, beta1);
  const secondMoment = secondMomentOf(slot(input, 'amsgrad', 'secondMoment'), gradient, beta2);
  const largestSecondMoment = maximum(slot(input, 'amsgrad', 'largestSecondMoment'), secondMoment);
  const denominator = add(sqrt(largestSecondMoment), scalarAt(input.scalars, 1));
  const update = mul(neg(scalarAt(input.scalars, 0)), div(firstMoment, denominator));
  return { update, slots: { firstMoment, secondMoment, largestSecondMoment } };
}

/**
 * `adam` with max(v₁ … v_t) in place of v_t: step sizes of a parameter never grow again, which makes Adam converge where rare,
 * large gradients matter. The maximum is taken before the bias correction.
 *
 * @param options as for `adam`.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond", algorithm 2, with Adam's bias correction (PyTorch).
 * @example amsgrad({ learningRate: 1e-3 })
 */
export function amsgrad(options: AdamOptions = {}): Transform {
  const settings = adamSettings('amsgrad', options, { learningRate: 1e-3 });
  return {
    name: 'amsgrad',
    options: settings.json,
    slots: AMSGRAD_SLOTS,
    scalarCount: 2,
    learningRate: settings.rate,
    scalars: (step, scale) => adamScalars(settings, step, scale),
    update: (input) => amsgradUpdate(input, withL2(input.gradient, input.parameters, settings.weightDecay), settings),
  };
}
