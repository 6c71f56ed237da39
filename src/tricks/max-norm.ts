/**
 * @file Max-norm constraint: no unit's weights grow longer than a limit (Srebro & Shraibman 2005; for networks Srivastava et al. 2014,
 * "Dropout", section 5.1). Kind: transform, behind the optimizer. No deviation.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, maximum, minimum, mul, sqrt, square, sub } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { sum } from '../ops/reduce.ts';
import { checkMatch, isMatrix, type LeafMatch, matches, matchJson } from '../optim/leaf-match.ts';
import type { Transform } from '../optim/transform.ts';
import type { TransformTrick } from '../train/trick.ts';

export interface MaxNormOptions {
  /** Which leaves of two axes or more: default all of them (kernels and filters), or those that match. */
  readonly of?: LeafMatch;
}

/** Shorter columns are left as they are: what divides is at least this. */
const LEAST = 1e-12;

/** The leaf with each unit's weights, all axes but the last, scaled down to the limit. */
function projected(leaf: Tensor, limit: number): Tensor {
  const axes = leaf.shape.slice(1).map((_, axis) => axis);
  const norms = sqrt(sum(square(leaf), axes, { keepDims: true }));
  return mul(leaf, minimum(1, div(limit, maximum(norms, LEAST))));
}

/**
 * After each step the weights that lead into a unit, a column of a dense kernel [in, out] or a filter, are scaled down to the length
 * `limit` where they are longer. It goes well with dropout and large learning rates.
 *
 * @param limit > 0, default 3; the paper finds 3 … 4. Infinity is none.
 * @param options of: which leaves, default all of two axes or more.
 * @throws SaddlepointError `option` for values out of range, and, when the run begins, behind an average of weights, which would
 *   have counted the longer ones.
 * @see Srivastava et al. 2014, section 5.1.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [maxNorm(3)] })
 */
export function maxNorm(limit = 3, options: MaxNormOptions = {}): TransformTrick {
  if (limit !== Number.POSITIVE_INFINITY) checkNumber('maxNorm.limit', limit, { min: 0, openMin: true });
  checkKnownOptions('maxNorm', options, ['of']);
  const match = checkMatch('maxNorm.of', options.of ?? isMatrix);
  const isNeutral = limit === Number.POSITIVE_INFINITY;
  const json = { limit: isNeutral ? 'Infinity' : limit, of: matchJson(match) };
  return {
    kind: 'transform',
    name: 'maxNorm',
    options: json,
    isNeutral,
    wrap(optimizer): Transform {
      if (optimizer.evaluationParameters !== undefined)
        throw new SaddlepointError(
          'option',
          `maxNorm: ${optimizer.name} keeps weights for evaluation, which would not be limited`,
          'put the average behind it: tricks: [maxNorm(3), ema(0.999)]',
        );
      // Of tables by rows, units are rows of another meaning: they are refused, as by every transform without this.
      const { updateRows: _, ...inner } = optimizer;
      return {
        ...inner,
        name: 'maxNorm',
        options: { ...json, inner: { name: optimizer.name, options: optimizer.options } },
        update(input) {
          const made = optimizer.update(input);
          const { parameters, segments = [] } = input;
          const leaves = segments.filter(({ path, shape }) => shape.length > 1 && matches(match, path, shape));
          if (leaves.length === 0) return made;
          const next = add(parameters, made.update);
          const excess = leaves.map(({ offset, shape }) => {
            const leaf = segment(next, offset, shape);
            return sub(projected(leaf, limit), leaf);
          });
          const offsets = leaves.map(({ offset }) => offset);
          return { update: add(made.update, pack(excess, offsets, parameters.shape[0] as number)), slots: made.slots };
        },
      };
    },
  };
}
