/** @file Losses and metrics by name, for models that are read from files. */
import { SaddlepointError, suggest } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { expectedCalibrationError, maximumCalibrationError, topKAccuracy } from '../metrics/calibration.ts';
import { balancedAccuracy, cohenKappa, f1, matthewsCorrelation, precision, recall } from '../metrics/confusion.ts';
import { averagePrecision, rocAuc } from '../metrics/ranking.ts';
import { r2, rootMeanSquaredError } from '../metrics/values.ts';
import { type AnyMetric, accuracy } from '../metrics.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import * as contrastive from './contrastive.ts';
import { crossEntropy } from './cross-entropy.ts';
import { klDivergence } from './divergence.ts';
import { binaryFocal, focal } from './focal.ts';
import { hinge, multiClassHinge, squaredHinge } from './hinge.ts';
import type { Loss } from './loss.ts';
import { type NamedOutput, namedLoss } from './named.ts';
import { playerLoss } from './player.ts';
import { huber, meanAbsoluteError, meanSquaredError } from './regression.ts';
import { logCosh, poissonNegativeLogLikelihood, quantileLoss, smoothL1 } from './robust.ts';
import { ignoring, withClassWeights } from './weighted.ts';

const inner = ({ loss }: JsonObject): Loss => lossFromJson(loss as JsonObject | undefined);

const LOSSES: Readonly<Record<string, (options: JsonObject) => Loss>> = {
  crossEntropy,
  binaryCrossEntropy,
  klDivergence,
  focal,
  binaryFocal,
  hinge,
  squaredHinge,
  multiClassHinge,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  smoothL1,
  logCosh,
  quantileLoss: ({ quantile }) => quantileLoss(quantile as number),
  poissonNegativeLogLikelihood,
  withClassWeights: (options) => withClassWeights(inner(options), options.weights as number[]),
  ignoring: (options) => ignoring(inner(options), options.ignored as number),
  pairwiseRanking: contrastive.pairwiseRanking,
  infoNce: contrastive.infoNce,
  sigmoidContrastive: contrastive.sigmoidContrastive,
  player: playerLoss,
  named: (options) => namedLoss(outputsFromJson(options)),
};

/** The outputs of a `named` loss. */
function outputsFromJson({ outputs }: JsonObject): NamedOutput[] {
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  const areNumbers = (value: unknown) => Array.isArray(value) && value.every((one) => Number.isFinite(one));
  const legal = (output: Partial<NamedOutput>): boolean =>
    typeof output.name === 'string' &&
    areNumbers(output.shape) &&
    [output.offset, output.targetOffset, output.targetWidth].every(isCount) &&
    Number.isFinite(output.weight) &&
    [output.shift, output.scale].every((list) => list === null || areNumbers(list));
  if (!Array.isArray(outputs) || outputs.length === 0 || !outputs.every(legal))
    throw new SaddlepointError('file', "the model's outputs are damaged");
  return (outputs as unknown as (NamedOutput & { loss: unknown })[]).map((output) => ({
    ...output,
    loss: lossFromJson(output.loss as unknown as JsonObject),
    shift: output.shift ?? undefined,
    scale: output.scale ?? undefined,
  }));
}

/** Losses that cannot be made without options. */
const NEED_OPTIONS = [
  'quantileLoss',
  'withClassWeights',
  'ignoring',
  'player',
  'named',
  'pairwiseRanking',
  'infoNce',
  'sigmoidContrastive',
];

/** @throws SaddlepointError `file` for a name that no loss has. */
export function lossFromJson(json: JsonObject | null | undefined): Loss {
  const name = String(json?.name);
  const make = Object.hasOwn(LOSSES, name) ? LOSSES[name] : undefined;
  if (make === undefined)
    throw new SaddlepointError('file', `the model's loss '${name}' is unknown`, suggest(name, Object.keys(LOSSES)));
  return make((json?.options ?? {}) as JsonObject);
}

/** Metrics that are made of sums and rows, with their default options. */
const STREAMING = [
  ...[balancedAccuracy, cohenKappa, f1, matthewsCorrelation, precision, recall, averagePrecision, rocAuc],
  ...[expectedCalibrationError, maximumCalibrationError, r2, rootMeanSquaredError],
] as const;

/** The metric of that name, every loss with default options included; undefined for a metric of the user's own. */
export function metricFromName(name: string): AnyMetric | undefined {
  if (name === 'accuracy') return accuracy();
  const streaming = STREAMING.map((make): AnyMetric => make()).find((metric) => metric.name === name);
  if (streaming !== undefined) return streaming;
  const k = /^top([1-9]\d*)Accuracy$/.exec(name)?.[1];
  if (k !== undefined) return topKAccuracy(Number(k));
  return Object.hasOwn(LOSSES, name) && !NEED_OPTIONS.includes(name) ? LOSSES[name]?.({}) : undefined;
}
