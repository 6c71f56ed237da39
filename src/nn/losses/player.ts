/** @file What stands for the loss of a model that was trained as a player: it is no function of rows and targets. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Loss } from './loss.ts';

/** Its predictions are values as they are; evaluating it is an error. */
export const playerLoss = (): Loss => ({
  name: 'player',
  target: 'value',
  options: {},
  call() {
    throw new SaddlepointError(
      'option',
      'evaluate: a model that was trained as a player has no loss of rows and targets',
      'compare what it predicts, or train it on by fit with a loss',
    );
  },
});
