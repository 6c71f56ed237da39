/** @file What the relatives of Adam have in common: options with their checks, slots, bias corrections. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { powInteger } from '../core/math.ts';
import type { AdamOptions } from './adam.ts';
import { learningRateOf } from './schedules/schedule.ts';

export const MOMENTS = ['firstMoment', 'secondMoment'] as const;

export interface AdamSettings {
  /** The learning rate of step 0, 1, …, times a run's scale. */
  readonly rate: (step: number, scale?: number) => number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ for t = step + 1. */
  readonly corrections: (step: number) => readonly [number, number];
  /** All of them, as they are saved. */
  readonly json: JsonObject;
}

/**
 * The options, checked, with their defaults in place.
 *
 * @param where the optimizer's name, for errors.
 * @param more names of options that the optimizer has besides.
 */
export function adamSettings(
  where: string,
  options: AdamOptions,
  defaults: { learningRate: number; epsilon?: number; beta2?: number; weightDecay?: number },
  more: readonly string[] = [],
): AdamSettings {
  checkKnownOptions(where, options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', ...more]);
  const rate = learningRateOf(where, options.learningRate ?? defaults.learningRate);
  const share = { min: 0, max: 1, openMax: true };
  const beta1 = checkNumber(`${where}.beta1`, options.beta1 ?? 0.9, share);
  const beta2 = checkNumber(`${where}.beta2`, options.beta2 ?? defaults.beta2 ?? 0.999, share);
  const epsilon = checkNumber(`${where}.epsilon`, options.epsilon ?? defaults.epsilon ?? 1e-8, {
    min: 0,
    openMin: true,
  });
  const weightDecay = checkNumber(`${where}.weightDecay`, options.weightDecay ?? defaults.weightDecay ?? 0, { min: 0 });
  return {
    ...{ rate: rate.at, beta1, beta2, epsilon, weightDecay },
    corrections: (step) => [1 - powInteger(beta1, step + 1), 1 - powInteger(beta2, step + 1)],
    json: { learningRate: rate.json, beta1, beta2, epsilon, weightDecay },
  };
}

/** Adam's two scalars: the rate and ε, each with the bias corrections in it (Kingma & Ba 2015, end of section 2). */
export function adamScalars(
  { rate, epsilon, corrections }: AdamSettings,
  step: number,
  scale?: number,
): [number, number] {
  const [first, second] = corrections(step);
  const root = Math.sqrt(second);
  return [(rate(step, scale) * root) / first, epsilon * root];
}
