/** @file Numbers that change from step to step, such as the learning rate. */
import { checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';

/** The value of step 0, 1, …: a pure function, with the name and options that it came from. */
export type Schedule = ((step: number) => number) & { readonly name: string; readonly options: JsonObject };

/** Gives a function of the step its name and options. */
export function schedule(name: string, options: JsonObject, at: (step: number) => number): Schedule {
  const named = (step: number): number => at(step);
  Object.defineProperty(named, 'name', { value: name });
  return Object.assign(named, { options }) as Schedule;
}

/** A learning rate as an optimizer keeps it: its value at a step (times a run's scale), and as JSON. */
export function learningRateOf(
  where: string,
  given: number | Schedule,
): { at: (step: number, scale?: number) => number; json: Json } {
  if (typeof given === 'function') {
    if (typeof given.options !== 'object') {
      throw new SaddlepointError(
        'option',
        `${where}.learningRate: expected a number or a schedule, got ${show(given)}`,
        'make one with schedule(name, options, step => …)',
      );
    }
    return { at: (step, scale = 1) => given(step) * scale, json: { name: given.name, options: given.options } };
  }
  const rate = checkNumber(`${where}.learningRate`, given, { min: 0 });
  return { at: (_step, scale = 1) => rate * scale, json: rate };
}
