/**
 * @file `last: 'pad'`: the last batch of an epoch is filled up with rows of weight 0, so that one plan serves all steps. Loaded when a
 * run asks for it. See docs/adr/029.
 */
import { must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { shuffledRows } from '../data/order.ts';
import type { Measured } from '../engine/step.ts';
import type { Tensor } from '../graph/tensor.ts';
import { traceModel } from '../nn/named.ts';
import { float, mul } from '../ops/elementwise.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import { describeStep } from './describe.ts';
import { concatSources, concatTargets } from './held-out.ts';
import type { ResolvedOptions } from './options.ts';
import type { Prepared } from './prepare.ts';
import type { Hooks } from './training.ts';
import type { Trick } from './trick.ts';

/** The block that says of each row whether it is one of the data, 1 or 0. */
const REAL = 'real rows';

/** The data with a row behind all others that stands for none: a copy of the first, so that every layer can take it. */
export function withPaddingRow(prepared: Prepared): Prepared {
  const { source, targets } = prepared;
  const width = targets.data.length / source.rows;
  const first = { ...source, rows: 1, data: source.data.slice(0, sizeOf(source.rowShape)) };
  return {
    ...prepared,
    source: concatSources(source, first),
    targets: concatTargets(targets, { ...targets, data: targets.data.slice(0, width) }),
  };
}

/** The weights of rows with that of the padding row. */
export function withPaddingWeight(weights: Float32Array): Float32Array {
  const longer = new Float32Array(weights.length + 1);
  longer.set(weights);
  return longer;
}

/**
 * What training is told of it.
 *
 * @param prepared with the padding row. @param hooks those that the run has besides.
 * @throws SaddlepointError `option` for losses, metrics, tricks and layers in which rows of a batch meet; for layers with running
 *   statistics when the step is traced.
 */
export function paddingHooks(
  prepared: Prepared,
  { loss, metrics, seed, shuffle }: Pick<ResolvedOptions<string>, 'loss' | 'metrics' | 'seed' | 'shuffle'>,
  tricks: readonly Trick[],
  hooks: Pick<Hooks, 'describe' | 'order' | 'blocks'>,
): Hooks {
  const { source, trainRows, batchSize, state, trainedLayer } = prepared;
  if (loss.comparesRows) throw refusal(`${loss.name} compares the rows of a minibatch`);
  const streaming = metrics.find((metric) => 'finish' in metric);
  if (streaming) throw refusal(`${streaming.name} is no mean over rows`, 'measure it by validation, or evaluate');
  const meeting = tricks.find(({ meetingRows }) => meetingRows !== undefined);
  if (meeting) throw refusal(`${meeting.name} ${meeting.meetingRows}`);
  const { calls } = traceModel(trainedLayer ?? state.layer, { shape: [1, ...state.inputShape], dtype: 'f32' });
  for (const { type, path, meetingRows } of calls)
    if (meetingRows !== undefined) throw refusal(`${type}${path && ` (layer '${path}')`} ${meetingRows}`);
  const none = source.rows - 1;
  const length = Math.ceil(trainRows.length / batchSize) * batchSize;
  const real = new Float32Array(source.rows).fill(1);
  real[none] = 0;
  return {
    epochRows: length,
    blocks: { ...hooks.blocks, [REAL]: real },
    describe: padded(hooks.describe ?? describeStep),
    order(epoch) {
      const rows = hooks.order?.(epoch) ?? (shuffle ? shuffledRows(trainRows, seed, epoch) : trainRows);
      const filled = new Int32Array(length).fill(none);
      filled.set(rows);
      return filled;
    },
  };
}

/** The description of a step in which rows that are none count for nothing. */
const padded =
  (describe: typeof describeStep): typeof describeStep =>
  (parts) => {
    /** Of the minibatch under way, [rows]. */
    let own: Tensor | undefined;
    const counted = (values: Tensor): Tensor => mul(float(values), spread(must(own, 'flags'), sizeOf(values.shape)));
    const metrics = parts.metrics.map((metric) => {
      if ('finish' in metric) return metric;
      const call: typeof metric.call = (...given) => counted(float(metric.call(...given)));
      return { ...metric, call };
    });
    const inner = describe({ ...parts, metrics });
    const description: ReturnType<typeof describeStep> = {
      ...inner,
      metrics: parts.metrics,
      sources: { ...inner.sources, [REAL]: { spec: { shape: [parts.source.rows], dtype: 'f32' } } },
      measure(leaves, batch, options): Measured {
        own = must(batch[REAL], REAL);
        const made = inner.measure.call(description, leaves, batch, options);
        if (description.counted) throw refusal('sequences that are padded themselves count their steps');
        const [statistic] = options.updates?.keys() ?? [];
        if (statistic !== undefined)
          throw refusal(`'${statistic}' is a running statistic, which padded rows would enter`);
        const flags = spread(own, sizeOf(made.losses.shape));
        const { reported, weights } = made;
        Object.assign(description, { weighted: true, counted: true });
        return {
          ...made,
          losses: mul(made.losses, flags),
          reported: reported && (() => mul(reported(), flags)),
          weights: weights ? mul(weights, flags) : flags,
          sums: [sum(flags), ...made.sums],
        };
      },
    };
    return description;
  };

/** The flags of rows as those of their losses, of which each row has as many. */
function spread(flags: Tensor, count: number): Tensor {
  const [rows] = flags.shape as [number];
  return count === rows ? flags : reshape(broadcastTo(reshape(flags, [rows, 1]), [rows, count / rows]), [count]);
}

const refusal = (reason: string, help = "take last: 'keep' (a smaller last batch) or 'drop'"): SaddlepointError =>
  new SaddlepointError('option', `fit: last: 'pad': ${reason}, so padded rows would not be without effect`, help);
