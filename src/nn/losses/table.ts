/** @file Losses and metrics by name, for models that are read from files. */
import { SaddlepointError, suggest } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { accuracy, type Metric } from '../metrics.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';
import { playerLoss } from './player.ts';
import { huber, meanAbsoluteError, meanSquaredError } from './regression.ts';

const LOSSES: Readonly<Record<string, (options: JsonObject) => Loss>> = {
  crossEntropy,
  binaryCrossEntropy,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  player: playerLoss,
};

/** @throws SaddlepointError `file` for a name that no loss has. */
export function lossFromJson(json: JsonObject | null | undefined): Loss {
  const name = String(json?.name);
  const make = Object.hasOwn(LOSSES, name) ? LOSSES[name] : undefined;
  if (make === undefined)
    throw new SaddlepointError('file', `the model's loss '${name}' is unknown`, suggest(name, Object.keys(LOSSES)));
  return make((json?.options ?? {}) as JsonObject);
}

/** The metric of that name, every loss with default options included; undefined for a metric of the user's own. */
export function metricFromName(name: string): Metric | undefined {
  if (name === 'accuracy') return accuracy();
  return Object.hasOwn(LOSSES, name) ? LOSSES[name]?.({}) : undefined;
}
