/** @file Warm-ups that go over into a decay. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * (step + 1) / steps of the first rate of `then` for `steps` steps, and then `then` from its own beginning.
 *
 * @param steps of the warm-up: a whole number ≥ 1.
 * @param then what follows.
 * @throws SaddlepointError `option` for another number of steps.
 * @see Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
 * @example adamw({ learningRate: warmUp(500, cosineDecay({ learningRate: 1e-3, steps: 9500 })) })
 */
export function warmUp(steps: number, then: Schedule): Schedule {
  checkNumber('warmUp', steps, { min: 1, integer: true });
  return schedule('warmUp', { steps, schedule: { name: then.name, options: then.options } }, (step) =>
    step < steps ? (then(0) * (step + 1)) / steps : then(step - steps),
  );
}

/**
 * factor · dimension^−½ · min((step + 1)^−½, (step + 1) · warmUp^−3/2): up in a line, then down as the inverse root. The peak,
 * at step warmUp − 1, is factor / √(dimension · warmUp).
 *
 * @param options dimension: of the model, a whole number ≥ 1; warmUp: steps, a whole number ≥ 1; factor: > 0, default 1.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Vaswani et al. 2017, "Attention is all you need", eq. 3.
 * @example adam({ learningRate: noam({ dimension: 512, warmUp: 4000 }), beta2: 0.98 })
 */
export function noam(options: {
  readonly dimension: number;
  readonly warmUp: number;
  readonly factor?: number;
}): Schedule {
  checkKnownOptions('noam', options, ['dimension', 'warmUp', 'factor']);
  const dimension = checkNumber('noam.dimension', options.dimension, { min: 1, integer: true });
  const warm = checkNumber('noam.warmUp', options.warmUp, { min: 1, integer: true });
  const factor = checkNumber('noam.factor', options.factor ?? 1, { min: 0, openMin: true });
  return schedule('noam', { dimension, warmUp: warm, factor }, (step) => {
    const t = step + 1;
    return (factor / Math.sqrt(dimension)) * Math.min(1 / Math.sqrt(t), t / (warm * Math.sqrt(warm)));
  });
}

/**
 * learningRate · min((step + 1) / warmUp, √(warmUp / (step + 1))): `noam` by its peak, which is the learning rate.
 *
 * @param options learningRate: the largest, ≥ 0; warmUp: steps, a whole number ≥ 1.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example adam({ learningRate: inverseSqrtDecay({ learningRate: 5e-4, warmUp: 4000 }) })
 */
export function inverseSqrtDecay(options: { readonly learningRate: number; readonly warmUp: number }): Schedule {
  checkKnownOptions('inverseSqrtDecay', options, ['learningRate', 'warmUp']);
  const learningRate = checkNumber('inverseSqrtDecay.learningRate', options.learningRate, { min: 0 });
  const warm = checkNumber('inverseSqrtDecay.warmUp', options.warmUp, { min: 1, integer: true });
  return schedule('inverseSqrtDecay', { learningRate, warmUp: warm }, (step) => {
    return learningRate * Math.min((step + 1) / warm, Math.sqrt(warm / (step + 1)));
  });
}

/**
 * Warm-up, stable, decay: (step + 1) / warmUp of the rate, then all of it, then down to 0 at step `steps`. The stable part can
 * be made longer at any time, from a checkpoint in it.
 *
 * @param options learningRate: of the stable part, ≥ 0; steps: of the run, a whole number ≥ 1; warmUp and decay: steps of both,
 *   whole numbers ≥ 0, together at most `steps`; shape: of the decay, 'linear' (default) or '1-sqrt', which falls fast at first.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Hu et al. 2024, "MiniCPM", section 4; Hägele et al. 2024, "Scaling laws and compute-optimal training beyond fixed training
 *   durations" (1 − sqrt).
 * @example adamw({ learningRate: warmUpStableDecay({ learningRate: 1e-3, steps: 10_000, warmUp: 500, decay: 2000 }) })
 */
export function warmUpStableDecay(options: {
  readonly learningRate: number;
  readonly steps: number;
  readonly warmUp: number;
  readonly decay: number;
  readonly shape?: 'linear' | '1-sqrt';
}): Schedule {
  const where = 'warmUpStableDecay';
  checkKnownOptions(where, options, ['learningRate', 'steps', 'warmUp', 'decay', 'shape']);
  const learningRate = checkNumber(`${where}.learningRate`, options.learningRate, { min: 0 });
  const steps = checkNumber(`${where}.steps`, options.steps, { min: 1, integer: true });
  const warm = checkNumber(`${where}.warmUp`, options.warmUp, { min: 0, integer: true });
  const decay = checkNumber(`${where}.decay`, options.decay, { min: 0, integer: true });
  const shape = checkName(`${where}.shape`, options.shape ?? 'linear', ['linear', '1-sqrt']);
  if (warm + decay > steps) {
    throw new SaddlepointError(
      'option',
      `${where}: warmUp ${warm} and decay ${decay} are longer than the run of ${steps} steps`,
      'what they leave is the stable part',
    );
  }
  return schedule(where, { learningRate, steps, warmUp: warm, decay, shape }, (step) => {
    if (step < warm) return (learningRate * (step + 1)) / warm;
    if (step < steps - decay) return learningRate;
    if (step >= steps) return 0;
    const left = (steps - step) / decay;
    return learningRate * (shape === 'linear' ? left : 1 - Math.sqrt(1 - left));
  });
}
