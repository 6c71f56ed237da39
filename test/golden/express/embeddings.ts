/** @file embeddings.json: the losses of word vectors with their gradients, how often words are drawn, and subwords. */
import { grad } from '../../../src/autodiff/grad.ts';
import { gloveLoss, negativeSamplingLoss } from '../../../src/embeddings/loss.ts';
import { keepProbabilities, noiseDistribution } from '../../../src/embeddings/sampling.ts';
import { subwordHash, subwordsOf } from '../../../src/embeddings/subwords.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { concat } from '../../../src/ops/concat.ts';
import { gatherSum } from '../../../src/ops/gather-product.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { broadcastTo, reshape } from '../../../src/ops/movement.ts';
import { type Check, type GoldenCase, type GoldenTensor, hostTensorOf, numbersOf } from '../format.ts';
import { type Adapter, type Expression, type Tensors, tensorCheck } from '../session.ts';

/** Compares a loss of trained tensors, and its gradients by each of them. */
function lossCase(
  data: GoldenCase,
  indices: readonly string[],
  more: readonly string[],
  loss: (inputs: Tensors) => Tensor,
): Expression {
  const gradients = data.g as Record<string, GoldenTensor>;
  const trained = Object.keys(gradients);
  const inputs: Tensors = {
    ...Object.fromEntries([...trained, ...more].map((name) => [name, hostTensorOf(data[name])])),
    ...Object.fromEntries(indices.map((name) => [name, hostTensorOf(data[name], 'i32')])),
  };
  return async (session) => {
    const results = await session.prepare((given) => {
      const wanted = Object.fromEntries(trained.map((name) => [name, given[name] as Tensor]));
      const found = grad((at: Tensors) => loss({ ...given, ...at }), wanted) as Tensors;
      return { loss: loss(given), ...Object.fromEntries(trained.map((name) => [`g.${name}`, found[name] as Tensor])) };
    })(inputs);
    return [
      tensorCheck('loss', results.loss, data.loss),
      ...trained.map((name) => tensorCheck(`g.${name}`, results[`g.${name}`], gradients[name])),
    ];
  };
}

/** The right words and the noise beside them: [n, 1 + k]. */
function candidates(right: Tensor, noise: Tensor): Tensor {
  return concat([reshape(right, [right.shape[0] as number, 1]), noise], 1);
}

/** The mean or the sum of the rows of a context predicts the target. */
const bagOfWords = (data: GoldenCase, share: (width: number) => number): Expression =>
  lossCase(data, ['context', 'target', 'negatives'], [], ({ inputs, outputs, context, target, negatives }) => {
    const [n, width] = (context as Tensor).shape as [number, number];
    const hidden = gatherSum(inputs as Tensor, context as Tensor, broadcastTo(share(width), [n, width]));
    return negativeSamplingLoss(outputs as Tensor, candidates(target as Tensor, negatives as Tensor), hidden);
  });

const cases: Readonly<Record<string, (data: GoldenCase) => Expression>> = {
  sgns: (data) =>
    lossCase(data, ['centre', 'positive', 'negatives'], [], ({ inputs, outputs, centre, positive, negatives }) =>
      negativeSamplingLoss(
        outputs as Tensor,
        candidates(positive as Tensor, negatives as Tensor),
        gather(inputs as Tensor, centre as Tensor),
      ),
    ),
  cbow_mean: (data) => bagOfWords(data, (width) => 1 / width),
  cbow_sum: (data) => bagOfWords(data, () => 1),
  glove: (data) =>
    lossCase(data, ['i', 'j'], ['x'], ({ w, wc, b, bc, i, j, x }) =>
      gloveLoss(
        { vectors: w as Tensor, contexts: wc as Tensor, biases: b as Tensor, contextBiases: bc as Tensor },
        { words: i as Tensor, contexts: j as Tensor, counts: x as Tensor },
      ),
    ),
  // The paper's probability is the program's without its second term: what is compared is the program's, which is ours.
  sampling_tables: (data) => async () => {
    const counts = numbersOf((data.counts as GoldenTensor).d);
    const threshold = data.t as number;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const keep = keepProbabilities(counts, threshold);
    const paper = counts.map((count, i) => {
      const ratio = (threshold * total) / count;
      return (keep[i] as number) < 1 ? (keep[i] as number) - ratio : Math.min(1, Math.sqrt(ratio));
    });
    return [
      { what: 'keep', got: keep, expected: numbersOf((data.keep_word2vec_c as GoldenTensor).d) },
      { what: 'keep of the paper', got: paper, expected: numbersOf((data.keep_paper as GoldenTensor).d) },
      {
        what: 'noise',
        got: noiseDistribution(counts, 0.75),
        expected: numbersOf((data.unigram_075 as GoldenTensor).d),
      },
    ];
  },
  fasttext_subwords: (data) => async () =>
    Object.entries(data.words as Record<string, { ngrams: string[]; hash: number[] }>).flatMap(
      ([word, { ngrams, hash }]): Check[] => {
        const found = subwordsOf(word, { min: 3, max: 6 });
        const exact = { rtol: 0, atol: 0 };
        const same = ngrams.map((gram, i) => Number(found[i] === gram));
        return [
          { what: `number of n-grams of ${word}`, got: [found.length], expected: [ngrams.length], tolerance: exact },
          { what: `n-grams of ${word}`, got: same, expected: ngrams.map(() => 1), tolerance: exact },
          { what: `hashes of ${word}`, got: found.map(subwordHash), expected: hash, tolerance: exact },
        ];
      },
    ),
};

export const embeddings: Adapter = (name, data) => cases[name]?.(data);
