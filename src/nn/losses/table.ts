/** @file Losses and metrics by name, for models that are read from files: those that are not common are loaded when a file names one. */
import { SaddlepointError, suggest } from '../../core/errors.ts';
import { inOrder } from '../../core/in-order.ts';
import type { JsonObject } from '../../core/json.ts';
import { type AnyMetric, accuracy } from '../metrics.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';
import type { NamedOutput } from './named.ts';
import { huber, meanAbsoluteError, meanSquaredError } from './regression.ts';

const inner = ({ loss }: JsonObject): Promise<Loss> => lossFromJson(loss as JsonObject | undefined);

/** The losses of a file, by the names of their factories, which take options alone. */
const from = <Name extends string>(
  load: () => Promise<Readonly<Record<Name, (options: never) => Loss>>>,
  ...names: readonly Name[]
): Record<Name, (options: JsonObject) => Promise<Loss>> =>
  Object.fromEntries(
    names.map((name) => [name, async (options: JsonObject) => (await load())[name](options as never)]),
  ) as Record<Name, (options: JsonObject) => Promise<Loss>>;

const LOSSES: Readonly<Record<string, (options: JsonObject) => Promise<Loss>>> = {
  ...from(
    async () => ({ crossEntropy, binaryCrossEntropy, meanSquaredError, meanAbsoluteError, huber }),
    ...(['crossEntropy', 'binaryCrossEntropy', 'meanSquaredError', 'meanAbsoluteError', 'huber'] as const),
  ),
  ...from(
    () => import('./others.ts'),
    ...(['klDivergence', 'focal', 'binaryFocal', 'hinge', 'squaredHinge', 'multiClassHinge', 'smoothL1'] as const),
    ...(['logCosh', 'poissonNegativeLogLikelihood', 'pairwiseRanking', 'infoNce', 'sigmoidContrastive'] as const),
  ),
  quantileLoss: async ({ quantile }) => (await import('./others.ts')).quantileLoss(quantile as number),
  async withClassWeights(options) {
    const { withClassWeights } = await import('./others.ts');
    return withClassWeights(await inner(options), options.weights as number[]);
  },
  async ignoring(options) {
    const { ignoring } = await import('./others.ts');
    return ignoring(await inner(options), options.ignored as number);
  },
  player: async () => (await import('./others.ts')).playerLoss(),
  async named(options) {
    const { namedLoss } = await import('./others.ts');
    return namedLoss(await outputsFromJson(options));
  },
};

/** The outputs of a `named` loss. */
async function outputsFromJson({ outputs }: JsonObject): Promise<NamedOutput[]> {
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
  const parts = outputs as unknown as NamedOutput[];
  const losses = await inOrder(parts.map(({ loss }) => lossFromJson(loss as unknown as JsonObject)));
  return parts.map((output, i) => ({
    ...output,
    loss: losses[i] as Loss,
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
export async function lossFromJson(json: JsonObject | null | undefined): Promise<Loss> {
  const name = String(json?.name);
  const make = Object.hasOwn(LOSSES, name) ? LOSSES[name] : undefined;
  if (make === undefined)
    throw new SaddlepointError('file', `the model's loss '${name}' is unknown`, suggest(name, Object.keys(LOSSES)));
  return make((json?.options ?? {}) as JsonObject);
}

/** Metrics that are made of sums and rows. */
const STREAMING = [
  ...[
    'balancedAccuracy',
    'cohenKappa',
    'f1',
    'matthewsCorrelation',
    'precision',
    'recall',
    'averagePrecision',
    'rocAuc',
  ],
  ...['expectedCalibrationError', 'maximumCalibrationError', 'r2', 'rootMeanSquaredError'],
];
const streaming = (): Promise<Readonly<Record<string, unknown>>> => import('../metrics/by-name.ts');

/** The metric of that name, every loss with default options included; undefined for a metric of the user's own. */
export async function metricFromName(name: string): Promise<AnyMetric | undefined> {
  if (name === 'accuracy') return accuracy();
  // With their default options.
  if (STREAMING.includes(name)) return ((await streaming())[name] as () => AnyMetric)();
  const k = /^top([1-9]\d*)Accuracy$/.exec(name)?.[1];
  if (k !== undefined) return ((await streaming()).topKAccuracy as (k: number) => AnyMetric)(Number(k));
  return Object.hasOwn(LOSSES, name) && !NEED_OPTIONS.includes(name) ? LOSSES[name]?.({}) : undefined;
}
