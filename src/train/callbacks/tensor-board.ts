/** @file A run's numbers as event files for TensorBoard. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { EventFile } from '../../io/event-file.ts';
import type { Callback, Control } from '../callback.ts';
import { numbersOf } from './monitor.ts';

export interface TensorBoardOptions {
  /** Writes loss and gradient norm of every so many steps, too: a whole number ≥ 1; default: of none. */
  readonly steps?: number;
}

/**
 * Writes each epoch's numbers as event files: those of training into `folder/train`, those of rows held out into
 * `folder/validation`, as two runs of which TensorBoard draws one chart for each number. Tags are `epoch/loss`,
 * `epoch/accuracy` … by epoch, `epoch/learningRate` where the optimizer has one, and with `steps` also `step/loss` and
 * `step/gradientNorm` by step, counted from 0. Files are written at the end of each epoch; a run that goes on from a checkpoint
 * begins files of its own, which TensorBoard joins.
 *
 * @param folder is made if it is not there; one folder a run.
 * @throws SaddlepointError `option` for no folder or options out of range; `file`, while the run is on, where it cannot be
 *   written.
 * @see tensorflow/core/util/event.proto and tensorflow/core/lib/io/record_writer.h.
 * @example
 * await fit(model, data, { loss, validation: 0.1, callbacks: [tensorBoard('runs/first')] });
 * // npx or pip: tensorboard --logdir runs
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): Callback {
  if (typeof folder !== 'string' || folder === '')
    throw new SaddlepointError('option', `tensorBoard: expected a folder, got ${show(folder)}`, "such as 'runs/first'");
  checkKnownOptions('tensorBoard', options, ['steps']);
  const { steps } = options;
  if (steps !== undefined) checkNumber('tensorBoard.steps', steps, { min: 1, integer: true });
  const files = new Map<string, EventFile>();
  const add = (side: 'train' | 'validation', step: number, scalars: Readonly<Record<string, number>>): void => {
    const { join } = process.getBuiltinModule('node:path');
    const file = files.get(side) ?? new EventFile(join(folder, side));
    files.set(side, file);
    file.add({ step, wallTime: Date.now() / 1000, scalars });
  };
  const flush = async (): Promise<void> => {
    for (const file of files.values()) await file.flush();
  };
  return {
    name: 'tensorBoard',
    onBegin() {
      files.clear();
    },
    ...(steps !== undefined && {
      onStep({ step, loss, gradientNorm }) {
        if (step % steps === 0) add('train', step, { 'step/loss': loss, 'step/gradientNorm': gradientNorm });
      },
    }),
    async onEpoch(record, control) {
      const rate = rateOf(control);
      const own = [...numbersOf({ ...record, validation: undefined as never })];
      const named = (numbers: Iterable<readonly [string, number]>) =>
        Object.fromEntries([...numbers].map(([name, value]) => [`epoch/${name}`, value]));
      add('train', record.epoch, {
        ...named(own),
        ...(rate !== undefined && { 'epoch/learningRate': rate }),
      });
      if (record.validation) add('validation', record.epoch, named(Object.entries(record.validation)));
      await flush();
    },
    onEnd: flush,
  };
}

/** The rate of the next step; optimizers without one refuse to tell. */
function rateOf(control: Control): number | undefined {
  try {
    return control.learningRate;
  } catch {
    return undefined;
  }
}
