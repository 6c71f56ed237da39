/** @file losses.json. A name is `loss:reduction`. The library's losses give one number a row; reductions are taken here. */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { binaryCrossEntropy } from '../../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../../src/nn/losses/cross-entropy.ts';
import { ctc } from '../../../src/nn/losses/ctc.ts';
import { klDivergence } from '../../../src/nn/losses/divergence.ts';
import { binaryFocal, focal } from '../../../src/nn/losses/focal.ts';
import { gaussianNegativeLogLikelihood } from '../../../src/nn/losses/gaussian.ts';
import { hinge, multiClassHinge, squaredHinge } from '../../../src/nn/losses/hinge.ts';
import type { Loss } from '../../../src/nn/losses/loss.ts';
import { huber, meanAbsoluteError, meanSquaredError } from '../../../src/nn/losses/regression.ts';
import { logCosh, poissonNegativeLogLikelihood, quantileLoss, smoothL1 } from '../../../src/nn/losses/robust.ts';
import { cosineEmbedding, marginRanking, tripletMargin } from '../../../src/nn/losses/similarity.ts';
import { ignoring, withClassWeights } from '../../../src/nn/losses/weighted.ts';
import { concat } from '../../../src/ops/concat.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { reshape, slice } from '../../../src/ops/movement.ts';
import { mean, sum } from '../../../src/ops/reduce.ts';
import { type GoldenCase, type GoldenTensor, hostTensorOf } from '../format.ts';
import { type Adapter, functionCase, inputsOf, type Tensors } from '../session.ts';

type Inputs = Record<'x' | 't' | 'c' | 'w' | 'p' | 'var' | 'a' | 'b' | 'n', Tensor>;
/** Values before the reduction, one a row. */
type Values = (inputs: Inputs) => Tensor;

/** A loss of the library on rows: classes against class numbers or distributions. */
const rowLoss =
  (loss: Loss): Values =>
  ({ x, c, t }) =>
    loss.call(x, c ?? t);
const firstColumn = (x: Tensor): Tensor => reshape(slice(x, [0, 0], [x.shape[0] as number, 1]), [-1]);

const rows: readonly [RegExp, (numbers: number[]) => Values][] = [
  [/^cross_entropy(_soft|_extreme)?$/, () => rowLoss(crossEntropy())],
  [/^cross_entropy_smooth(.+)$/, ([s]) => rowLoss(crossEntropy({ labelSmoothing: s as number }))],
  [/^focal_softmax_gamma(.+)$/, ([gamma]) => rowLoss(focal({ gamma: gamma as number }))],
  [/^kl_div_batchmean$/, () => rowLoss(klDivergence())],
  [/^multi_margin$/, () => rowLoss(multiClassHinge())],
  [
    /^cosine_embedding$/,
    () =>
      ({ a, b, t }) =>
        cosineEmbedding(a, b, t, { margin: 0.2 }),
  ],
  [
    /^margin_ranking$/,
    () =>
      ({ a, b, t }) =>
        marginRanking(firstColumn(a), firstColumn(b), t, { margin: 0.3 }),
  ],
  [
    /^triplet_margin(.+)$/,
    ([margin]) =>
      ({ a, b, n }) =>
        tripletMargin(a, b, n, { margin: margin as number }),
  ],
];

const elementLoss =
  (loss: Loss): Values =>
  ({ x, p, t }) =>
    loss.call(x ?? p, t);

/** Losses whose row is the mean over its elements. */
const elementwise: readonly [RegExp, (numbers: number[]) => Loss][] = [
  [/^bce_logits(_extreme)?$/, () => binaryCrossEntropy()],
  [/^bce$/, () => binaryCrossEntropy({ fromProbabilities: true })],
  [/^mse$/, () => meanSquaredError()],
  [/^l1$/, () => meanAbsoluteError()],
  [/^huber_delta(.+)$/, ([delta]) => huber({ delta: delta as number })],
  [/^smooth_l1_beta(.+)$/, ([beta]) => smoothL1({ beta: beta as number })],
  [/^log_cosh$/, () => logCosh()],
  [/^quantile_(.+)$/, ([q]) => quantileLoss(q as number)],
  [/^poisson_nll$/, () => poissonNegativeLogLikelihood()],
  [/^hinge_binary$/, () => hinge()],
  [/^squared_hinge_binary$/, () => squaredHinge()],
  [/^focal_gamma(.+)_alpha(.+)$/, ([gamma, alpha]) => binaryFocal({ gamma: gamma as number, alpha: alpha as number })],
];

