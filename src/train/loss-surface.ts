/** @file The loss of a model over given rows as a function of its trained parameters, with gradient and Hessian products. */
import { checkDeviceOptions, type DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { type FlatFunction, type FlatLeaf, objectiveOf } from '../engine/objective.ts';
import { BLOCKS, scaled, weighed } from '../engine/step.ts';
import type { Tensor } from '../graph/tensor.ts';
import { tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { float } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { describeStep, targetSpec } from './describe.ts';
import { checkPlain, withoutNoise } from './full-batch.ts';
import { isTrainedModel, TrainedModel } from './model.ts';
import { type Data, type FitOptions, resolveOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { groupsOf, type Parameter } from './state.ts';

export interface LossSurfaceOptions extends Pick<DeviceOptions, 'device'> {
  /** What is measured; default: the loss that the model was trained by. A layer needs one. */
  readonly loss?: FitOptions['loss'];
  /** Of a layer's first parameters; default 0. */
  readonly seed?: number;
  /** Of a layer: whether f32 columns are standardized, as with `fit`; default true. */
  readonly standardize?: boolean;
}

/** A model's loss as a function of one vector: its trained leaves, one after the other. */
export interface LossSurface extends FlatFunction {
  /** The model, with what it began with. */
  readonly model: TrainedModel;
  /** The vector of parameters, such as `control.parameters()` or `run.parameters` give. */
  pointOf(parameters: ReadonlyMap<string, Pick<Parameter, 'data'>>): Float64Array;
  /** The model with other parameters; it shares all else. */
  modelAt(point: ArrayLike<number>): TrainedModel;
}

/**
 * The mean loss over all the rows, in predict mode, as a function of the trained parameters: what curvature, slices and critical
 * points are of. All rows go through the model at once: give it some thousand at most.
 *
 * @param model a trained model, or a layer, whose parameters are drawn by `seed`.
 * @param data rows and targets, as for `fit`.
 * @param options device: 'auto' (default); 'reference' computes in double precision.
 * @throws SaddlepointError `option` for models that draw random numbers or train tables by rows; what `fit` throws before training.
 * @example const surface = await lossSurface(run, { x, y }); await surface.value(surface.start);
 */
export async function lossSurface(
  model: Layer | TrainedModel,
  data: Data,
  options: LossSurfaceOptions = {},
): Promise<LossSurface> {
  checkKnownOptions('lossSurface', options, ['loss', 'seed', 'standardize', 'device']);
  const { device, ...rest } = options;
  checkDeviceOptions('lossSurface', { ...(device && { device }) });
  const loss = options.loss ?? (isTrainedModel(model) ? model.state.loss : undefined);
  if (loss === undefined)
    throw new SaddlepointError('option', 'lossSurface: a layer needs a loss', '{ loss: crossEntropy() }');
  const resolved = await resolveOptions({ ...rest, loss, batchSize: 1 } as FitOptions);
  const { state, source, targets } = await prepare(model, data, resolved);
  checkPlain(state, () => false, 'lossSurface');
  const description = describeStep({
    ...{ ...state, layer: withoutNoise(state.layer, 'lossSurface'), groups: groupsOf(state), source },
    targets: targetSpec(targets, source.rows),
  });
  const trained = Object.fromEntries(
    [...state.parameters].map(([path, { shape, data: values }]) => [path, tensor(values, shape)]),
  );
  const flatFunction = objectiveOf(
    (leaves: Record<string, Tensor>, batch: { readonly x: Tensor; readonly y: Tensor }) => {
      const width = sizeOf(source.rowShape);
      const x = scaled(reshape(float(batch.x), [source.rows, width]), state.inputScaling);
      const rows = { [BLOCKS.source]: reshape(x, batch.x.shape), [BLOCKS.target]: batch.y };
      const { losses, weights } = description.measure(new Map(Object.entries(leaves)), rows, { mode: 'predict' });
      return weighed(losses, weights);
    },
    trained,
    {
      x: tensor(source.data, [source.rows, ...source.rowShape]),
      y: tensor(targets.data, targetSpec(targets, source.rows).shape),
    },
    device === undefined ? {} : { device },
  );
  return {
    ...flatFunction,
    model: new TrainedModel(state),
    pointOf: (parameters) => pointOf(parameters, flatFunction),
    modelAt: (point) => new TrainedModel({ ...state, parameters: parametersAt(point, flatFunction) }),
  };
}

function pointOf(
  parameters: ReadonlyMap<string, Pick<Parameter, 'data'>>,
  { leaves, size }: Pick<FlatFunction, 'leaves' | 'size'>,
): Float64Array {
  const point = new Float64Array(size);
  for (const { path, offset, shape } of leaves) {
    const found = parameters.get(path)?.data;
    if (found?.length !== sizeOf(shape))
      throw new SaddlepointError(
        'shape',
        `lossSurface: '${path}' has ${found?.length ?? 'no'} numbers, expected ${sizeOf(shape)}`,
      );
    point.set(found, offset);
  }
  return point;
}

const parametersAt = (
  point: ArrayLike<number>,
  { leaves }: { readonly leaves: readonly FlatLeaf[] },
): Map<string, Parameter> =>
  new Map(
    leaves.map(({ path, offset, shape }) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => must(point[offset + i], 'a number'));
      return [path, { kind: 'trainable', shape, data }] as const;
    }),
  );
