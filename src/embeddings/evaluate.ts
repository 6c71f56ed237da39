/** @file How good word vectors are: questions of the form a : b = c : d, and agreement with people on how alike words are. */
import { SaddlepointError } from '../core/errors.ts';
import { spearman } from '../nn/metrics/correlation.ts';
import type { AnalogyOptions, WordEmbeddings } from './vectors.ts';

/** Pairs of words in one relation, such as man : woman. */
export type WordPair = readonly [string, string];

/** a : b = c : d, where d is asked for. */
export type AnalogyQuestion = readonly [a: string, b: string, c: string, d: string];

/** How many questions were answered right. */
export interface AnalogyScore {
  /** Right answers among those asked; NaN where none was. */
  readonly accuracy: number;
  readonly right: number;
  readonly asked: number;
  /** Questions with an unknown word: they do not count, as in word2vec's `compute-accuracy`. */
  readonly skipped: number;
}

/**
 * Every ordered couple of the pairs as a question; none in which a word occurs twice.
 *
 * @example analogyQuestions([['man', 'woman'], ['king', 'queen']]); // 2 questions
 */
export function analogyQuestions(pairs: readonly WordPair[]): AnalogyQuestion[] {
  return pairs.flatMap(([a, b]) =>
    pairs.filter(([c, d]) => new Set([a, b, c, d]).size === 4).map(([c, d]): AnalogyQuestion => [a, b, c, d]),
  );
}

/**
 * The share of questions whose first answer is the right one. The three words of a question are no answers: without that rule
 * most questions answer themselves, since b − a + c lies next to c, and scores collapse (Levy & Goldberg 2014).
 *
 * @param options.method '3cosadd' (default) or '3cosmul'
 * @throws SaddlepointError `data` where there are no questions
 * @example scoreAnalogies(vectors, analogyQuestions([['man', 'woman'], ['king', 'queen']])).accuracy;
 */
export function scoreAnalogies(
  vectors: WordEmbeddings,
  questions: readonly AnalogyQuestion[],
  options: Pick<AnalogyOptions, 'method' | 'limit'> = {},
): AnalogyScore {
  if (questions.length === 0) throw new SaddlepointError('data', 'scoreAnalogies: there are no questions');
  const asked = questions.filter((words) => words.every((word) => vectors.has(word)));
  const right = asked.filter(
    ([a, b, c, d]) => vectors.analogy(a, b, c, { ...options, count: 1 })[0]?.word === d,
  ).length;
  return {
    ...{ right, asked: asked.length, skipped: questions.length - asked.length },
    accuracy: right / asked.length,
  };
}

/** How well cosines agree with people. */
export interface SimilarityScore {
  /** Spearman's correlation of cosines with what people said, in [−1, 1]. */
  readonly correlation: number;
  readonly asked: number;
  /** Pairs with an unknown word, which do not count. */
  readonly skipped: number;
}

/**
 * How well cosines order pairs of words as people do, on a list such as WordSim-353 (Finkelstein et al. 2002).
 *
 * @param pairs two words and how alike they are, on any scale
 * @throws SaddlepointError `data` where fewer than two pairs have known words
 * @example scoreSimilarity(vectors, [['king', 'queen', 8.6], ['king', 'cabbage', 0.2], ['sheep', 'lamb', 7]]);
 */
export function scoreSimilarity(
  vectors: WordEmbeddings,
  pairs: readonly (readonly [string, string, number])[],
): SimilarityScore {
  const known = pairs.filter(([a, b]) => vectors.has(a) && vectors.has(b));
  if (known.length < 2)
    throw new SaddlepointError(
      'data',
      `scoreSimilarity: ${known.length} of ${pairs.length} pairs have known words, at least 2 expected`,
    );
  const cosines = known.map(([a, b]) => vectors.similarity(a, b));
  return {
    correlation: spearman(
      cosines,
      known.map(([, , score]) => score),
    ),
    ...{ asked: known.length, skipped: pairs.length - known.length },
  };
}
