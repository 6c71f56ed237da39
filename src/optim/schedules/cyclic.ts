/** @file Cycles: a value that goes up and down between two others. */
import { checkKnownOptions, checkName, checkNumber } from '../../core/errors.ts';
import { powInteger } from '../../core/math.ts';
import { type Schedule, schedule } from './schedule.ts';

export interface CyclicOptions {
  /** The value at the start of each cycle, ≥ 0. */
  readonly from: number;
  /** The value in its middle, ≥ 0; below `from` for what runs the other way, such as a momentum beside a rate. */
  readonly to: number;
  /** Steps from one to the other, a whole number ≥ 1. */
  readonly up: number;
  /** Steps back, a whole number ≥ 1; default: as many. */
  readonly down?: number;
  /** How the height of the cycles changes: 'constant' (default), 'halving' a cycle, or by `factor` a step. */
  readonly height?: 'constant' | 'halving' | 'exponential';
  /** For 'exponential': in (0, 1], default 1. */
  readonly factor?: number;
}

/**
 * In straight lines from one value to another within `up` steps, back within `down`, and again.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Smith 2017, "Cyclical learning rates for training neural networks": triangular, triangular2 ('halving'), exp_range.
 * @example sgd({ learningRate: cyclic({ from: 0.001, to: 0.1, up: 2000, height: 'halving' }) })
 */
export function cyclic(options: CyclicOptions): Schedule {
  checkKnownOptions('cyclic', options, ['from', 'to', 'up', 'down', 'height', 'factor']);
  const from = checkNumber('cyclic.from', options.from, { min: 0 });
  const to = checkNumber('cyclic.to', options.to, { min: 0 });
  const up = checkNumber('cyclic.up', options.up, { min: 1, integer: true });
  const down = checkNumber('cyclic.down', options.down ?? up, { min: 1, integer: true });
  const height = checkName('cyclic.height', options.height ?? 'constant', ['constant', 'halving', 'exponential']);
  const factor = checkNumber('cyclic.factor', options.factor ?? 1, { min: 0, openMin: true, max: 1 });
  return schedule('cyclic', { from, to, up, down, height, factor }, (step) => {
    const within = step % (up + down);
    const risen = within <= up ? within / up : (up + down - within) / down;
    const scale = {
      constant: () => 1,
      halving: () => powInteger(0.5, Math.floor(step / (up + down))),
      exponential: () => powInteger(factor, step),
    }[height]();
    return from + (to - from) * risen * scale;
  });
}
