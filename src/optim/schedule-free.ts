/** @file Schedule-free methods: averaging in place of a falling learning rate. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, mul, neg, sqrt, sub } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings } from './adam-family.ts';
import { recurrence, scalarAt, secondMomentOf } from './blocks.ts';
import { checkDecayOf, type DecayOf, decayed } from './decay.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform, type UpdateInput } from './transform.ts';

/**
 * The three points of the method, z (the steps), x (their average) and y (where gradients are taken): y is what is trained,
 * and the slot holds z − y, from which x = y − (1 − β) / β · (z − y) follows. Both are 0 at the start, where all are one.
 */
const NAME = 'stepOffset';

/** x, where the parameters are y. */
const averageOf = (input: Pick<UpdateInput, 'parameters' | 'slots'>, beta: number): Tensor =>
  sub(input.parameters, mul(slot(input, 'scheduleFree', NAME), (1 - beta) / beta));

/** The share cₜ of z in the new average: γₜ² / Σγ², which is 1 / t for one rate; 1 while all rates were 0. */
function shares(rate: (step: number) => number): (step: number) => number {
  const before = recurrence(0, (sum, step) => sum + rate(step) ** 2);
  return (step) => {
    const [now, past] = [rate(step) ** 2, before(step)];
    return now + past === 0 ? 1 : now / (now + past);
  };
}

/** y and z − y after z moves by `step`, where z and x are as the slot says; all relative to the old y. */
function moved(
  input: UpdateInput,
  step: Tensor,
  share: Tensor,
  beta: number,
): { update: Tensor; slots: Record<typeof NAME, Tensor> } {
  const old = slot(input, 'scheduleFree', NAME);
  const z = add(old, step);
  const x = mul(old, -(1 - beta) / beta);
  const average = add(x, mul(sub(z, x), share));
  const update = add(mul(z, 1 - beta), mul(average, beta));
  return { update, slots: { [NAME]: sub(z, update) } };
}

export interface ScheduleFreeSgdOptions {
  /** ≥ 0; default 1: larger than for `sgd`, and best kept constant (but for a warm-up, whose steps count less). */
  readonly learningRate?: number | Schedule;
  /** How near to the average gradients are taken, in (0, 1); default 0.9. It plays the part of momentum. */
  readonly beta?: number;
  /** L2 at the point where the gradient is taken; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

const checkBeta = (option: string, given: number): number =>
  checkNumber(option, given, { min: 0, max: 1, openMin: true, openMax: true });

/**
 * z ← z − γ(g + weightDecay · y); x ← (1 − cₜ)x + cₜz, cₜ = γₜ² / Σγ²; y ← (1 − β)z + βx. The parameters that are trained are
 * y; evaluation, prediction and saving read x.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Defazio et al. 2024, "The road less scheduled", eq. 3–5, and their schedule_free.
 * @example scheduleFreeSgd({ learningRate: 1 })
 */
export function scheduleFreeSgd(options: ScheduleFreeSgdOptions = {}): Transform {
  checkKnownOptions('scheduleFreeSgd', options, ['learningRate', 'beta', 'weightDecay']);
  const rate = learningRateOf('scheduleFreeSgd', options.learningRate ?? 1);
  const beta = checkBeta('scheduleFreeSgd.beta', options.beta ?? 0.9);
  const weightDecay = checkNumber('scheduleFreeSgd.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const share = shares(rate.at);
  return {
    name: 'scheduleFreeSgd',
    options: { learningRate: rate.json, beta, weightDecay },
    slots: [NAME],
    scalarCount: 3,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale), share(step), rate.at(step, scale) * weightDecay],
    update(input) {
      const plain = mul(input.gradient, neg(scalarAt(input.scalars, 0)));
      const step = weightDecay === 0 ? plain : decayed(plain, input, scalarAt(input.scalars, 2), undefined);
      return moved(input, step, scalarAt(input.scalars, 1), beta);
    },
    evaluationParameters: (input) => averageOf(input, beta),
  };
}

export interface ScheduleFreeAdamwOptions extends AdamOptions {
  /** Default 2.5e-3. */
  readonly learningRate?: number | Schedule;
  /** How near to the average gradients are taken, in (0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decoupled, at y: ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Which leaves decay; default 'all'. */
  readonly decayOf?: DecayOf;
}

/**
 * As `scheduleFreeSgd` with z ← z − γ(g / (√v̂ + ε) + weightDecay · y), v = β₂v + (1 − β₂)g², v̂ = v / (1 − β₂ᵗ).
 *
 * @param options as for `adam`; learningRate: default 2.5e-3; beta1: in (0, 1).
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Defazio et al. 2024, "The road less scheduled", algorithm 1, with the bias correction in the denominator as in later
 *   releases of schedule_free.
 * @example scheduleFreeAdamw({ learningRate: 2.5e-3, weightDecay: 0.01 })
 */
export function scheduleFreeAdamw(options: ScheduleFreeAdamwOptions = {}): Transform {
  const settings = adamSettings('scheduleFreeAdamw', options, { learningRate: 2.5e-3 }, ['decayOf']);
  const { rate, beta2, epsilon, weightDecay, corrections } = settings;
  const beta1 = checkBeta('scheduleFreeAdamw.beta1', settings.beta1);
  const which = checkDecayOf('scheduleFreeAdamw.decayOf', options.decayOf);
  const share = shares(rate);
  return {
    name: 'scheduleFreeAdamw',
    options: { ...settings.json, decayOf: which.json },
    slots: [NAME, 'secondMoment'],
    scalarCount: 4,
    learningRate: rate,
    scalars: (step, scale) => [
      rate(step, scale),
      share(step),
      rate(step, scale) * weightDecay,
      1 / corrections(step)[1],
    ],
    update(input) {
      const { gradient, scalars } = input;
      const secondMoment = secondMomentOf(slot(input, 'scheduleFreeAdamw', 'secondMoment'), gradient, beta2);
      const root = add(sqrt(mul(secondMoment, scalarAt(scalars, 3))), epsilon);
      const adapted = mul(div(gradient, root), neg(scalarAt(scalars, 0)));
      const step = weightDecay === 0 ? adapted : decayed(adapted, input, scalarAt(scalars, 2), which.match);
      const { update, slots } = moved(input, step, scalarAt(scalars, 1), beta1);
      return { update, slots: { ...slots, secondMoment } };
    },
    evaluationParameters: (input) => averageOf(input, beta1),
  };
}
