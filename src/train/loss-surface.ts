/** @file The loss of a model over given rows as a function of its trained parameters, with gradient and Hessian products. */
import { checkDeviceOptions, type DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, checkName, must, SaddlepointError } from '../core/errors.ts';
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
import { lossesOnPlane, type Plane } from './loss-plane.ts';
import { isTrainedModel, TrainedModel } from './model.ts';
import { type Data, type FitOptions, resolveOptions } from './options.ts';
import { type Prepared, prepare } from './prepare.ts';
import { groupsOf, type Parameter } from './state.ts';

export interface LossSurfaceOptions extends Pick<DeviceOptions, 'device'> {
  /** What is measured; default: the loss that the model was trained by. A layer needs one. */
  readonly loss?: FitOptions['loss'];
  /** Of a layer's first parameters; default 0. */
  readonly seed?: number;
  /** Of a layer: whether f32 columns are standardized, as with `fit`; default true. */
  readonly standardize?: boolean;
  /**
   * What batch normalization divides by: 'held' (default), the model's running statistics, the same at every point, as Li et al.
   * 2018 look around a trained network; 'batch': those of the rows at each point, as they would be after
   * `reestimateStatistics` there. Running statistics belong to one set of weights: far from it, and from one model to another,
   * held ones show walls that are none (Jordan et al. 2023, REPAIR).
   */
  readonly statistics?: 'held' | 'batch';
}

/** A model's loss as a function of one vector: its trained leaves, one after the other. */
export interface LossSurface extends FlatFunction {
  /** The model, with what it began with. */
  readonly model: TrainedModel;
  /** The vector of parameters, such as `control.parameters()` or `run.parameters` give. */
  pointOf(parameters: ReadonlyMap<string, Pick<Parameter, 'data'>>): Float64Array;
  /** The model with other parameters; it shares all else. */
  modelAt(point: ArrayLike<number>): TrainedModel;
  /**
   * The loss at many points of a line or a plane, a row each: all by one plan, in f32. NaN and infinities are kept.
   *
   * @throws SaddlepointError `shape` for vectors of another length, `aborted` by the plane's signal.
   */
  along(plane: Plane): Promise<Float64Array>;
}

/**
 * The mean loss over all the rows, in predict mode, as a function of the trained parameters: what curvature, slices and critical
 * points are of. All rows go through the model at once: give it some thousand at most. Running statistics are no part of the
 * vector: see `statistics`.
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
  checkKnownOptions('lossSurface', options, ['loss', 'seed', 'standardize', 'device', 'statistics']);
  const { device, statistics, ...rest } = options;
  checkDeviceOptions('lossSurface', { ...(device && { device }) });
  const loss = options.loss ?? (isTrainedModel(model) ? model.state.loss : undefined);
  if (loss === undefined)
    throw new SaddlepointError('option', 'lossSurface: a layer needs a loss', '{ loss: crossEntropy() }');
  const resolved = await resolveOptions({ ...rest, loss, batchSize: 1 } as FitOptions);
  return surfaceOf(await prepare(model, data, resolved), { device, statistics });
}

interface SurfacePlace {
  readonly device?: DeviceOptions['device'] | undefined;
  readonly statistics?: LossSurfaceOptions['statistics'] | undefined;
}

/** The layer whose batch normalizations alone do as in training. */
function normalizingByBatch<In, Out>(part: Layer<In, Out>): Layer<In, Out> {
  return {
    ...part,
    call: (x, context) =>
      part.call(x, {
        ...context,
        mode: /batchNorm$/i.test(part.type) ? 'train' : 'predict',
        child: (inner, index, input) => context.child(normalizingByBatch(inner), index, input),
      }),
  };
}

/** The surface of a model over all its rows, from what a run has made ready. */
export function surfaceOf(
  { state, source, targets }: Pick<Prepared, 'state' | 'source' | 'targets'>,
  { device, statistics = 'held' }: SurfacePlace = {},
): LossSurface {
  checkName('lossSurface: statistics', statistics, ['held', 'batch']);
  const isHeld = (path: string): boolean => state.parameters.get(path)?.kind === 'state';
  checkPlain(state, isHeld, 'lossSurface');
  const quiet = withoutNoise(state.layer, 'lossSurface');
  const description = describeStep({
    ...{ ...state, layer: statistics === 'batch' ? normalizingByBatch(quiet) : quiet, groups: groupsOf(state), source },
    targets: targetSpec(targets, source.rows),
  });
  const tensorsOf = (areHeld: boolean): Record<string, Tensor> =>
    Object.fromEntries(
      [...state.parameters].flatMap(([path, { shape, data: values }]) =>
        isHeld(path) === areHeld ? [[path, tensor(values, shape)]] : [],
      ),
    );
  const [trained, held] = [tensorsOf(false), tensorsOf(true)];
  const mode = statistics === 'batch' ? 'train' : 'predict';
  const lossOf = (leaves: Readonly<Record<string, Tensor>>, batch: Readonly<Record<string, Tensor>>): Tensor => {
    const given = must(batch[BLOCKS.source], 'rows');
    const x = scaled(reshape(float(given), [source.rows, sizeOf(source.rowShape)]), state.inputScaling);
    const rows = { [BLOCKS.source]: reshape(x, given.shape), [BLOCKS.target]: must(batch[BLOCKS.target], 'targets') };
    const { losses, weights } = description.measure(new Map(Object.entries({ ...held, ...leaves })), rows, {
      ...{ mode, updates: new Map<string, Tensor>() },
    });
    return weighed(losses, weights);
  };
  const batch = {
    [BLOCKS.source]: tensor(source.data, [source.rows, ...source.rowShape]),
    [BLOCKS.target]: tensor(targets.data, targetSpec(targets, source.rows).shape),
  };
  const flatFunction = objectiveOf(lossOf, trained, batch, device === undefined ? {} : { device });
  return {
    ...flatFunction,
    along: (plane) => lossesOnPlane(lossOf, flatFunction, batch, plane, device),
    model: new TrainedModel(state),
    pointOf: (parameters) => pointOf(parameters, flatFunction),
    modelAt: (point) =>
      new TrainedModel({ ...state, parameters: new Map([...state.parameters, ...parametersAt(point, flatFunction)]) }),
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
