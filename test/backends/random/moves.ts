/**
 * @file The ops of random programs. Each takes two values and a parameter, and makes do with whatever shapes they have.
 *
 * Values stay of moderate size, and slopes of about 1, so that rounding errors stay what they are. What jumps looks at the
 * inputs of the program alone, since a value that differs in its last bit would choose otherwise.
 */
import { customGradient } from '../../../src/autodiff/custom-gradient.ts';
import { grad } from '../../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { apply } from '../../../src/graph/trace.ts';
import { scaledDotProductAttention as attend } from '../../../src/ops/attention.ts';
import { cast, identity } from '../../../src/ops/cast.ts';
import { concat } from '../../../src/ops/concat.ts';
import { convolve2d } from '../../../src/ops/convolutions.ts';
import { cumulativeSum } from '../../../src/ops/cumulative.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { gatherLogistic } from '../../../src/ops/gather-logistic.ts';
import { gatherDot, gatherSum } from '../../../src/ops/gather-product.ts';
import { pack, segment } from '../../../src/ops/group.ts';
import { gather, gatherRows, oneHot, scatterAdd } from '../../../src/ops/indexing.ts';
import { repeat, scan } from '../../../src/ops/loops.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { broadcastTo, pad, reshape, slice, transpose } from '../../../src/ops/movement.ts';
import { batchNormTrain, layerNorm, rmsNorm } from '../../../src/ops/normalize.ts';
import { averagePool, maxPool } from '../../../src/ops/pooling.ts';
import { dropoutMaskWithKey, normalWithKey, uniformWithKey } from '../../../src/ops/random.ts';
import { argmax, l2Norm, max, mean, min, prod, sum } from '../../../src/ops/reduce.ts';
import { occurrenceNorm, rowAdagrad, rowLazyAdam, rowNorm, rowSgd } from '../../../src/ops/rows.ts';
import { sigmoidCrossEntropy } from '../../../src/ops/sigmoid-cross-entropy.ts';
import { logSoftmax, logSumExp, softmax, softmaxCrossEntropy } from '../../../src/ops/softmax.ts';
import { topK } from '../../../src/ops/top-k.ts';
import { applyRecord, BINARY, COMPARISONS, UNARY } from './elementwise.ts';
import { constantOf, fits, flat, LIMIT, matrix, size } from './shapes.ts';

const { add, mul, sub, div, tanh, sigmoid } = e;

/** The inputs of a program that are no floats, or that what jumps looks at. */
export interface Inputs {
  /** f32 [3, 4], in [−1, 1). */
  readonly x: Tensor;
  /** i32 [5], each in 0 … 2. */
  readonly indices: Tensor;
  /** i32 [3] */
  readonly key: Tensor;
  /** u8 [6, 4] */
  readonly bytes: Tensor;
}

export type Move = (a: Tensor, b: Tensor, n: number, inputs: Inputs) => Tensor;

const pickOne = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

const softplus = customGradient(
  function softplus(x: Tensor) {
    return e.log1p(e.exp(tanh(x)));
  },
  (cotangent, [x]) => [mul(mul(cotangent, sigmoid(tanh(x))), sub(1, e.square(tanh(x))))],
);
/** Both results, of which one may stay unused. */
const sumAndDifference = customGradient(
  (a: Tensor, b: Tensor) => [add(a, b), sub(a, b)],
  ([s, d]) => [add(s as Tensor, d as Tensor), sub(s as Tensor, d as Tensor)],
);

/** i32 [count], each in 0 … rows − 1. */
const rowsOf = (rows: number, n: number, count = 4): Tensor =>
  tensor(Int32Array.from({ length: count }, (_, i) => (n * (i + 1) + i * i) % rows));

/** Some of the axes. */
const axesOf = ({ shape }: Tensor, n: number): number[] => shape.flatMap((_, axis) => ((n >> axis) & 1 ? [axis] : []));

/** All axes in another order, or in the same. */
const rotation = ({ shape }: Tensor, n: number): number[] => shape.map((_, axis) => (axis + n) % shape.length);

