/** @file Keras models, of versions 2 and 3, as models of ours: config and weights, converted and checked. */
import { checkKnownOptions, must, SaddlepointError } from '../../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { ClassName } from '../../data/labels.ts';
import { noScaling } from '../../data/scaling.ts';
import { apply, type GraphNode, graph, input } from '../../nn/graph.ts';
import { initialize, type Layer } from '../../nn/layer.ts';
import type { Loss } from '../../nn/losses/loss.ts';
import { meanSquaredError } from '../../nn/losses/regression.ts';
import { sequential } from '../../nn/sequential.ts';
import { TrainedModel } from '../../train/model.ts';
import { type Parameter, unitsOf } from '../../train/state.ts';
import { type KerasLayer, type KerasModel, readConfig, rowShape } from './config.ts';
import { KERAS_LAYERS, type Reading, Unsupported } from './layers.ts';
import { type KerasWeights, ownValues, type Weight, weightSource } from './weights.ts';

export interface KerasImportOptions {
  /** The shape of one row, without the batch; needed where the config leaves sizes open. */
  readonly inputShape?: Shape;
  /**
   * What it will be trained with, and how its answers are read; default `meanSquaredError()`: the model's own numbers. With
   * `crossEntropy()` or `binaryCrossEntropy()` a softmax or sigmoid at the end is taken off, since these losses want logits,
   * and answers are probabilities all the same.
   */
  readonly loss?: Loss;
  /** Names of the classes; default 0, 1, …. Only with a loss of classes. */
  readonly classes?: readonly ClassName[];
}

/**
 * A Keras model, Sequential or Functional with one input and one output, of Keras 2 or 3 or TensorFlow.js. Layers keep their
 * names, which are the paths of their parameters; gates of GRUs are put in our order (reset, update, candidate).
 *
 * @param config what `model.to_json()` gives, the `config.json` of a `.keras` file, or the `model.json` of TensorFlow.js: text
 *   or object.
 * @param weights with a `model.json`, the bytes of its shards one after the other; else `model.get_weights()` in its order, for
 *   example `Object.values(await readNpz(…))` of `np.savez('weights.npz', *model.get_weights())`, or the tensors by name.
 * @throws SaddlepointError `file` that lists all layers and options that are not supported, or all weights that do not fit.
 * @see https://keras.io/api/models/model_saving_apis
 * @example
 * const model = importKeras(await (await fetch('model.json')).json(), shard, { loss: crossEntropy() });
 * await fit(model, mine, { loss: crossEntropy(), freeze: ['conv2d'] });
 */
export function importKeras(config: unknown, weights: KerasWeights, options: KerasImportOptions = {}): TrainedModel {
  checkKnownOptions('importKeras', options, ['inputShape', 'loss', 'classes']);
  const { loss = meanSquaredError() as Loss } = options;
  const model = withoutLast(readConfig(config), loss);
  const readings = readLayers(model);
  const layer = assembled(model, readings);
  const inputShape = rowShape(model, options.inputShape);
  const { parameters: leaves, output } = initialize(layer, { shape: [1, ...inputShape], dtype: 'f32' }, 0);
  const given = weightsByPath(model, readings, weightSource(config, weights));
  const parameters = new Map<string, Parameter>();
  const problems = [...given.problems];
  for (const { path, kind, shape } of leaves) {
    const found = given.byPath.get(path);
    if (found === undefined) {
      if (given.problems.length === 0) problems.push(`missing ${path} ${showShape(shape)}`);
    } else if (found.data.length !== sizeOf(shape) || !fits(found.shape, shape))
      problems.push(`${path}: expected ${showShape(shape)}, got ${showShape(found.shape)}`);
    else parameters.set(path, { kind, shape, data: Float32Array.from(found.data) });
  }
  if (problems.length > 0)
    throw new SaddlepointError('file', `importKeras: the weights do not fit: ${problems.slice(0, 20).join('; ')}`);
  const outputShape = output.shape.slice(1);
  const units = unitsOf({ outputShape, loss });
  const classes = options.classes ?? (loss.target === 'class' ? Array.from({ length: units }, (_, i) => i) : undefined);
  return new TrainedModel({
    ...{ layer, parameters, inputShape, inputScaling: noScaling, targetScaling: undefined, outputShape },
    ...{ classes, loss, metrics: [] },
  });
}

/** Equal but for axes of one, as the pointwise kernel of a separable convolution has them. */
const fits = (theirs: Shape, ours: Shape): boolean =>
  theirs.filter((size) => size !== 1).join() === ours.filter((size) => size !== 1).join();

