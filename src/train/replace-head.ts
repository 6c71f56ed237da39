/** @file A trained body under a new last layer, for other classes or other values: transfer learning. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import { type Sequential, sequential } from '../nn/sequential.ts';
import { TrainedModel } from './model.ts';

export interface ReplaceHeadOptions {
  /** Of the new layer's first weights: a whole number in 0 … 2^32 − 1, default 0. */
  readonly seed?: number;
}

/**
 * Puts a new last layer on a trained model, so that it can learn other classes, or values, from what its other layers know. The
 * base stays as it is. What was done to the base's inputs (its scaling) is kept; classes and the scaling of targets are those of
 * the data that `fit` then gets, also of a model that was saved and read before.
 *
 * @param base a trained model that is `sequential`, of at least two layers; the last of them is replaced, whatever it holds.
 * @param head the new last layer: as many units as there are new classes, or values.
 * @param options seed: of the new layer's weights.
 * @returns a model to hand to `fit`; its predictions mean nothing before.
 * @throws SaddlepointError `option` for a base that is not trained, has other parts than a sequence, or was trained on records;
 *   `shape` where the new layer cannot take what the body gives.
 * @see Yosinski et al. 2014 (arXiv 1411.1792), section 2, for what is worth keeping, and when to `freeze` it.
 * @example
 * const base = await loadModel('digits.safetensors');
 * const run = await fit(replaceHead(base, dense(3, { name: 'letters' })), { x, y }, { loss: crossEntropy(), freeze: ['body'] });
 */
export function replaceHead(base: TrainedModel, head: Layer, options: ReplaceHeadOptions = {}): TrainedModel {
  checkKnownOptions('replaceHead', options, ['seed']);
  const seed = checkNumber('replaceHead.seed', options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true });
  const state = checkBase(base);
  if (typeof head?.type !== 'string')
    throw new SaddlepointError(
      'option',
      `replaceHead: expected a layer as the head, got ${show(head)}`,
      'for example dense(3), which has a unit for each of three classes',
    );
  const { layers, name } = state.layer as Sequential;
  const layer = sequential([...layers.slice(0, -1), head], name === undefined ? {} : { name });
  const { parameters, output } = initialize(layer, { shape: [1, ...state.inputShape], dtype: 'f32' }, seed);
  const inHead = `${head.name ?? layers.length - 1}/`;
  const leaves = parameters.map(({ path, ...leaf }) => {
    const kept = path.startsWith(inHead) ? undefined : state.parameters.get(path);
    return [path, kept ?? leaf] as const;
  });
  return new TrainedModel({
    ...{ layer, parameters: new Map(leaves), inputShape: state.inputShape, inputScaling: state.inputScaling },
    ...{ outputShape: output.shape.slice(1), targetScaling: undefined, classes: undefined, hasNewHead: true },
    ...{ loss: state.loss, metrics: state.metrics },
  });
}

function checkBase(base: TrainedModel): TrainedModel['state'] {
  const state = base?.state;
  if (state === undefined)
    throw new SaddlepointError(
      'option',
      `replaceHead: expected a trained model as the base, got ${show(base)}`,
      'what fit returns, or await loadModel(file); an untrained model is simply built with the other head',
    );
  if (state.columns !== undefined)
    throw new SaddlepointError(
      'option',
      'replaceHead: this model was trained on records, whose target is one of its columns',
      'train a new model on records with the other target',
    );
  const { layers } = state.layer as Partial<Sequential>;
  if (state.layer.type !== 'sequential' || layers === undefined || layers.length < 2)
    throw new SaddlepointError(
      'option',
      `replaceHead: expected a base that is sequential, of at least two layers, got ${state.layer.type}${
        layers === undefined ? '' : ` of ${layers.length}`
      }`,
      'a graph is built anew with other outputs; its leaves keep their paths',
    );
  return state;
}
