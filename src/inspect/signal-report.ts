/** @file Whether signal gets through a model, forwards and backwards: activations and gradients of each layer on given rows. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { checkSymmetry } from '../nn/symmetry.ts';
import { targetSpec } from '../train/describe.ts';
import { type LayerSignal, layerSignals } from '../train/layer-signals.ts';
import { isTrainedModel, type TrainedModel } from '../train/model.ts';
import { type Data, type FitOptions, resolveOptions } from '../train/options.ts';
import { prepare } from '../train/prepare.ts';
import { textTable } from './table.ts';

export interface SignalReportOptions {
  /** Default: the loss that the model was trained by. A layer needs one. */
  readonly loss?: FitOptions['loss'];
  /** Of a layer's first parameters; default 0. */
  readonly seed?: number;
  /** Of a layer: whether f32 columns are standardized, as with `fit`; default true. */
  readonly standardize?: boolean;
  /** What a step of gradient descent would have, for ‖update‖ / ‖weights‖: ≥ 0, default 0.01. */
  readonly learningRate?: number;
  /** Of the histograms: a whole number ≥ 1, default 41. */
  readonly bins?: number;
}

/** Counts of values in equal bins from −limit to limit; those beyond are counted in the outermost. */
export interface Histogram {
  readonly limit: number;
  readonly counts: readonly number[];
}

/** One layer with weights. */
export interface SignalRow {
  readonly path: string;
  /** Of what the layer gives, activation included. */
  readonly activationMean: number;
  readonly activationDeviation: number;
  /** Share of values beyond ±0.97 of a layer that ends in tanh, beyond 0.03 or 0.97 of one that ends in sigmoid; else 0. */
  readonly saturated: number;
  /** Share of units that give 0 on every row, as dead relu do. */
  readonly dead: number;
  /** Standard deviation of the loss' gradient by the layer's product, before bias and activation. */
  readonly gradientDeviation: number;
  /** The same by what the layer gives. */
  readonly outputGradientDeviation: number;
  /** ‖learningRate · gradient‖ / ‖kernel‖: about 1e-3 is usual. */
  readonly updateRatio: number;
  readonly activations: Histogram;
  readonly gradients: Histogram;
}

/** What `signalReport` found; `toString` prints it as a table. */
export interface SignalReport {
  readonly layers: readonly SignalRow[];
  /** Deviation of the gradient by what the first layer gives over that of the last hidden one: 1 is ideal, 1e-4 has vanished, 100 explodes. */
  readonly gradientRatio: number;
  /** The same of activations, last over first. */
  readonly activationRatio: number;
  toString(): string;
}

/** A sigmoid's values beyond this are saturated, and tanh's: Glorot & Bengio 2010, figure 2. */
const SATURATED = 0.97;

/**
 * Sends rows through a model, and the loss' gradient back, once: before the first step it shows whether a network of this depth,
 * activation and initializer can learn at all. It redraws figures 6 and 7 of Glorot & Bengio 2010 (`signalFigure` of
 * saddlepoint/plot).
 *
 * @param model a layer, or a trained model.
 * @param batch rows and targets, some hundred: `{ x, y }`.
 * @throws SaddlepointError `option` for a layer without a loss, and for a hidden layer whose units all start equal; what `fit`
 *   throws before training.
 * @see Glorot & Bengio 2010, section 4.2: gradients are by the argument of the activation.
 * @example console.log(String(await signalReport(model, { x, y }, { loss: crossEntropy() })));
 */
export async function signalReport(
  model: Layer | TrainedModel,
  batch: Data,
  options: SignalReportOptions = {},
): Promise<SignalReport> {
  checkKnownOptions('signalReport', options, ['loss', 'seed', 'standardize', 'learningRate', 'bins']);
  const { learningRate: rate = 0.01, bins = 41, ...rest } = options;
  const learningRate = checkNumber('signalReport: learningRate', rate, { min: 0 });
  checkNumber('signalReport: bins', bins, { min: 1, integer: true });
  const loss = options.loss ?? (isTrainedModel(model) ? model.state.loss : undefined);
  if (loss === undefined)
    throw new SaddlepointError('option', 'signalReport: a layer needs a loss', '{ loss: crossEntropy() }');
  const resolved = await resolveOptions({ ...rest, loss, batchSize: 1 } as FitOptions);
  const { state, source, targets } = await prepare(model, batch, resolved);
  const signals = await layerSignals(state, {
    x: tensor(source.data, [source.rows, ...source.rowShape]),
    y: tensor(targets.data, targetSpec(targets, source.rows).shape),
  });
  if (!isTrainedModel(model)) checkSymmetry(state.parameters);
  const layers = signals.map((signal) => {
    const kernel = state.parameters.get(signal.kernel)?.data ?? [];
    return rowOf(signal, kernel, learningRate, bins);
  });
  const hidden = layers.slice(0, -1);
  const [first, last] = [hidden[0], hidden.at(-1)];
  return {
    layers,
    gradientRatio: first && last ? first.outputGradientDeviation / last.outputGradientDeviation : 1,
    activationRatio: first && last ? last.activationDeviation / first.activationDeviation : 1,
    toString: () => textOf(layers),
  };
}

function rowOf(signal: LayerSignal, kernel: ArrayLike<number>, learningRate: number, bins: number): SignalRow {
  const { path, activation, gradient, kernelGradient, units } = signal;
  const { mean, deviation } = momentsOf(activation);
  const gradientDeviation = momentsOf(gradient).deviation;
  const outputGradientDeviation = momentsOf(signal.outputGradient).deviation;
  return {
    ...{ path, activationMean: mean, activationDeviation: deviation, gradientDeviation, outputGradientDeviation },
    saturated: saturatedShare(activation),
    dead: deadShare(activation, units),
    updateRatio: (learningRate * length(kernelGradient)) / length(kernel),
    activations: histogram(activation, bins),
    gradients: histogram(gradient, bins),
  };
}

const length = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
}

/** By the range of the values: those of tanh lie within ±1, those of sigmoid within 0 … 1, and are dense there. */
function saturatedShare(values: Float64Array): number {
  const [low, high] = values.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  if (low < -1 || high > 1 || (low === 0 && high <= 1)) return 0;
  const isSigmoid = low > 0;
  const beyond = (x: number): boolean => Math.abs(x) > SATURATED || (isSigmoid && x < 1 - SATURATED);
  return values.filter(beyond).length / values.length;
}

function deadShare(values: Float64Array, units: number): number {
  let dead = 0;
  for (let unit = 0; unit < units; unit++) {
    let at = unit;
    while (at < values.length && values[at] === 0) at += units;
    if (at >= values.length) dead++;
  }
  return dead / units;
}

/** Out to four deviations from 0, so that a few far ones do not squeeze the rest. */
function histogram(values: Float64Array, bins: number): Histogram {
  const limit = 4 * Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length) || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((value + limit) / (2 * limit)) * bins)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { limit, counts };
}

function textOf(layers: readonly SignalRow[]): string {
  const number = (x: number): string => (x === 0 ? '0' : Math.abs(x) < 0.01 ? x.toExponential(1) : x.toPrecision(3));
  const share = (x: number): string => `${(100 * x).toFixed(0)} %`;
  const header = ['layer', 'mean', 'deviation', 'saturated', 'dead', 'gradient', 'update / weight'];
  return textTable(
    header,
    layers.map((row) => [
      ...[row.path, number(row.activationMean), number(row.activationDeviation), share(row.saturated)],
      ...[share(row.dead), number(row.gradientDeviation), number(row.updateRatio)],
    ]),
    ['layer'],
  );
}
