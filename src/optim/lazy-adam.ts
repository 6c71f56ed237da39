/** @file Adam for models with row tables. */
import { rowLazyAdam, rowsUnsupported } from '../ops/rows.ts';
import { type AdamOptions, adam } from './adam.ts';
import { slot, type Transform } from './transform.ts';

/**
 * `adam`, but in row tables (embeddings) only the rows that occur in a step change, and their moments alone: a step costs what
 * its rows cost, not what the table does. What one row gets more than once in a step is summed first. All other parameters are
 * updated as by `adam`.
 *
 * It is not Adam on the whole table: there, moments of rows that do not occur decay, and go on moving those rows. The bias
 * corrections are those of the step, t = 1, 2, …, for all rows.
 *
 * @param options as for `adam`; weightDecay must be 0 where there are row tables.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Kingma & Ba 2015, algorithm 1; TensorFlow Addons' LazyAdam and PyTorch's SparseAdam, which do the same.
 * @example lazyAdam({ learningRate: 1e-3 })
 */
export function lazyAdam(options: AdamOptions = {}): Transform {
  const { beta1 = 0.9, beta2 = 0.999, weightDecay = 0 } = options;
  return {
    ...adam(options),
    name: 'lazyAdam',
    updateRows(input) {
      if (weightDecay > 0) throw rowsUnsupported('lazyAdam with weightDecay', 'it shrinks rows that do not occur');
      const moments = [slot(input, 'lazyAdam', 'firstMoment'), slot(input, 'lazyAdam', 'secondMoment')] as const;
      const made = rowLazyAdam(input.table, moments, input.gradient, input.scalars, { beta1, beta2 });
      const [table, firstMoment, secondMoment] = made as [typeof input.table, typeof input.table, typeof input.table];
      return { table, slots: { firstMoment, secondMoment } };
    },
  };
}
