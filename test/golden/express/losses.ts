/**
 * @file losses.json. A name is `loss:reduction`. The library's own losses give one number a row; the others are written as a
 * user would write a loss, as a function of tensors.
 */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { logSigmoid, softplus } from '../../../src/nn/activations.ts';
import { binaryCrossEntropy } from '../../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../../src/nn/losses/cross-entropy.ts';
import type { Loss } from '../../../src/nn/losses/loss.ts';
import { huber, meanAbsoluteError, meanSquaredError } from '../../../src/nn/losses/regression.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { gather, oneHot } from '../../../src/ops/indexing.ts';
import { reshape, slice } from '../../../src/ops/movement.ts';
import { mean, sum } from '../../../src/ops/reduce.ts';
import { logSoftmax } from '../../../src/ops/softmax.ts';
import { type Adapter, functionCase, inputsOf, type Tensors } from '../session.ts';

type Inputs = Record<'x' | 't' | 'c' | 'w' | 'p' | 'var' | 'a' | 'b' | 'n', Tensor>;
/** Values before the reduction: one a row, or one an element. */
type Values = (inputs: Inputs) => Tensor;

/** A loss of the library on rows: classes against class numbers or distributions. */
const rowLoss =
  (loss: Loss): Values =>
  ({ x, c, t }) =>
    loss.call(x, c ?? t);

const crossEntropyOf = rowLoss(crossEntropy());
const bceLogits: Values = ({ x, t }) => {
  const flat = (y: Tensor): Tensor => reshape(y, [-1]);
  return reshape(binaryCrossEntropy().call(flat(x), flat(t)), x.shape);
};
const margin = ({ x, t }: Inputs): Tensor => e.sub(1, e.mul(x, e.sub(e.mul(t, 2), 1)));
const difference = ({ x, t }: Inputs): Tensor => e.sub(x, t);
const distance = (u: Tensor, v: Tensor): Tensor => e.sqrt(sum(e.square(e.add(e.sub(u, v), 1e-6)), 1));
const column = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, 1]);
const product = (a: Tensor, b: Tensor): Tensor => sum(e.mul(a, b), 1);

function focal({ x, t }: Inputs, gamma: number, alpha: number): Tensor {
  const chosen = (yes: Tensor | number, no: Tensor | number): Tensor => e.add(e.mul(t, yes), e.mul(e.sub(1, t), no));
  const missed = chosen(e.sigmoid(e.neg(x)), e.sigmoid(x));
  return e.mul(e.mul(chosen(alpha, 1 - alpha), e.pow(missed, gamma)), bceLogits({ x, t } as Inputs));
}

const own: Readonly<Record<string, Values>> = {
  cross_entropy: crossEntropyOf,
  cross_entropy_soft: crossEntropyOf,
  cross_entropy_extreme: crossEntropyOf,
  bce_logits_posweight: ({ x, t, w }) =>
    e.neg(e.add(e.mul(e.mul(t, w), logSigmoid(x)), e.mul(e.sub(1, t), logSigmoid(e.neg(x))))),
  log_cosh(inputs) {
    const d = difference(inputs);
    return e.sub(e.add(d, softplus(e.mul(d, -2))), Math.LN2);
  },
  kl_div_batchmean: ({ x, t }) => sum(e.mul(t, e.sub(e.log(t), logSoftmax(x))), 1),
  hinge_binary: (inputs) => e.relu(margin(inputs)),
  squared_hinge_binary: (inputs) => e.square(e.relu(margin(inputs))),
  multi_margin({ x, c }) {
    const classes = x.shape[1] as number;
    const isTarget = oneHot(c, classes);
    const own = column(sum(e.mul(x, isTarget), 1));
    return e.div(sum(e.mul(e.relu(e.add(e.sub(x, own), 1)), e.sub(1, isTarget)), 1), classes);
  },
  poisson_nll: ({ x, t }) => e.sub(e.exp(x), e.mul(t, x)),
  gaussian_nll({ x, t, var: variance }) {
    const held = e.maximum(variance, 1e-6);
    return e.mul(e.add(e.log(held), e.div(e.square(e.sub(x, t)), held)), 0.5);
  },
  cosine_embedding({ a, b, t }) {
    const cosine = e.div(product(a, b), e.sqrt(e.mul(product(a, a), product(b, b))));
    return e.where(e.equal(t, 1), e.sub(1, cosine), e.relu(e.sub(cosine, 0.2)));
  },
  margin_ranking({ a, b, t }) {
    const firstColumn = (x: Tensor): Tensor => reshape(slice(x, [0, 0], [x.shape[0] as number, 1]), [-1]);
    return e.relu(e.add(e.mul(e.neg(t), e.sub(firstColumn(a), firstColumn(b))), 0.3));
  },
};

