/**
 * @file Lookahead (Zhang et al. 2019, "Lookahead optimizer: k steps forward, 1 step back", algorithm 1) around the run's optimizer. Kind:
 * transform. No deviation; `optim/lookahead.ts` does it.
 */
import { lookahead as around, type LookaheadOptions } from '../optim/lookahead.ts';
import { sgd } from '../optim/sgd.ts';
import type { Transform } from '../optim/transform.ts';
import type { TransformTrick } from '../train/trick.ts';

/**
 * The optimizer steps fast weights; after every k-th step the slow weights go the given share of the way to them, and the fast ones
 * begin again from there.
 *
 * As a trick, `lookahead({ every: 5 })`, it is put around the run's optimizer; as a transform, `lookahead(adam(), { every: 5 })`, around
 * the one given. An average of weights stands behind it: tricks: [lookahead(), ema(0.99)].
 *
 * @param options every: k, a whole number ≥ 1, default 5; share: in (0, 1], default 0.5. A share of 1 is none.
 * @throws SaddlepointError `option` for values out of range, or an optimizer that keeps weights for evaluation.
 * @see Zhang et al. 2019, algorithm 1.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [lookahead({ every: 5, share: 0.5 })] })
 */
export function lookahead(options?: LookaheadOptions): TransformTrick;
export function lookahead(inner: Transform, options?: LookaheadOptions): Transform;
export function lookahead(
  first: Transform | LookaheadOptions = {},
  options: LookaheadOptions = {},
): TransformTrick | Transform {
  if ('update' in first) return around(first, options);
  // Checked at once, not when the run begins.
  const { every, share } = around(sgd(), first).options as { readonly every: number; readonly share: number };
  return {
    kind: 'transform',
    name: 'lookahead',
    options: { every, share },
    isNeutral: share === 1,
    wrap: (optimizer) => around(optimizer, { every, share }),
  };
}
