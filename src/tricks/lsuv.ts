/**
 * @file Layer-sequential unit-variance initialization, a trick of kind 'model': Mishkin & Matas 2015 (arXiv 1511.06422), algorithm 1.
 * Deviations: orthogonal starts are drawn by the library's generator; a layer whose values are all equal is left as it is.
 */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { noScaling } from '../data/scaling.ts';
import { tensor } from '../graph/tensor.ts';
import { orthogonal } from '../nn/initializers-orthogonal.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import { layerSignals } from '../train/layer-signals.ts';
import { isTrainedModel, TrainedModel } from '../train/model.ts';
import { readSource } from '../train/read.ts';
import type { ModelTrick } from '../train/trick.ts';

export interface LsuvOptions {
  /** A layer is done when the variance of its products is within this of 1: > 0, default 0.1. */
  readonly tolerance?: number;
  /** Rescalings of a layer at most: a whole number ≥ 0, default 10; 0: nothing is done. */
  readonly maxTries?: number;
  /** Whether kernels start orthogonal, as in the paper; default true. False keeps what is there and only rescales it. */
  readonly orthogonal?: boolean;
}

/** Options of `lsuv(model, batch, …)`. */
export interface LsuvModelOptions extends LsuvOptions {
  /** Of the first parameters: a whole number in 0 … 2^32 − 1, default 0. */
  readonly seed?: number;
}

/**
 * Starts each layer so that what its kernel gives on real rows has variance 1: orthogonal kernels, then, layer by layer from the
 * input, W ← W / √variance until it is within the tolerance. So it suits any activation and depth.
 *
 * As a trick it looks at the first rows that are trained on, 256 at most. With a model and a batch it returns the model.
 *
 * @param options tolerance: of the variance, default 0.1; maxTries: default 10.
 * @throws SaddlepointError `option` for options out of range, `data` for a batch that does not fit.
 * @see Mishkin & Matas 2015, algorithm 1; Saxe et al. 2013 for the start.
 * @example await fit(model, data, { loss, tricks: [lsuv()] });
 * @example const ready = await lsuv(sequential([dense(100, { activation: 'tanh' }), dense(10)]), rows, { tolerance: 0.1 });
 */
export function lsuv(options?: LsuvOptions): ModelTrick;
/** @param batch rows as the model takes them, scaled already: [n, …], n ≥ 2. */
export function lsuv(model: Layer | TrainedModel, batch: unknown, options?: LsuvModelOptions): Promise<TrainedModel>;
export function lsuv(
  given: LsuvOptions | Layer | TrainedModel = {},
  batch?: unknown,
  options: LsuvModelOptions = {},
): ModelTrick | Promise<TrainedModel> {
  const isModel = given !== null && typeof given === 'object' && ('call' in given || 'state' in given);
  if (isModel) return ofModel(given as Layer | TrainedModel, batch, options);
  const settings = checked(given as LsuvOptions, ['tolerance', 'maxTries', 'orthogonal']);
  return {
    ...{ kind: 'model', name: 'lsuv', options: settings, isNeutral: settings.maxTries === 0 },
    prepare: (model, { x }, seed) => rescaled(model, x, settings, seed),
  };
}

function checked(options: LsuvOptions, names: readonly string[]) {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `lsuv: expected options, or a model and rows, got ${show(options)}`);
  checkKnownOptions('lsuv', options, names);
  const { orthogonal: isOrthogonal = true } = options;
  if (typeof isOrthogonal !== 'boolean')
    throw new SaddlepointError('option', `lsuv.orthogonal: expected true or false, got ${show(isOrthogonal)}`);
  return {
    tolerance: checkNumber('lsuv.tolerance', options.tolerance ?? 0.1, { min: 0, openMin: true }),
    maxTries: checkNumber('lsuv.maxTries', options.maxTries ?? 10, { min: 0, integer: true }),
    orthogonal: isOrthogonal,
  };
}

async function ofModel(model: Layer | TrainedModel, batch: unknown, options: LsuvModelOptions): Promise<TrainedModel> {
  const settings = checked(options, ['tolerance', 'maxTries', 'orthogonal', 'seed']);
  const seed = checkNumber('lsuv.seed', options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true });
  const source = readSource({ x: batch, y: undefined });
  const x = tensor(source.data, [source.rows, ...source.rowShape]);
  return rescaled(isTrainedModel(model) ? model : fresh(model, source.rowShape, seed), x, settings, seed);
}

/** A layer's first parameters as a model that takes rows as they are. */
function fresh(layer: Layer, inputShape: readonly number[], seed: number): TrainedModel {
  const { parameters, output } = initialize(layer, { shape: [1, ...inputShape], dtype: 'f32' }, seed);
  return new TrainedModel({
    ...{ layer, inputShape, inputScaling: noScaling, targetScaling: undefined, outputShape: output.shape.slice(1) },
    ...{ parameters: new Map(parameters.map(({ path, ...leaf }) => [path, leaf])), classes: undefined, metrics: [] },
    loss: { name: 'none', target: 'value', options: {}, call: (prediction) => prediction },
  });
}

async function rescaled(
  model: TrainedModel,
  x: ReturnType<typeof tensor>,
  settings: ReturnType<typeof checked>,
  seed: number,
): Promise<TrainedModel> {
  const { tolerance, maxTries } = settings;
  if ((x.shape[0] as number) < 2)
    throw new SaddlepointError('data', `lsuv: expected 2 rows or more to take a variance of, got ${x.shape[0]}`);
  const parameters = new Map(
    [...model.state.parameters].map(([path, leaf]) => [path, { ...leaf, data: leaf.data.slice() }]),
  );
  const state = { ...model.state, parameters };
  const first = await layerSignals(state, { x });
  if (settings.orthogonal)
    for (const { kernel } of first) {
      const leaf = parameters.get(kernel);
      leaf?.data.set(orthogonal().draw(leaf.shape, { seed, stream: streamOf(kernel) }));
    }
  for (let i = 0; i < first.length; i++)
    for (let tries = 0; tries < maxTries; tries++) {
      const signal = (await layerSignals(state, { x }))[i];
      const variance = signal === undefined ? 1 : varianceOf(signal.product);
      if (!(variance > 0) || Math.abs(variance - 1) <= tolerance) break;
      const data = parameters.get(signal?.kernel ?? '')?.data;
      data?.forEach((value, at) => {
        data[at] = value / Math.sqrt(variance);
      });
    }
  return new TrainedModel(state);
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
}