/** Smooth in both values: their gradients, and those of gradients, are as well. */
export const SMOOTH: readonly Move[] = [
  (a, _, n) => applyRecord(UNARY, n, [a]),
  (a, b, n) => applyRecord(BINARY, n, [a, b]),
  (a, _, n) => pickOne([tanh, sigmoid, e.neg], n)(a),
  (a, b, n) => (fits(a, b) ? pickOne([add, sub], n)(a, b) : add(a, sum(b))),
  (a, b) => (fits(a, b) ? mul(tanh(a), b) : mul(a, tanh(mean(b)))),
  (a, b) => (fits(a, b) ? add(tanh(b), a) : tanh(a)),
  (a, b) => mul(add(sum(a), mean(b)), 0.125),
  (a, _, n) =>
    pickOne([sum, mean], n)(a, a.shape.length === 0 ? undefined : n % a.shape.length, { keepDims: n % 2 === 0 }),
  (a, _, n) => pickOne([sum, mean], n)(a, axesOf(a, n >> 1)),
  (a, _, n) => sub(prod(add(1, mul(tanh(a), 0.05)), a.shape.length === 0 ? undefined : n % a.shape.length), 1),
  (a) => l2Norm(add(tanh(a), 2)),
  (a, _, n) =>
    mul(
      pickOne([softmax, logSoftmax], n)(
        reshape(a, a.shape.length === 0 ? [1] : a.shape),
        -1 - (n % Math.max(1, a.shape.length)),
      ),
      0.5,
    ),
  (a) => mul(logSumExp(a, a.shape.length === 0 ? undefined : 0), 0.25),
  // Movement.
  (a) => flat(a),
  (a, _, n) => (size(a) % (1 + (n % 4)) === 0 ? reshape(a, [1 + (n % 4), -1]) : a),
  (a, _, n) => transpose(a, rotation(a, n)),
  (a) =>
    slice(
      a,
      a.shape.map((d) => d >> 2),
      a.shape.map((d) => d - (d >> 2)),
    ),
  (a, _, n) => segment(flat(a), n % size(a), [1 + (n % (size(a) - (n % size(a))))]),
  (a, b, n) => {
    const start = size(a) + (n % 3) * 5;
    const total = start + size(b) + (n % 4);
    return total <= LIMIT ? pack([flat(a), flat(b)], [0, start], total) : a;
  },
  (a, _, n) => (size(a) * 2 <= LIMIT && a.shape.length < 4 ? broadcastTo(a, [2 - (n % 2), ...a.shape]) : a),
  (a, _, n) =>
    size(a) <= 40 && a.shape.length < 4
      ? pad(
          a,
          a.shape.map(() => n % 3),
          a.shape.map((_d, axis) => axis % 2),
        )
      : a,
  (a, b, n) => {
    if (a.shape.length === 0 || size(a) * 3 > LIMIT) return a;
    const other = a.shape.join() === b.shape.join() ? tanh(b) : tanh(a);
    return concat([a, other, a].slice(0, 2 + (n % 2)), n % a.shape.length);
  },
  // Running sums of what grows no further.
  (a, _, n) => (a.shape.length === 0 ? a : mul(cumulativeSum(a, n % a.shape.length, { reverse: n % 2 === 0 }), 0.25)),
  // What passes remove, or turn into something else.
  (a, _, n) => identity(a, { stopGradient: n % 4 === 0 }),
  (a, _, n) => pickOne([mul(a, 1), mul(1, a), div(a, 1), add(a, 0), reshape(a, a.shape), broadcastTo(a, a.shape)], n),
  (a) => add(e.exp(e.neg(e.square(tanh(a)))), mul(a, 1)),
  (a, _, n) => mul(a, broadcastTo(pickOne([0.5, 1, -1], n), a.shape)),
  (a) => mul(broadcastTo(mean(a), [2, 3]), broadcastTo(sub(1, mul(sum(a), 0.01)), [2, 3])),
  (_, b, n) => add(pickOne([constantOf([4], 0.2), constantOf([3, 1], 0.6), constantOf([], 0.4)], n), mul(sum(b), 0.1)),
  // Products.
  (a) => {
    const rows = matrix(a);
    return (rows.shape[0] as number) <= 12 ? matmul(tanh(rows), transpose(rows)) : a;
  },
  (a, b, n) => {
    const k = matrix(a).shape[1] as number;
    const weights = constantOf(n % 2 === 0 ? [k, 3] : [3, k], 0.5);
    const bias = size(b) >= 3 ? segment(flat(b), 0, [3]) : constantOf([3], 0.1);
    const product = matmul(matrix(a), n % 2 === 0 ? weights : transpose(weights));
    return pickOne([tanh, sigmoid], n >> 1)(n % 3 === 0 ? add(bias, product) : add(product, bias));
  },
  (a, _, n) => {
    const rows = matrix(a);
    const turned = transpose(rows, rotation(rows, n));
    return matmul(turned, mul(constantOf([turned.shape[1] as number, 2], 0.3), 1 / (turned.shape[1] as number)));
  },
  // Many products: a batch with itself as heads of attention have it, or with what broadcasts.
  (a, b, n) => {
    const [count, columns] = matrix(a).shape as [number, number];
    const tokens = count % 2 === 0 ? 2 : 1;
    const heads = columns % 2 === 0 ? 2 : 1;
    const split = reshape(tanh(a), [count / tokens, tokens, heads, columns / heads]);
    const x = transpose(split, [0, 2, 1, 3]);
    const scores = mul(matmul(x, transpose(x, [0, 1, 3, 2])), 1 / columns);
    if (n % 3 === 0) return scores;
    const mixed = matmul(n % 3 === 1 ? scores : transpose(scores, [0, 1, 3, 2]), x);
    const whole = transpose(mixed, [0, 2, 1, 3]);
    const other = mul(constantOf([1, heads, columns / heads, 3], 0.8), tanh(mean(b)));
    return n % 5 < 3
      ? reshape(whole, a.shape.length === 0 ? [1] : a.shape)
      : matmul(transpose(whole, [0, 2, 1, 3]), other);
  },
  // Attention to its own rows, of which some may see none.
  (a, b, n) => {
    const rows = matrix(a);
    const count = rows.shape[0] as number;
    if (count > 15) return a;
    const x = tanh(rows);
    const mask = n % 3 === 0 ? undefined : e.greater(constantOf(n % 3 === 1 ? [count] : [count, count], 0.6), -0.5);
    const keys = mul(x, tanh(mean(b)));
    return reshape(attend(x, keys, x, { causal: n % 2 === 0, mask }), a.shape.length === 0 ? [1, 1] : a.shape);
  },
  // Normalized by a variance that is not small, so that slopes are about 1.
  (a, b, n) => {
    const x = a.shape.length === 0 ? flat(a) : a;
    const axes = x.shape.flatMap((_, axis) =>
      axis >= n % x.shape.length && axis <= (n >> 2) % x.shape.length ? [axis] : [],
    );
    const options = { axes: axes.length === 0 ? -1 : axes, epsilon: 0.5 };
    return pickOne([layerNorm, rmsNorm], n >> 1)(x, n % 3 === 0 ? { ...options, gamma: tanh(mean(b)) } : options);
  },
  (a, b, n) => {
    const rows = matrix(a);
    const { y, mean: middle, variance } = batchNormTrain(rows, { epsilon: 0.5 });
    return pickOne([y, add(y, middle), mul(tanh(variance), mean(b))], n);
  },
  (a, b, n) => {
    const rows = matrix(a);
    const [count, columns] = rows.shape as [number, number];
    const images = reshape(tanh(rows), [1, count, columns, 1]);
    const [kh, kw] = [Math.min(count, 1 + (n % 3)), Math.min(columns, 1 + (n % 2))];
    const taps = kh * kw * 2;
    const weights = size(b) >= taps ? tanh(segment(flat(b), 0, [kh, kw, 1, 2])) : constantOf([kh, kw, 1, 2], 0.4);
    const filter = mul(weights, 1 / (kh * kw));
    const y = convolve2d(images, filter, { strides: 1 + (n % 2), padding: n % 3 === 0 ? 'same' : 'valid' });
    const whole = n % 5 < 3 ? tanh(add(y, constantOf([2], 0.7))) : y;
    return size(whole) <= LIMIT ? whole : mean(whole, [1, 2]);
  },
  (a, _, n) => {
    const rows = matrix(a);
    const images = reshape(tanh(rows), [1, ...(rows.shape as [number, number]), 1]);
    return averagePool(images, {
      poolSize: [1, 2],
      strides: 1 + (n % 2),
      padding: 'same',
      includePadding: n % 3 === 0,
    });
  },
  // Loops: forward and back, with what is around them, and one within another.
  (a, b, n) => {
    const rows = matrix(a);
    const columns = rows.shape[1] as number;
    const factor = mean(b);
    const [last, all] = scan(
      (h: Tensor, x: Tensor) => {
        const next = tanh(add(mul(h, tanh(factor)), x));
        return [next, mul(next, x)] as const;
      },
      constantOf([columns], 0.3),
      rows,
      { reverse: n % 2 === 0 },
    );
    return pickOne([last, all], n >> 1);
  },
  (a, _, n) => repeat(1 + (n % 3), (x: Tensor) => repeat(2, (y: Tensor) => add(mul(tanh(y), 0.5), mul(a, 0.1)), x), a),
  (a, b) =>
    fits(a, b) && fits(b, a) && size(a) === size(b) && a.shape.join() === b.shape.join()
      ? repeat(3, ({ x, y }) => ({ x: y, y: sub(tanh(x), mul(y, 0.25)) }), { x: a, y: b }).x
      : a,
  // A matrix and one of its own rows, which must be read before it is written over.
  (a) => {
    const columns = matrix(a).shape[1] as number;
    const all = tanh(flat(a));
    return add(reshape(all, [-1, columns]), segment(all, 0, [columns]));
  },
  // Indexing.
  (a, _, n, { indices }) => {
    const rows = a.shape.length === 0 ? flat(a) : a;
    const count = rows.shape[0] as number;
    const index = count >= 3 && n % 2 === 0 ? indices : rowsOf(count, n);
    return (size(rows) / count) * size(index) <= LIMIT ? gather(rows, index) : a;
  },
  (a, _, n, { indices }) => {
    const updates = a.shape.length === 0 ? flat(a) : a;
    const count = updates.shape[0] as number;
    return scatterAdd(count === 5 ? indices : rowsOf(3, n, count), updates, 3 + (n % 2));
  },
  // Products with rows of a table, one of them twice in a row.
  (a, b, n, { indices }) => {
    const table = matrix(a);
    const [rows, d] = table.shape as [number, number];
    const index = rows >= 3 && n % 2 === 0 ? slice(indices, [n % 2], [4]) : rowsOf(rows, n);
    const pairs = reshape(index, [2, 2]);
    const vectors = mul(broadcastTo(tanh(mean(b)), [2, d]), constantOf([2, d], 1 / d));
    const dots = gatherDot(table, pairs, vectors);
    if (n % 5 === 0) return pickOne(gatherLogistic(table, pairs, vectors, constantOf([2, 2], 0.3), tensor(0.5)), n / 5);
    return n % 3 === 0 ? dots : gatherSum(table, pairs, n % 3 === 1 ? tanh(dots) : constantOf([2, 2], 0.4));
  },
  (a, _, n) => mul(sigmoidCrossEntropy(a, broadcastTo(0.25 * (n % 5), a.shape)), 0.5),
  (a, _, n) => {
    const logits = matrix(a);
    const [rows, classes] = logits.shape as [number, number];
    return mul(softmaxCrossEntropy(logits, rowsOf(classes, n, rows)), 0.25);
  },
  // What optimizers do with row tables, as functions of table and gradient.
  (a, b, n, { indices }) => {
    const table = tanh(matrix(a));
    const [rows, d] = table.shape as [number, number];
    if (rows * d * 3 > LIMIT) return a;
    const weights = n % 2 === 0 ? undefined : constantOf([4], 0.7);
    const vectors = mul(broadcastTo(tanh(mean(b)), [weights === undefined ? 4 : 2, d]), 0.5);
    const index = rows >= 3 && n % 4 < 3 ? slice(indices, [n % 2], [4]) : rowsOf(rows, n);
    const gradient = { index, vectors, weights };
    const held = add(e.square(table), 0.5);
    const two = constantOf([2], 0.3);
    return pickOne(
      [
        () => rowSgd(table, gradient, two),
        () => rowAdagrad(table, held, gradient, tensor([0.1]), { epsilon: 0.1, initial: 0.2 })[n % 2] as Tensor,
        () =>
          rowLazyAdam(table, [table, held], gradient, tensor([0.1, 0.2]), { beta1: 0.9, beta2: 0.99 })[n % 3] as Tensor,
        () => add(table, rowNorm({ ...gradient, vectors: add(vectors, 1) }, rows)),
        () => add(table, occurrenceNorm({ ...gradient, vectors: add(vectors, 1) })),
      ],
      n >> 1,
    )();
  },
  // Chance, and gradients of one's own.
  (a, _, n, { key }) => mul(a, dropoutMaskWithKey(key, a.shape, n, 0.25)),
  (a, _, n, { key }) => add(a, mul(pickOne([uniformWithKey, normalWithKey], n)(key, a.shape, n), 0.5)),
  (a) => softplus(a),
  (a, b, n) => mul(pickOne(sumAndDifference(a, fits(a, b) && n % 2 === 0 ? broadcastTo(mean(b), a.shape) : a), n), 0.5),
  (a, b, n, { x }) => {
    const condition = e.greater(segment(flat(x), n % 12, [1]), 0.1);
    return fits(a, b) ? e.where(condition, a, b) : e.where(condition, a, mean(b));
  },
];

