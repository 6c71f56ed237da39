/** @file Transforms that keep gradients from growing. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { abs, clip, div, minimum, mul } from '../ops/elementwise.ts';
import { l2Norm, max, sum } from '../ops/reduce.ts';
import { rowsUnsupported } from '../ops/rows.ts';
import type { Transform } from './transform.ts';

export interface GlobalNormOptions {
  /** Of all leaves together: 2 (default; √Σg²), 1 (Σ|g|) or Infinity (the largest |g|). */
  readonly norm?: 1 | 2 | typeof Number.POSITIVE_INFINITY;
}

/** Norms of a flat block, by what the option says. */
const NORMS: ReadonlyMap<unknown, (gradient: Tensor) => Tensor> = new Map([
  [1, (gradient) => sum(abs(gradient))],
  [2, l2Norm],
  [Number.POSITIVE_INFINITY, (gradient) => max(abs(gradient))],
]);

/**
 * gradient · min(1, limit / norm), with one norm of all leaves together, so the direction stays. A gradient of zeros stays
 * zeros; one that is not finite stays so. Row tables (embeddings) count with what each row gets in a step summed; they know
 * norm 2 alone.
 *
 * @param limit > 0.
 * @param options norm: 1, 2 (default) or Infinity.
 * @throws SaddlepointError `option` for a limit out of range or another norm.
 * @see Pascanu et al. 2013, algorithm 1.
 * @example chain(clipByGlobalNorm(1), adam())
 */
export function clipByGlobalNorm(limit: number, options: GlobalNormOptions = {}): Transform {
  checkNumber('clipByGlobalNorm', limit, { min: 0, openMin: true });
  checkKnownOptions('clipByGlobalNorm', options, ['norm']);
  const { norm = 2 } = options;
  const normOf = NORMS.get(norm);
  if (normOf === undefined)
    throw new SaddlepointError('option', `clipByGlobalNorm.norm: expected 1, 2 or Infinity, got ${show(norm)}`);
  return {
    name: 'clipByGlobalNorm',
    // JSON has no infinity.
    options: { limit, ...(norm === 2 ? {} : { norm: norm === 1 ? 1 : 'infinity' }) },
    slots: [],
    scalarCount: 0,
    scalars: () => [],
    update: ({ gradient, gradientNorm }) => ({
      update: mul(gradient, minimum(1, div(limit, (norm === 2 ? gradientNorm : undefined) ?? normOf(gradient)))),
      slots: {},
    }),
    updateRows({ gradient, gradientNorm }) {
      if (norm !== 2)
        throw rowsUnsupported(`clipByGlobalNorm with norm ${norm}`, 'the norm of summed rows is the L2 norm');
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
