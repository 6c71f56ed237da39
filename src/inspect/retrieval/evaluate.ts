/** @file How well two sides find each other: ranks with ties counted against the model. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Matrix } from '../../nn/metrics/quality.ts';
import { meanReciprocalRank, medianRank, recallAt } from '../../nn/metrics/retrieval.ts';

/** What belongs to what: equal numbers or names belong together. */
export interface GroundTruth {
  /** Of each row. */
  readonly rows: ArrayLike<number | string>;
  /** Of each column. */
  readonly columns: ArrayLike<number | string>;
}

/** How well the right answers are found, in one direction. */
export interface Retrieved {
  /** The rank of the first right answer to each query, from 1. */
  readonly ranks: readonly number[];
  /** The share of queries with a right answer among the first one, five and ten. */
  readonly recallAt1: number;
  readonly recallAt5: number;
  readonly recallAt10: number;
  readonly medianRank: number;
  readonly meanReciprocalRank: number;
}

/**
 * Retrieval in both directions. The rank of a query is 1 + how many wrong answers score as high as the best right one, or higher:
 * a model that gives all the same score is last, not first.
 *
 * @param scores [rows, columns]: such as `await index.scores(queries)`.
 * @param truth what rows and columns stand for.
 * @returns rows: each row seeks its columns; columns: each column seeks its rows.
 * @throws SaddlepointError `shape` where the truth is not of as many; `data` for a query without a right answer.
 * @example retrieval.evaluate(scores, { rows: labels, columns: captionLabels }).rows.recallAt1
 */
export function evaluate(
  { data, shape }: Matrix,
  truth: GroundTruth,
): { readonly rows: Retrieved; readonly columns: Retrieved } {
  const [m, n] = shape as [number, number];
  if (shape.length !== 2 || truth.rows.length !== m || truth.columns.length !== n)
    throw new SaddlepointError(
      'shape',
      `evaluate: scores [${shape}] and what ${truth.rows.length} rows and ${truth.columns.length} columns stand for`,
      'one number or name for each row, and one for each column',
    );
  return {
    rows: summary('row', truth.rows, truth.columns, (query, answer) => data[query * n + answer] as number),
    columns: summary('column', truth.columns, truth.rows, (query, answer) => data[answer * n + query] as number),
  };
}

function summary(
  what: string,
  queries: ArrayLike<number | string>,
  answers: ArrayLike<number | string>,
  score: (query: number, answer: number) => number,
): Retrieved {
  const ranks = Array.from(queries, (wanted, query) => {
    let right = Number.NEGATIVE_INFINITY;
    let isThere = false;
    for (let answer = 0; answer < answers.length; answer++)
      if (answers[answer] === wanted) {
        isThere = true;
        right = Math.max(right, score(query, answer));
      }
    if (!isThere)
      throw new SaddlepointError('data', `evaluate: nothing belongs to ${what} ${query}, '${wanted}'`, 'leave it out');
    let rank = 1;
    // NaN is no answer that was found.
    for (let answer = 0; answer < answers.length; answer++)
      if (answers[answer] !== wanted && !(score(query, answer) < right)) rank++;
    return rank;
  });
  return {
    ranks,
    recallAt1: recallAt(1, ranks),
    recallAt5: recallAt(5, ranks),
    recallAt10: recallAt(10, ranks),
    medianRank: medianRank(ranks),
    meanReciprocalRank: meanReciprocalRank(ranks),
  };
}
