/** @file AdamW: Adam with decoupled weight decay. */
import type { Tensor } from '../graph/tensor.ts';
import { segment } from '../ops/group.ts';
import { type AdamAttributes, adamUpdate } from '../ops/update.ts';
import type { AdamOptions } from './adam.ts';
import { adamScalars, adamSettings, MOMENTS } from './adam-family.ts';
import { AMSGRAD_SLOTS, amsgradUpdate } from './amsgrad.ts';
import { scalarAt } from './blocks.ts';
import { checkDecayOf, type DecayOf, decayed } from './decay.ts';
import { type GroupSettings, perGroup } from './per-group.ts';
import { slot, type Transform, type UpdateInput } from './transform.ts';

export interface AdamwOptions extends Omit<AdamOptions, 'weightDecay'> {
  /** In each step parameters shrink by learningRate · weightDecay of themselves; ≥ 0, default 0.01. */
  readonly weightDecay?: number;
  /** Which leaves decay: 'all' (default), 'matrices' (no biases, no scales of normalizations), or a match. */
  readonly decayOf?: DecayOf;
  /** Keep the largest second moment, see `amsgrad`; default false. */
  readonly amsgrad?: boolean;
  /** Other options for some leaves; the first that matches counts. */
  readonly groups?: readonly GroupSettings<AdamwOptions>[];
}

/**
 * Adam's update − learningRate · weightDecay · parameters: the decay does not pass through the moments, so it is equally
 * strong for all parameters. A schedule of the learning rate scales the decay too.
 *
 * @param options learningRate 1e-3, beta1 0.9, beta2 0.999, epsilon 1e-8, weightDecay 0.01, decayOf 'all', amsgrad false.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2, in PyTorch's form (decay · rate).
 * @example adamw({ learningRate: 1e-4, decayOf: 'matrices', groups: [{ match: /^head\//, learningRate: 1e-3 }] })
 */
export function adamw(options: AdamwOptions = {}): Transform {
  const { groups, ...common } = options;
  if (groups !== undefined) return perGroup(adamw, common, groups);
  const settings = adamSettings('adamw', options, { learningRate: 1e-3, weightDecay: 0.01 }, [
    'decayOf',
    'amsgrad',
    'groups',
  ]);
  const which = checkDecayOf('adamw.decayOf', options.decayOf);
  const amsgrad = options.amsgrad ?? false;
  const { beta1, beta2, weightDecay } = settings;
  return {
    name: 'adamw',
    options: { ...settings.json, decayOf: which.json, amsgrad },
    slots: amsgrad ? AMSGRAD_SLOTS : MOMENTS,
    scalarCount: 3,
    learningRate: settings.rate,
    scalars: (step, scale) => [...adamScalars(settings, step, scale), settings.rate(step, scale) * weightDecay],
    update(input) {
      const given = { slots: input.slots, scalars: segment(input.scalars, 0, [2]) };
      const made = amsgrad
        ? amsgradUpdate(given, input.gradient, settings)
        : adamMoments(given, input.gradient, { beta1, beta2 });
      if (weightDecay === 0) return made;
      return { ...made, update: decayed(made.update, input, scalarAt(input.scalars, 2), which.match) };
    },
  };
}

function adamMoments(
  input: Pick<UpdateInput, 'slots' | 'scalars'>,
  gradient: Tensor,
  betas: AdamAttributes,
): { update: Tensor; slots: Record<string, Tensor> } {
  const moments = [slot(input, 'adamw', 'firstMoment'), slot(input, 'adamw', 'secondMoment')] as const;
  const made = adamUpdate(gradient, ...moments, input.scalars, betas);
  const [update, firstMoment, secondMoment] = made as [Tensor, Tensor, Tensor];
  return { update, slots: { firstMoment, secondMoment } };
}
