/** @file Schedules of schedules. */
import { checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { type Schedule, schedule } from './schedule.ts';

/** A schedule for some steps; it counts from 0 when its turn comes. */
export interface SchedulePart {
  readonly schedule: Schedule;
  /** A whole number ≥ 1; left out in the last part alone, which stays. */
  readonly steps?: number;
}

const jsonOf = (part: Schedule) => ({ name: part.name, options: part.options });

/**
 * One schedule after the other. Each counts its steps from 0; the last goes on for ever.
 *
 * @throws SaddlepointError `option` for no parts, or parts before the last without a number of steps.
 * @example joinSchedules([{ schedule: linearRamp({ from: 0, to: 1e-3, steps: 100 }), steps: 100 }, { schedule: stepDecay({ learningRate: 1e-3, every: 500 }) }])
 */
export function joinSchedules(parts: readonly SchedulePart[]): Schedule {
  if (!Array.isArray(parts) || parts.length === 0)
    throw new SaddlepointError('option', `joinSchedules: expected a list of { schedule, steps }, got ${show(parts)}`);
  let end = 0;
  const ends = (parts as readonly SchedulePart[]).map(({ steps }, i) => {
    if (i === parts.length - 1) return Number.POSITIVE_INFINITY;
    end += checkNumber(`joinSchedules[${i}].steps`, steps, { min: 1, integer: true });
    return end;
  });
  const json = (parts as readonly SchedulePart[]).map((part) => ({
    ...jsonOf(part.schedule),
    ...(part.steps === undefined ? {} : { steps: part.steps }),
  }));
  return schedule('joinSchedules', { parts: json }, (step) => {
    const at = ends.findIndex((last) => step < last);
    return (parts[at] as SchedulePart).schedule(step - (ends[at - 1] ?? 0));
  });
}

/**
 * The product of schedules: one gives the rate, the others factors. So what is set by hand, or by a plateau, composes with a
 * decay.
 *
 * @example sgd({ learningRate: multiplySchedules(cosineDecay({ learningRate: 0.1, steps: 5000 }), plateauRate({ learningRate: 1 })) })
 */
export function multiplySchedules(...factors: Schedule[]): Schedule {
  if (factors.length === 0) throw new SaddlepointError('option', 'multiplySchedules: expected at least one schedule');
  return schedule('multiplySchedules', { factors: factors.map(jsonOf) }, (step) =>
    factors.reduce((product, factor) => product * factor(step), 1),
  );
}