const parametric: readonly [RegExp, (numbers: number[]) => Values][] = [
  [/^cross_entropy_smooth(.+)$/, ([s]) => rowLoss(crossEntropy({ labelSmoothing: s as number }))],
  [
    /^smooth_l1_beta(.+)$/,
    ([beta = 1]) =>
      (inputs) => {
        const size = e.abs(difference(inputs));
        return e.where(e.less(size, beta), e.div(e.square(size), 2 * beta), e.sub(size, beta / 2));
      },
  ],
  [
    /^focal_gamma(.+)_alpha(.+)$/,
    ([gamma = 0, alpha = 0]) =>
      (inputs) =>
        focal(inputs, gamma, alpha),
  ],
  [
    /^focal_softmax_gamma(.+)$/,
    ([gamma = 0]) =>
      (inputs) => {
        const loss = crossEntropyOf(inputs);
        return e.mul(e.pow(e.neg(e.expm1(e.neg(loss))), gamma), loss);
      },
  ],
  [
    /^quantile_(.+)$/,
    ([q = 0]) =>
      (inputs) => {
        const d = e.neg(difference(inputs));
        return e.maximum(e.mul(d, q), e.mul(d, q - 1));
      },
  ],
  [
    /^triplet_margin(.+)$/,
    ([m = 0]) =>
      ({ a, b, n }) =>
        e.relu(e.add(e.sub(distance(a, b), distance(a, n)), m)),
  ],
];

/** Losses of the library whose row is the mean over its elements. */
const elementwise: readonly [RegExp, (numbers: number[]) => Loss][] = [
  [/^bce_logits(_extreme)?$/, () => binaryCrossEntropy()],
  [/^bce$/, () => binaryCrossEntropy({ fromProbabilities: true })],
  [/^mse$/, () => meanSquaredError()],
  [/^l1$/, () => meanAbsoluteError()],
  [/^huber_delta(.+)$/, ([delta]) => huber({ delta: delta as number })],
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

function reducedElements(loss: Loss, reduction: string): Reduced | undefined {
  const call = ({ x, p, t }: Inputs, shape?: readonly number[]): Tensor => {
    const prediction = x ?? p;
    return shape === undefined ? loss.call(prediction, t) : loss.call(reshape(prediction, shape), reshape(t, shape));
  };
  const reductions: Record<string, Reduced> = {
    // Rows of one element each.
    none: (inputs) => reshape(call(inputs, [-1]), inputs.t.shape),
    sum: (inputs) =>
      e.mul(
        sum(call(inputs)),
        inputs.t.shape.slice(1).reduce((a, b) => a * b, 1),
      ),
    mean: (inputs) => mean(call(inputs)),
  };
  return reductions[reduction];
}

/** The cross-entropies whose mean divides by the weights of the targets. */
function weighted(name: string, reduction: string): Reduced | undefined {
  const ignored = /^cross_entropy_ignore(\d+)$/.exec(name)?.[1];
  if (ignored === undefined && name !== 'cross_entropy_weighted') return undefined;
  const weight = ({ c, w }: Inputs): Tensor => (ignored === undefined ? gather(w, c) : e.notEqual(c, Number(ignored)));
  const values: Values = (inputs) => e.mul(crossEntropyOf(inputs), weight(inputs));
  return reduction === 'mean'
    ? (inputs) => e.div(sum(values(inputs)), sum(weight(inputs)))
    : reduced(values, reduction);
}

export const losses: Adapter = (name, data) => {
  const [loss = '', reduction = ''] = name.split(':');
  const elements = find(elementwise, loss);
  const values = Object.hasOwn(own, loss) ? own[loss] : find(parametric, loss);
  const f =
    weighted(loss, reduction) ??
    (elements && reducedElements(elements, reduction)) ??
    (values && reduced(values, reduction));
  return f && functionCase(data, inputsOf(data.inputs), (inputs: Tensors) => f(inputs as Inputs));
};
