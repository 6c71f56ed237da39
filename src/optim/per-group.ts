/** @file Settings for groups of leaves: one optimizer, here and there with other options. */
import { SaddlepointError, show } from '../core/errors.ts';
import { checkMatch, type LeafMatch } from './leaf-match.ts';
import { partition } from './partition.ts';
import type { Transform } from './transform.ts';

/** Which leaves, and what is different for them. */
export type GroupSettings<Options> = { readonly match: LeafMatch } & Omit<Options, 'groups'>;

/**
 * The optimizer with other options for some leaves: the first group that matches a leaf gives it its options; all that a
 * group does not name, and all leaves that no group matches, are as in `options`.
 *
 * @param make the optimizer.
 * @param options for all.
 * @param groups `match` and the options that differ.
 * @throws SaddlepointError `option` as the optimizer does, and for groups without `match`.
 * @example perGroup(adam, { learningRate: 1e-3 }, [{ match: /^0\//, learningRate: 1e-5 }])
 */
export function perGroup<Options extends object>(
  make: (options: Options) => Transform,
  options: Options,
  groups: readonly GroupSettings<Options>[],
): Transform {
  if (!Array.isArray(groups))
    throw new SaddlepointError(
      'option',
      `groups: expected a list, got ${show(groups)}`,
      'for example [{ match: /bias$/, weightDecay: 0 }]',
    );
  const whole = make(options);
  const parts = (groups as readonly GroupSettings<Options>[]).map(({ match, ...different }, i) => ({
    match: checkMatch(`${whole.name}.groups[${i}].match`, match),
    transform: make({ ...options, ...different } as Options),
  }));
  return { ...partition([...parts, { transform: whole }]), name: whole.name };
}
