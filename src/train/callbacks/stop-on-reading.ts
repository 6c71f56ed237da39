/** @file Ending a run when a number that a trick shows leaves its bounds. */
import { checkKnownOptions, checkNumber, SaddlepointError, show, suggest } from '../../core/errors.ts';
import type { Callback, Control } from '../callback.ts';
import { TrainedModel } from '../model.ts';

export interface StopOnReadingOptions {
  /** The run ends when the reading is above; a finite number. */
  readonly above: number;
  /** The model is kept while the reading is at most so; ≤ `above`, default half of `above`. */
  readonly soundBelow?: number;
  /** Steps between two looks at most: an integer ≥ 1, default 25. */
  readonly every?: number;
}

export interface StopOnReading extends Callback {
  /** The model as it was when the reading was last at most `soundBelow`, running averages of weights left out; undefined before. */
  readonly lastSound: TrainedModel | undefined;
}

/**
 * Ends a run when a reading of a trick rises above a bound, and keeps the model of the last look at which it was sound: such as
 * before one-step adversarial training overfits (Wong et al. 2020, §5.4, stop when PGD accuracy on a batch collapses).
 *
 * @param reading the name of a reading, as in `step.readings`.
 * @throws SaddlepointError `option` for options out of range, and at the first step for a reading that the run does not have.
 * @example
 * const stop = stopOnReading('fastAdversarial.gap', { above: 0.5 });
 * const run = await fit(model, data, { tricks: [fastAdversarial({ epsilon: 0.3, guard: 'watch' })], callbacks: [stop], … });
 * const sound = run.ending === 'stopped' ? stop.lastSound : run;
 */
export function stopOnReading(reading: string, options: StopOnReadingOptions): StopOnReading {
  const name = 'stopOnReading';
  if (typeof reading !== 'string' || reading === '')
    throw new SaddlepointError('option', `${name}: expected the name of a reading, got ${show(reading)}`);
  checkKnownOptions(name, options, ['above', 'soundBelow', 'every']);
  const above = checkNumber(`${name}.above`, options.above, {});
  const sound = checkNumber(`${name}.soundBelow`, options.soundBelow ?? Math.min(above, above / 2), { max: above });
  const every = checkNumber(`${name}.every`, options.every ?? 25, { min: 1, integer: true });
  let lastSound: TrainedModel | undefined;
  return {
    ...{ name, every },
    get lastSound() {
      return lastSound;
    },
    onBegin() {
      lastSound = undefined;
    },
    async onStep({ step, readings = {} }, control) {
      const value = readings[reading];
      if (value === undefined) {
        const known = Object.keys(readings);
        const help = known.length > 0 ? suggest(reading, known) : 'no trick of this run has readings';
        throw new SaddlepointError('option', `${name}: the run has no reading '${reading}'`, help);
      }
      // The parameters are those after the last step of a call.
      if (value > above)
        control.stop(`${name}: ${reading} is ${value.toPrecision(3)}, above ${above}, at step ${step}`);
      else if (value <= sound && step + 1 === control.step) lastSound = await modelNow(control);
    },
  };
}

const modelNow = async (control: Control): Promise<TrainedModel> =>
  new TrainedModel({ ...control.prepared.state, parameters: await control.parameters() });
