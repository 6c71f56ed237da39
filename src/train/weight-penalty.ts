/** @file The sum of a function of weights, over the leaves that are meant: what weight penalties add to a loss. */
import { must, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { checkDecayOf, type DecayOf } from '../optim/decay.ts';
import { matches } from '../optim/leaf-match.ts';
import type { Regularizer } from './trick.ts';

export interface PenaltyOptions {
  /** Which leaves: 'all' (default), 'matrices' (no biases, no scales of normalizations), or those that match. */
  readonly of?: DecayOf;
}

/** A regularizer: factor · Σ f(leaf). */
export function weightPenalty(
  name: string,
  rate: number,
  { of }: PenaltyOptions,
  factor: number,
  f: (leaf: Tensor) => Tensor,
): Regularizer {
  const { match, json } = checkDecayOf(`${name}.of`, of);
  return {
    kind: 'regularizer',
    name,
    options: { rate, of: json },
    isNeutral: rate === 0,
    penalty({ leaves }, { trained }) {
      const sums = trained.flatMap((path) => {
        const leaf = must(leaves.get(path), `leaf ${path}`);
        return match === undefined || matches(match, path, leaf.shape) ? [sum(f(leaf))] : [];
      });
      if (sums.length === 0)
        throw new SaddlepointError(
          'option',
          `${name}.of: none of the trained leaves is meant`,
          `the leaves are ${trained.join(', ')}`,
        );
      return mul(
        sums.reduce((total, one) => add(total, one)),
        factor,
      );
    },
  };
}
