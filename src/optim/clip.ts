/** @file Transforms that keep gradients from growing. */
import { checkNumber } from '../core/errors.ts';
import { clip, div, minimum, mul } from '../ops/elementwise.ts';
import { l2Norm } from '../ops/reduce.ts';
import { rowsUnsupported } from '../ops/rows.ts';
import type { Transform } from './transform.ts';

/**
 * gradient · min(1, limit / norm), with the L2 norm of all leaves together, so the direction stays. A gradient of zeros stays
 * zeros; one that is not finite stays so. Row tables (embeddings) count with what each row gets in a step summed.
 *
 * @param limit > 0.
 * @see Pascanu et al. 2013, algorithm 1.
 * @example chain(clipByGlobalNorm(1), adam())
 */
export function clipByGlobalNorm(limit: number): Transform {
  checkNumber('clipByGlobalNorm', limit, { min: 0, openMin: true });
  return {
    name: 'clipByGlobalNorm',
    options: { limit },
    slots: [],
    scalarCount: 0,
    scalars: () => [],
    update: ({ gradient, gradientNorm = l2Norm(gradient) }) => ({
      update: mul(gradient, minimum(1, div(limit, gradientNorm))),
      slots: {},
    }),
    updateRows({ gradient, gradientNorm }) {
      if (gradientNorm === undefined)
        throw rowsUnsupported(
          'clipByGlobalNorm behind another transform',
          'the norm of all parameters is not known there',
        );
      const factor = minimum(1, div(limit, gradientNorm));
      const { weights, vectors } = gradient;
      return {
        gradient:
          weights === undefined
            ? { ...gradient, vectors: mul(vectors, factor) }
            : { ...gradient, weights: mul(weights, factor) },
      };
    },
  };
}

/**
 * Each element held within [−limit, limit]: changes the direction; NaN stays NaN.
 *
 * @param limit > 0.
 */
export function clipByValue(limit: number): Transform {
  checkNumber('clipByValue', limit, { min: 0, openMin: true });
  return {
    name: 'clipByValue',
    options: { limit },
    slots: [],
    scalarCount: 0,
    scalars: () => [],
    update: ({ gradient }) => ({ update: clip(gradient, -limit, limit), slots: {} }),
  };
}
