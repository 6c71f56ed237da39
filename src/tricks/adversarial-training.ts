/**
 * @file Training on adversarial examples: of every minibatch, rows that the attack makes for the model as it is. Kind: gradient.
 *
 * Sources: Goodfellow et al. 2015 (arXiv 1412.6572), §6: α J(x) + (1 − α) J(x_adv) with FGSM; Madry et al. 2018 (arXiv 1706.06083),
 * eq. 2.1: J(x_adv) alone with PGD. Deviations: the attack sees the model in mode 'predict' (running statistics, no dropout), as in
 * the code of TRADES; ε may rise over the first epochs.
 */
import { type Attack, isAttack } from '../attacks/attack.ts';
import { checkRamp, rampScalars, rampShare, trainingProblem } from '../attacks/training.ts';
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, stopGradient } from '../ops/elementwise.ts';
import type { GradientTrick } from '../train/trick.ts';

export interface AdversarialTrainingOptions {
  /** The share of the loss that adversarial rows have, in [0, 1]: 1 (default) trains on them alone, ½ as on the rows themselves. */
  readonly mix?: number;
  /** Epochs over which ε rises from 0, ≥ 0; default 0: at once. */
  readonly ramp?: number;
}

/**
 * Trains on what an attack makes of each minibatch. Robustness is real only against attacks stronger than the one that is trained
 * on: see `robustness`, which warns of a masked gradient. Costs the attack's steps more: `pgd` of 7 steps some five times.
 *
 * With `mix` < 1 the rows themselves renew the running statistics of batch norm and are the loss that is reported; with 1 the
 * adversarial rows do and are.
 *
 * @param attack such as `attacks.pgd({ epsilon: 0.1, steps: 7 })`; of ε 0, as `mix: 0`, it does nothing.
 * @throws SaddlepointError `option` for what is no attack, and for a `mix` or `ramp` out of range.
 * @example
 * await fit(model, data, { loss: crossEntropy(), tricks: [adversarialTraining(attacks.pgd({ epsilon: 0.1, steps: 7 }))] });
 */
export function adversarialTraining(attack: Attack, options: AdversarialTrainingOptions = {}): GradientTrick {
  const name = 'adversarialTraining';
  if (!isAttack(attack))
    throw new SaddlepointError(
      'option',
      `${name}: expected an attack, got ${show(attack)}`,
      'such as attacks.pgd({ epsilon: 0.1 })',
    );
  checkKnownOptions(name, options, ['mix', 'ramp']);
  const mix = checkNumber(`${name}.mix`, options.mix ?? 1, { min: 0, max: 1 });
  const ramp = checkRamp(name, options.ramp);
  return {
    ...{ kind: 'gradient', name, options: { attack: { name: attack.name, ...attack.options }, mix, ramp } },
    isNeutral: mix === 0 || attack.epsilon === 0,
    claims: ['adversarial rows'],
    ...rampScalars(ramp),
    wrap: (gradient, context) => (point) => {
      const { problem, at } = trainingProblem(name, point, context);
      const moved = at(stopGradient(attack.perturb(problem, rampShare(ramp, context))));
      if (mix === 1) return gradient(moved);
      const own = gradient(point);
      const { updates, ...rest } = moved;
      const other = gradient(rest);
      const mixed = (a: Tensor, b: Tensor): Tensor => add(mul(a, 1 - mix), mul(b, mix));
      return {
        loss: mixed(own.loss, other.loss),
        gradients: new Map(
          [...own.gradients].map(([path, one]) => [path, mixed(one, other.gradients.get(path) as Tensor)]),
        ),
      };
    },
  };
}
