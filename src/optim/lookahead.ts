/** @file Lookahead: slow weights that follow fast ones. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { scalarAt } from './blocks.ts';
import { scalarsOf, slot, type Transform } from './transform.ts';

export interface LookaheadOptions {
  /** Steps of the fast weights between those of the slow: a whole number ≥ 1, default 5. */
  readonly every?: number;
  /** How far the slow weights go toward the fast, in (0, 1]; default 0.5. */
  readonly share?: number;
}

/**
 * The optimizer steps fast weights; after every k-th step the slow weights go the given share of the way to them, and the fast
 * ones begin again from there. The inner optimizer's state goes on. Evaluation in between reads the fast weights.
 *
 * The slot holds fast − slow weights.
 *
 * @param inner the optimizer.
 * @throws SaddlepointError `option` for a value outside its range, or an inner transform that keeps weights for evaluation.
 * @see Zhang et al. 2019, "Lookahead optimizer: k steps forward, 1 step back", algorithm 1.
 * @example lookahead(adam(), { every: 5, share: 0.5 })
 */
export function lookahead(inner: Transform, options: LookaheadOptions = {}): Transform {
  checkKnownOptions('lookahead', options, ['every', 'share']);
  const every = checkNumber('lookahead.every', options.every ?? 5, { min: 1, integer: true });
  const share = checkNumber('lookahead.share', options.share ?? 0.5, { min: 0, max: 1, openMin: true });
  if (inner.evaluationParameters !== undefined) {
    throw new SaddlepointError(
      'option',
      `lookahead: ${inner.name} keeps weights for evaluation, which the slow weights would leave behind`,
      'put the average behind it: chain(lookahead(adam()), weightEma(0.999))',
    );
  }
  return {
    name: 'lookahead',
    options: { every, share, inner: { name: inner.name, options: inner.options } },
    slots: [...inner.slots.map((name) => `inner.${name}`), 'lead'],
    // Whether the slow weights step behind the inner scalars: what is taken back, and what is kept of the lead.
    scalarCount: inner.scalarCount + 2,
    learningRate: inner.learningRate,
    scalars(step, scale) {
      const meets = (step + 1) % every === 0;
      return [...inner.scalars(step, scale), meets ? 1 - share : 0, meets ? 0 : 1];
    },
    update(input) {
      const made = inner.update({
        ...input,
        slots: Object.fromEntries(inner.slots.map((name) => [name, slot(input, 'lookahead', `inner.${name}`)])),
        scalars: scalarsOf(input.scalars, 0, inner.scalarCount),
      });
      const ahead = add(slot(input, 'lookahead', 'lead'), made.update);
      const slots: Record<string, Tensor> = Object.fromEntries(
        Object.entries(made.slots).map(([name, value]) => [`inner.${name}`, value]),
      );
      slots.lead = mul(ahead, scalarAt(input.scalars, inner.scalarCount + 1));
      return { update: sub(made.update, mul(ahead, scalarAt(input.scalars, inner.scalarCount))), slots };
    },
  };
}