function find<T>(table: readonly [RegExp, (numbers: number[]) => T][], name: string): T | undefined {
  for (const [pattern, make] of table) {
    const match = pattern.exec(name);
    if (match !== null) return make(match.slice(1).map(Number));
  }
  return undefined;
}

type Reduced = (inputs: Inputs) => Tensor;

function reduced(values: Values, reduction: string): Reduced | undefined {
  const reductions: Record<string, Reduced> = {
    none: values,
    sum: (inputs) => sum(values(inputs)),
    mean: (inputs) => mean(values(inputs)),
    batchmean: (inputs) => mean(values(inputs)),
  };
  return reductions[reduction];
}

/** The same for rows that are means over elements. */
function reducedElements(values: Values, reduction: string): Reduced | undefined {
  const perRow = ({ t }: Inputs): number => t.shape.slice(1).reduce((a, b) => a * b, 1);
  const flat = (inputs: Inputs): Inputs =>
    Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, reshape(x, [-1])])) as Inputs;
  const reductions: Record<string, Reduced> = {
    // Rows of one element each.
    none: (inputs) => reshape(values(flat(inputs)), inputs.t.shape),
    sum: (inputs) => e.mul(sum(values(inputs)), perRow(inputs)),
    mean: (inputs) => mean(values(inputs)),
  };
  return reductions[reduction];
}

/** The cross-entropies whose mean divides by the weights of the targets. */
function weighted(name: string, reduction: string, data: GoldenCase): Reduced | undefined {
  const ignored = /^cross_entropy_ignore(\d+)$/.exec(name)?.[1];
  if (ignored === undefined && name !== 'cross_entropy_weighted') return undefined;
  const loss =
    ignored === undefined
      ? withClassWeights(crossEntropy(), weightsOf(data))
      : ignoring(crossEntropy(), Number(ignored));
  return reduction === 'mean'
    ? ({ x, c }) => e.div(sum(loss.call(x, c)), sum(loss.weights?.(c) as Tensor))
    : reduced(rowLoss(loss), reduction);
}

const weightsOf = (data: GoldenCase): number[] => (data.inputs as { w: { d: number[] } }).w.d;

/** A weight for each column: of rows of one element, each column is a loss of its own. */
function byColumn(name: string, reduction: string, data: GoldenCase): Reduced | undefined {
  if (name !== 'bce_logits_posweight') return undefined;
  const weights = weightsOf(data);
  if (reduction !== 'none')
    return reducedElements(elementLoss(binaryCrossEntropy({ positiveWeight: weights })), reduction);
  return ({ x, t }) => {
    const column = (of: Tensor, i: number): Tensor => slice(of, [0, i], [of.shape[0] as number, 1]);
    const columns = weights.map((positiveWeight, i) => {
      const losses = binaryCrossEntropy({ positiveWeight }).call(column(x, i), column(t, i));
      return reshape(losses, [-1, 1]);
    });
    return concat(columns, 1);
  };
}

const gaussian: Values = ({ x, t, var: variance }) => gaussianNegativeLogLikelihood(x, variance, t);

/** Labels and lengths are integers here; only the logits have a gradient. */
function ctcCase(data: GoldenCase): ReturnType<Adapter> {
  const given = data.inputs as Record<string, GoldenTensor>;
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, hostTensorOf(value, name === 'x' ? 'f32' : 'i32')]),
  );
  return functionCase(data, inputs, ({ x, targets, input_lengths, target_lengths }) =>
    ctc(x as Tensor, targets as Tensor, input_lengths as Tensor, target_lengths as Tensor),
  );
}

export const losses: Adapter = (name, data) => {
  const [loss = '', reduction = ''] = name.split(':');
  if (loss === 'ctc') return ctcCase(data);
  const elements = find(elementwise, loss);
  const values = find(rows, loss);
  const f =
    weighted(loss, reduction, data) ??
    byColumn(loss, reduction, data) ??
    (loss === 'gaussian_nll' ? reducedElements(gaussian, reduction) : undefined) ??
    (elements && reducedElements(elementLoss(elements), reduction)) ??
    (values && reduced(values, reduction));
  return f && functionCase(data, inputsOf(data.inputs), (inputs: Tensors) => f(inputs as Inputs));
};
