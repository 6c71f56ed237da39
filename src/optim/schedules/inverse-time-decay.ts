/** @file Decay by the inverse of time. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * learningRate / (1 + decay · step).
 *
 * @param options learningRate: of step 0, ≥ 0; decay: a step, ≥ 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Robbins & Monro 1951; PyTorch's `lr_decay` of Adagrad.
 * @example sgd({ learningRate: inverseTimeDecay({ learningRate: 0.1, decay: 1e-3 }) })
 */
export function inverseTimeDecay(options: { readonly learningRate: number; readonly decay: number }): Schedule {
  checkKnownOptions('inverseTimeDecay', options, ['learningRate', 'decay']);
  const learningRate = checkNumber('inverseTimeDecay.learningRate', options.learningRate, { min: 0 });
  const decay = checkNumber('inverseTimeDecay.decay', options.decay, { min: 0 });
  return schedule('inverseTimeDecay', { learningRate, decay }, (step) => learningRate / (1 + decay * step));
}
