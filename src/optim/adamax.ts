/** @file Adamax: Adam by the largest gradient in place of their mean square. */
import { abs, add, div, maximum, mul, neg, sub } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings } from './adam-family.ts';
import { firstMomentOf, scalarAt } from './blocks.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

/**
 * m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); update = −learningRate / (1 − β₁ᵗ) · m / u.
 *
 * The slot holds u − ε, which is 0 where all gradients were.
 *
 * @param options as for `adam`; learningRate: default 2e-3.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Kingma & Ba 2015, algorithm 2, with ε inside the maximum as in PyTorch.
 * @example adamax({ learningRate: 2e-3 })
 */
export function adamax(options: AdamOptions = {}): Transform {
  const settings = adamSettings('adamax', options, { learningRate: 2e-3 });
  const { beta1, beta2, epsilon, weightDecay } = settings;
  return {
    name: 'adamax',
    options: settings.json,
    slots: ['firstMoment', 'largest'],
    scalarCount: 1,
    learningRate: settings.rate,
    scalars: (step, scale) => [settings.rate(step, scale) / settings.corrections(step)[0]],
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const firstMoment = firstMomentOf(slot(input, 'adamax', 'firstMoment'), gradient, beta1);
      // With w = u − ε: u = max(β₂(w + ε), |g| + ε) is w = max(β₂w − (1 − β₂)ε, |g|).
      const old = sub(mul(slot(input, 'adamax', 'largest'), beta2), (1 - beta2) * epsilon);
      const largest = maximum(old, abs(gradient));
      const update = mul(neg(scalarAt(input.scalars, 0)), div(firstMoment, add(largest, epsilon)));
      return { update, slots: { firstMoment, largest } };
    },
  };
}
