/** @file Running statistics taken anew: what batch normalization needs when weights were averaged after they were trained. */
import type { DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import { applyScaling } from '../data/scaling.ts';
import { compile } from '../engine/compile.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { type BatchNormOptions, batchNorm } from '../nn/batch-norm.ts';
import { applyModel, type Layer } from '../nn/layer.ts';
import { encodedData } from './evaluate-model.ts';
import { TrainedModel } from './model.ts';
import { type NamedData, packData } from './named.ts';
import type { Data } from './options.ts';
import { readSource, withRowShape } from './read.ts';

export interface StatisticsOptions extends Pick<DeviceOptions, 'device'> {
  /** Rows at a time, a whole number ≥ 1, default 64: take the batch size of the training, whose statistics these are to be like. */
  readonly batchSize?: number;
  /** Of what layers draw, such as dropout: default 0. */
  readonly seed?: number;
}

/** The layer whose batch normalizations keep nothing of what they had: a step's running statistics are the batch's. */
function forgetting<In, Out>(part: Layer<In, Out>, found: Set<string>): Layer<In, Out> {
  if (part.type === 'batchNorm') {
    const { name } = part;
    const fresh = batchNorm({ ...(part.options as BatchNormOptions), keep: 0, ...(name && { name }) });
    const noted: Layer = {
      ...fresh,
      call(x, context) {
        found.add(context.path);
        return fresh.call(x, context);
      },
    };
    return noted as unknown as Layer<In, Out>;
  }
  return {
    ...part,
    call: (x, context) =>
      part.call(x, {
        ...context,
        child: (inner, index, input) => context.child(forgetting(inner, found), index, input),
      }),
  };
}

/**
 * The model with the running statistics of its batch normalizations taken anew from data: the mean over the minibatches of their
 * means and variances. Averages of weights (`ema`, `swa`) need it, since the statistics on the way were those of other weights.
 * Nothing is trained; other states stay as they are.
 *
 * @param model a run or a model that was read.
 * @param data the training data, as `fit` took them. Whole minibatches count; rows that are left over do not.
 * @returns a new model with the same weights.
 * @throws SaddlepointError `option` for a model without batch normalization, or a batchSize that is no whole number ≥ 1 or more
 *   than there are rows.
 * @see Izmailov et al. 2018, algorithm 1, its last line.
 * @example const averaged = await reestimateStatistics(run, data, { batchSize: 64 });
 */
export async function reestimateStatistics(
  model: TrainedModel,
  data: Data | NamedData,
  options: StatisticsOptions = {},
): Promise<TrainedModel> {
  checkKnownOptions('reestimateStatistics', options, ['batchSize', 'seed', 'device']);
  const { state } = model;
  const { seed = 0, device } = options;
  const { named } = state;
  const rows = named === undefined ? encodedData(data as Data, state) : packData(data as NamedData, named);
  const source = withRowShape(readSource(rows), state.inputShape);
  const size = checkNumber('reestimateStatistics.batchSize', options.batchSize ?? Math.min(64, source.rows), {
    ...{ min: 1, max: source.rows, integer: true },
  });
  const owners = new Set<string>();
  const layer = forgetting(state.layer, owners);
  const step = compile(
    (leaves: Readonly<Record<string, Tensor>>, x: Tensor, key: Tensor) => {
      const updates = new Map<string, Tensor>();
      applyModel(layer, new Map(Object.entries(leaves)), x, { mode: 'train', key, updates });
      const statistics = [...updates].filter(([path]) => owners.has(path.slice(0, Math.max(0, path.lastIndexOf('/')))));
      if (statistics.length > 0) return Object.fromEntries(statistics);
      throw new SaddlepointError(
        'option',
        'reestimateStatistics: the model has no batch normalization',
        'leave it out: the weights are all there is',
      );
    },
    device === undefined ? {} : { device },
  );
  const leaves = Object.fromEntries(
    [...state.parameters].map(([path, leaf]) => [path, tensor(leaf.data, leaf.shape)] as const),
  );
  const width = source.data.length / source.rows;
  const order = randomPermutation(source.rows, seed, streamOf('reestimateStatistics'));
  const batches = Math.floor(source.rows / size);
  const totals = new Map<string, Float64Array>();
  for (let batch = 0; batch < batches; batch++) {
    const picked = new Float32Array(size * width);
    order.subarray(batch * size, (batch + 1) * size).forEach((row, i) => {
      picked.set(source.data.subarray(row * width, (row + 1) * width), i * width);
    });
    const x = tensor(applyScaling(state.inputScaling, picked, width), [size, ...state.inputShape]);
    const made = (await step(leaves, x, tensor(Int32Array.of(seed | 0, batch, 0)))) as Record<string, Tensor>;
    for (const [path, { data: values }] of Object.entries(made)) {
      const total = totals.get(path) ?? new Float64Array(values.length);
      totals.set(
        path,
        total.map((sum, i) => sum + (values[i] as number)),
      );
    }
  }
  const parameters = new Map(
    [...state.parameters].map(([path, leaf]) => {
      const total = totals.get(path);
      return [path, total ? { ...leaf, data: Float32Array.from(total, (sum) => sum / batches) } : leaf] as const;
    }),
  );
  return new TrainedModel({ ...state, parameters });
}
