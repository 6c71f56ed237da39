/** @file Stochastic gradient descent. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { rowSgd, rowsUnsupported } from '../ops/rows.ts';
import { sgdUpdate } from '../ops/update.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface SgdOptions {
  /** ≥ 0; default 0.01. */
  readonly learningRate?: number | Schedule;
  /** Share of the velocity that is kept, in [0, 1); default 0: no velocity, no state. */
  readonly momentum?: number;
  /** The gradient enters the velocity times 1 − dampening, but at the first step in full; in [0, 1), default 0. */
  readonly dampening?: number;
  /** Look ahead by the velocity; default false; needs momentum and no dampening. */
  readonly nesterov?: boolean;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

/**
 * v = momentum · v + (1 − dampening) · g; update = −learningRate · v. With `nesterov`, −learningRate · (g + momentum · v);
 * without momentum, −learningRate · g.
 *
 * Row tables (embeddings) are updated by rows; with momentum or weight decay they are refused, since both change rows that do
 * not occur in a step.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Polyak 1964; Sutskever et al. 2013, eq. 3 and 4, in PyTorch's form (the rate outside the velocity).
 * @example sgd({ learningRate: 0.1, momentum: 0.9 })
 */
export function sgd(options: SgdOptions = {}): Transform {
  checkKnownOptions('sgd', options, ['learningRate', 'momentum', 'dampening', 'nesterov', 'weightDecay']);
  const rate = learningRateOf('sgd', options.learningRate ?? 0.01);
  const momentum = checkNumber('sgd.momentum', options.momentum ?? 0, { min: 0, max: 1, openMax: true });
  const dampening = checkNumber('sgd.dampening', options.dampening ?? 0, { min: 0, max: 1, openMax: true });
  const weightDecay = checkNumber('sgd.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const nesterov = options.nesterov ?? false;
  if (nesterov && (momentum === 0 || dampening > 0)) {
    throw new SaddlepointError(
      'option',
      `sgd.nesterov: needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}`,
      'set momentum: 0.9, or leave nesterov out',
    );
  }
  return {
    name: 'sgd',
    options: { learningRate: rate.json, momentum, dampening, nesterov, weightDecay },
    slots: momentum === 0 ? [] : ['velocity'],
    scalarCount: 2,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale), step === 0 ? 1 : 1 - dampening],
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const velocity = momentum === 0 ? undefined : slot(input, 'sgd', 'velocity');
      const [update, next] = sgdUpdate(gradient, velocity, input.scalars, { momentum, nesterov }) as [
        Tensor,
        Tensor | undefined,
      ];
      return { update, slots: next === undefined ? {} : { velocity: next } };
    },
    updateRows({ table, gradient, scalars }) {
      if (momentum > 0) throw rowsUnsupported('sgd with momentum', 'a velocity moves rows that do not occur');
      if (weightDecay > 0) throw rowsUnsupported('sgd with weightDecay', 'it shrinks rows that do not occur');
      return { table: rowSgd(table, gradient, scalars), slots: {} };
    },
  };
}