/** Takes the gradient of another move, or the gradient of that. */
const derivative =
  (order: 1 | 2): Move =>
  (a, b, n, inputs) => {
    const move = pickOne(SMOOTH, n);
    const weighted = (y: Tensor): Tensor => sum(mul(y, constantOf(y.shape, 0.7)));
    const first = (v: Tensor): Tensor => grad((u: Tensor) => weighted(move(u, b, n >> 2, inputs)), v);
    return mul(tanh(order === 1 ? first(a) : grad((v: Tensor) => weighted(first(v)), a)), 0.5);
  };

const KINKED: readonly Move[] = [
  (a, _, n) => pickOne([e.relu, e.abs], n)(a),
  (a, b, n) => (fits(a, b) ? pickOne([e.maximum, e.minimum], n)(a, b) : a),
  (a, _, n) => pickOne([max, min], n)(a, axesOf(a, n >> 1), { keepDims: n % 4 === 0 }),
  (a, b, n) => {
    const product = matmul(matrix(a), constantOf([matrix(a).shape[1] as number, 4], 0.9));
    const bias = size(b) >= 4 ? segment(flat(b), 0, [4]) : constantOf([4], 0.1);
    return e.relu(n % 2 === 0 ? add(product, bias) : product);
  },
  // What jumps.
  (a, _, n, { x }) => {
    const pooled = (image: Tensor): Tensor =>
      maxPool(reshape(image, [1, 3, 4, 1]), { poolSize: [2, 1 + (n % 2)], strides: 1 });
    // The gradient's places depend on the input alone; its own gradient picks by them.
    const first = (image: Tensor): Tensor => grad((u: Tensor) => sum(e.square(pooled(u))), image);
    return add(a, mul(sum(n % 3 === 0 ? pooled(x) : grad((u: Tensor) => sum(e.square(first(u))), x)), 0.01));
  },
  (a, _, n, { x }) => mul(a, mean(pickOne([e.floor, e.sign], n)(add(x, x)))),
  (a, _, n, { x }) => {
    const { op } = pickOne(COMPARISONS, n);
    const held = apply(op, [segment(flat(x), n % 12, [1]), n % 2 === 0 ? x : 0.2], {})[0] as Tensor;
    return e.where(max(held), a, mul(a, 0.5));
  },
  (a, _, n, { x }) => {
    const { values, indices } = topK(n % 2 === 0 ? x : transpose(x), 2);
    return add(mul(a, mean(values)), mean(cast(indices, 'f32')));
  },
  (a, _, n, { x }) => add(a, mean(oneHot(argmax(n % 2 === 0 ? x : transpose(x)), 4))),
  (a, _, n, { x, indices }) => mul(a, mean(cast(n % 2 === 0 ? indices : cast(mul(x, 4), 'i32'), 'f32'))),
  (_, b, n, { bytes, indices }) =>
    gatherRows(
      bytes,
      n % 2 === 0 ? indices : rowsOf(6, n),
      n % 3 === 0 ? 0 : constantOf([4], 0.2),
      mul(add(tanh(mean(b)), 2), 1 / 255),
    ),
  (_, b, n, { bytes, indices }) =>
    mul(cast(gather(bytes, indices), 'f32'), mul(tanh(mean(b)), pickOne([1 / 255, 1 / 64], n))),
  derivative(1),
  derivative(1),
  derivative(2),
];

export const MOVES: readonly Move[] = [...SMOOTH, ...KINKED];
