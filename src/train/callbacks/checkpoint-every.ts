/** @file Checkpoints on the way. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import type { WriteTarget } from '../../io/place.ts';
import type { Callback } from '../callback.ts';

export interface CheckpointEveryOptions {
  /** Where to: as of `run.save`. A function of the step gives each its own file; else the last one is kept. */
  readonly path: WriteTarget | ((step: number) => WriteTarget);
  /** After how many epochs; a whole number ≥ 1, default 1. */
  readonly epochs?: number;
  /** After how many steps, besides; default: only after epochs. */
  readonly steps?: number;
}

/**
 * Saves a checkpoint after every so many epochs (and steps), and when the run ends. A file is written aside and renamed, so
 * that there is a whole one at any time.
 *
 * @throws SaddlepointError `option` for options out of range; `file` where it cannot be written: the run then fails too.
 * @example
 * await fit(model, data, { ...options, callbacks: [checkpointEvery({ path: 'run.checkpoint' })] });
 * // later, in another process:
 * await fit(model, data, { ...options, resume: await loadCheckpoint('run.checkpoint') });
 */
export function checkpointEvery(options: CheckpointEveryOptions): Callback {
  checkKnownOptions('checkpointEvery', options, ['path', 'epochs', 'steps']);
  const { path, steps } = options;
  const epochs = checkNumber('checkpointEvery.epochs', options.epochs ?? 1, { min: 1, integer: true });
  if (steps !== undefined) checkNumber('checkpointEvery.steps', steps, { min: 1, integer: true });
  const save = async (control: Parameters<NonNullable<Callback['onStep']>>[1]): Promise<void> => {
    const checkpoint = await control.checkpoint();
    await checkpoint.save(typeof path === 'function' ? path(checkpoint.step) : path);
  };
  return {
    ...(steps === undefined
      ? {}
      : {
          every: steps,
          async onStep({ step }, control) {
            if ((step + 1) % steps === 0) await save(control);
          },
        }),
    async onEpoch({ epoch }, control) {
      if (epoch % epochs === 0 || epoch === control.epochs) await save(control);
    },
  };
}
