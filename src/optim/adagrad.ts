/** @file Adagrad. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { adagradUpdate, rowAdagrad, rowsUnsupported } from '../ops/rows.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface AdagradOptions {
  /** ≥ 0; default 0.01. */
  readonly learningRate?: number | Schedule;
  /** What the sum of squares starts from, ≥ 0; default 0: then the first step is learningRate in size in every parameter. */
  readonly initialAccumulator?: number;
  /** Added to the root, > 0; default 1e-10. */
  readonly epsilon?: number;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0; 0 where there are row tables. */
  readonly weightDecay?: number;
}

/**
 * s = s + g²; update = −learningRate · g / (√(initialAccumulator + s) + ε): parameters that rarely get a gradient, such as
 * embeddings of rare words, take longer steps. Row tables (embeddings) are updated by rows, with the same result as the whole
 * table would give, but for rounding.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Duchi, Hazan & Singer 2011, figure 1 (diagonal), in PyTorch's form (ε outside the root).
 * @example adagrad({ learningRate: 0.05 })
 */
export function adagrad(options: AdagradOptions = {}): Transform {
  checkKnownOptions('adagrad', options, ['learningRate', 'initialAccumulator', 'epsilon', 'weightDecay']);
  const rate = learningRateOf('adagrad', options.learningRate ?? 0.01);
  const initial = checkNumber('adagrad.initialAccumulator', options.initialAccumulator ?? 0, { min: 0 });
  const epsilon = checkNumber('adagrad.epsilon', options.epsilon ?? 1e-10, { min: 0, openMin: true });
  const weightDecay = checkNumber('adagrad.weightDecay', options.weightDecay ?? 0, { min: 0 });
  return {
    name: 'adagrad',
    options: { learningRate: rate.json, initialAccumulator: initial, epsilon, weightDecay },
    slots: ['squares'],
    scalarCount: 1,
    scalars: (step, scale) => [rate.at(step, scale)],
    learningRate: rate.at,
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const [update, squares] = adagradUpdate(gradient, slot(input, 'adagrad', 'squares'), input.scalars, {
        epsilon,
        initial,
      });
      return { update, slots: { squares } };
    },
    updateRows(input) {
      if (weightDecay > 0) throw rowsUnsupported('adagrad with weightDecay', 'it shrinks rows that do not occur');
      const old = slot(input, 'adagrad', 'squares');
      const made = rowAdagrad(input.table, old, input.gradient, input.scalars, { epsilon, initial });
      const [table, squares] = made as [Tensor, Tensor];
      return { table, slots: { squares } };
    },
  };
}
