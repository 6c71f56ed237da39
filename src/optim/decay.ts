/** @file Decoupled weight decay: parameters shrink beside the step that the gradient calls for, not through it. */
import { checkName } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, neg, sub } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { checkMatch, isMatrix, type LeafMatch, matches, matchJson } from './leaf-match.ts';
import type { UpdateInput } from './transform.ts';

/**
 * Which leaves decay: 'all' (the default everywhere), 'matrices' (kernels, filters and tables; no biases and no scales of
 * normalizations, as is usual for transformers), or those that match.
 */
export type DecayOf = 'all' | 'matrices' | LeafMatch;

/** The option, checked, as a match (undefined: all) and as JSON. */
export function checkDecayOf(option: string, given: DecayOf = 'all'): { match: LeafMatch | undefined; json: Json } {
  if (typeof given !== 'string') {
    const match = checkMatch(option, given);
    return { match, json: matchJson(match) };
  }
  const name = checkName(option, given, ['all', 'matrices']);
  return { match: name === 'all' ? undefined : isMatrix, json: name };
}

/**
 * update − rate · parameters, in the leaves that match. The subtraction is left out where the weight decay is 0.
 *
 * @param rate of the step, shape []: learning rate · weight decay.
 */
export function decayed(
  update: Tensor,
  { parameters, segments }: Pick<UpdateInput, 'parameters' | 'segments'>,
  rate: Tensor,
  match: LeafMatch | undefined,
): Tensor {
  if (match === undefined || segments === undefined) return sub(update, mul(parameters, rate));
  const leaves = segments.filter(({ path, shape }) => matches(match, path, shape));
  if (leaves.length === 0) return update;
  if (leaves.length === segments.length) return sub(update, mul(parameters, rate));
  const shrinking = pack(
    leaves.map(({ offset, shape }) => mul(segment(parameters, offset, shape), neg(rate))),
    leaves.map(({ offset }) => offset),
    parameters.shape[0] as number,
  );
  return add(update, shrinking);
}
