/** @file What word vectors minimize, as functions of tables: negative sampling and GloVe. */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import { type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { add, float, log, minimum, mul, pow, square, sub } from '../ops/elementwise.ts';
import { gatherDot } from '../ops/gather-product.ts';
import { gather } from '../ops/indexing.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';

/** 1 for the first of the candidates, 0 for the others. */
function firstIsRight(shape: Shape): Tensor {
  const [n, k] = shape as [number, number];
  const targets = new Float32Array(n * k);
  for (let i = 0; i < n; i++) targets[i * k] = 1;
  return tensor(targets, [n, k]);
}

/**
 * −Σ over examples of log σ(v · right) + Σ log σ(−v · wrong): eq. 4 of Mikolov et al. 2013b, negated and summed. Rows that occur more
 * than once count as often; a wrong candidate that equals the right one is kept.
 *
 * @param outputs f32 [words, d], the table of output vectors.
 * @param candidates i32 [n, 1 + negatives]: the right word, then the noise; or the nodes of a hierarchical softmax.
 * @param vectors f32 [n, d], the hidden layer: a word's input vector, or the mean of several.
 * @param targets f32 [n, 1 + negatives]; default: the first candidate is right. ½ for a row of zeros leaves all as it is.
 * @returns f32 [], in nats.
 * @throws SaddlepointError `shape` where they do not fit.
 * @example negativeSamplingLoss(outputs, [[2, 5, 6]], gather(inputs, [1]));
 */
export function negativeSamplingLoss(
  outputs: TensorLike,
  candidates: TensorLike,
  vectors: TensorLike,
  targets?: TensorLike,
): Tensor {
  const dots = gatherDot(outputs, candidates, vectors);
  return sum(sigmoidCrossEntropy(dots, targets ?? firstIsRight(dots.shape)));
}

/** The tables of GloVe: word and context vectors [words, d] and their biases [words]. */
export interface GloveTables<T = TensorLike> {
  readonly vectors: T;
  readonly contexts: T;
  readonly biases: T;
  readonly contextBiases: T;
}

/**
 * Σ f(x) · (w · c + b + b′ − ln x)², f(x) = min(1, (x / cutoff)ᵖ): eq. 8 and 9 of Pennington, Socher & Manning 2014. (The authors'
 * program minimizes half of it.)
 *
 * @param pairs words i32 [n], contexts i32 [n] and how often they met, f32 [n], > 0.
 * @param options cutoff, the count from which on pairs weigh 1, default 100; power, default 0.75.
 * @returns f32 [].
 */
export function gloveLoss(
  tables: GloveTables,
  pairs: { readonly words: TensorLike; readonly contexts: TensorLike; readonly counts: TensorLike },
  { cutoff = 100, power = 0.75 }: { readonly cutoff?: number; readonly power?: number } = {},
): Tensor {
  const words = gather(tables.vectors, pairs.words);
  const contexts = gather(tables.contexts, pairs.contexts);
  const counts = float(pairs.counts);
  const [n] = words.shape as [number];
  if (words.shape.length !== 2 || String(counts.shape) !== String([n]))
    throw new SaddlepointError(
      'shape',
      `gloveLoss: expected words, contexts and counts [n], got ${showShape(words.shape)} and ${showShape(counts.shape)}`,
    );
  const flat = (table: TensorLike, index: TensorLike): Tensor => reshape(gather(table, index), [n]);
  const biases = add(flat(tables.biases, pairs.words), flat(tables.contextBiases, pairs.contexts));
  const errors = sub(add(sum(mul(words, contexts), 1), biases), log(counts));
  const weights = minimum(1, pow(mul(counts, 1 / cutoff), power));
  return sum(mul(weights, square(errors)));
}