/** The model without the softmax or sigmoid that a loss of logits contains. */
function withoutLast(model: KerasModel, loss: Loss): KerasModel {
  const ends = loss.target === 'class' ? 'softmax' : loss.target === 'binary' ? 'sigmoid' : undefined;
  if (ends === undefined || loss.options.fromProbabilities === true) return model;
  const without = (layer: KerasLayer): KerasLayer => {
    if (layer.name !== model.output || layer.config.activation !== ends) return layer;
    return { ...layer, config: { ...layer.config, activation: 'linear' } };
  };
  return { ...model, layers: model.layers.map(without) };
}

/** Each layer by its name; all that cannot be read at once. */
function readLayers({ layers }: KerasModel): ReadonlyMap<string, Reading> {
  const problems: string[] = [];
  const readings = new Map<string, Reading>();
  for (const { className, name, config } of layers) {
    const read = Object.hasOwn(KERAS_LAYERS, className) ? KERAS_LAYERS[className] : undefined;
    try {
      if (read === undefined) throw new Unsupported('no such layer here');
      readings.set(name, read(config as Parameters<typeof read>[0], { name }));
    } catch (error) {
      if (!(error instanceof Unsupported) && !(error instanceof SaddlepointError)) throw error;
      problems.push(`${className} '${name}': ${error.message.split('\n')[0]}`);
    }
  }
  if (problems.length === 0) return readings;
  throw new SaddlepointError(
    'file',
    `importKeras: ${problems.length} layers are not supported: ${problems.join('; ')}`,
    `layers that are: ${Object.keys(KERAS_LAYERS).join(', ')}`,
  );
}

/** A `sequential` of a chain, else a `graph`. */
function assembled({ layers, input: from, output }: KerasModel, readings: ReadonlyMap<string, Reading>): Layer {
  const layerOf = (name: string) => must(readings.get(name), name).layer;
  const isChain = layers.every(
    (layer, i) => layer.from.length === 1 && layer.from[0] === (layers[i - 1]?.name ?? from),
  );
  if (isChain && layers.at(-1)?.name === output)
    return sequential(layers.map(({ name }) => layerOf(name) as unknown as Layer));
  const nodes = new Map<string, GraphNode>([[from, input('x')]]);
  const waiting = [...layers];
  while (waiting.length > 0) {
    const at = waiting.findIndex((layer) => layer.from.length > 0 && layer.from.every((name) => nodes.has(name)));
    if (at < 0)
      throw new SaddlepointError(
        'file',
        `importKeras: nothing leads to ${waiting.map(({ name }) => `'${name}'`).join(', ')}`,
      );
    const [next] = waiting.splice(at, 1) as [KerasLayer];
    const parts = next.from.map((name) => must(nodes.get(name), name));
    nodes.set(next.name, apply(layerOf(next.name), isMerge(next) ? parts : (parts[0] as GraphNode)));
  }
  const end = nodes.get(output);
  if (end === undefined)
    throw new SaddlepointError('file', `importKeras: there is no layer '${output}' for the output`);
  return graph({ inputs: nodes.get(from) as GraphNode, outputs: end });
}

const isMerge = ({ className }: KerasLayer): boolean =>
  ['Add', 'Multiply', 'Average', 'Maximum', 'Concatenate'].includes(className);

/** The values of our leaves, by path. */
function weightsByPath(
  { layers }: KerasModel,
  readings: ReadonlyMap<string, Reading>,
  source: ReturnType<typeof weightSource>,
): { readonly byPath: ReadonlyMap<string, Weight>; readonly problems: readonly string[] } {
  const byPath = new Map<string, Weight>();
  const problems: string[] = [];
  for (const layer of layers) {
    for (const [leaf, variable] of must(readings.get(layer.name), layer.name).leaves) {
      const theirs = source.next(layer.name, variable);
      if (theirs === undefined) problems.push(`missing ${layer.name}/${variable}`);
      else if (theirs.data.length !== sizeOf(theirs.shape))
        problems.push(`${layer.name}/${variable}: ${theirs.data.length} values for ${showShape(theirs.shape)}`);
      else for (const [own, weight] of ownValues(layer, leaf, theirs)) byPath.set(`${layer.name}/${own}`, weight);
    }
  }
  problems.push(...source.rest().map((name) => `unexpected ${name}`));
  return { byPath, problems };
}
