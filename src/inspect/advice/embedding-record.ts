/** @file What the advisor asks of an embedding, from its table: rows that nothing has changed, and norms that follow frequency. */
import { SaddlepointError } from '../../core/errors.ts';
import type { EmbeddingEvidence } from './evidence.ts';

/** A table of vectors: word vectors of `embeddings.train`, or a parameter of a model. */
export interface EmbeddingTable {
  /** [rows, dimensions], row by row. */
  readonly data: ArrayLike<number>;
  readonly dimensions: number;
  /** How often each row occurred; rows that never did are left out of the correlation. Default: not known. */
  readonly counts?: ArrayLike<number> | undefined;
}

/**
 * The record of an embedding for `advise({ embedding })`: Pearson's correlation of the norms of the vectors with the logarithm of
 * their counts, where counts are known; and how many rows are, bit for bit, as they were before an epoch, where that is known.
 *
 * @param before the table's numbers before the epoch.
 * @returns plain data.
 * @throws SaddlepointError `data` for tables whose sizes do not fit.
 * @see Schakel & Wilson 2015: norms of word vectors and frequency.
 * @example const advice = await advise(undefined, { embedding: embeddingRecord(await embeddings.train(sentences)) });
 */
export function embeddingRecord(
  { data, dimensions, counts }: EmbeddingTable,
  before?: ArrayLike<number>,
): EmbeddingEvidence {
  const rows = data.length / dimensions;
  const wrong = (what: string): never => {
    throw new SaddlepointError(
      'data',
      `embeddingRecord: ${what}`,
      'a table of [rows, dimensions], a count for each row',
    );
  };
  if (!Number.isInteger(rows) || rows < 1) wrong(`${data.length} numbers are no rows of ${dimensions}`);
  if (before !== undefined && before.length !== data.length)
    wrong(`${before.length} numbers before, ${data.length} after`);
  if (counts !== undefined && counts.length !== rows) wrong(`${counts.length} counts of ${rows} rows`);
  const isSame = (row: number): boolean => {
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) if (!Object.is(data[i], before?.[i])) return false;
    return true;
  };
  const numbers = Array.from({ length: rows }, (_, row) => row);
  const seen = counts === undefined ? [] : numbers.filter((row) => (counts[row] as number) > 0);
  const norms = seen.map((row) => {
    let square = 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) square += (data[i] as number) ** 2;
    return Math.sqrt(square);
  });
  const correlation = pearson(
    norms,
    seen.map((row) => Math.log(counts?.[row] as number)),
  );
  return {
    rows,
    ...(before !== undefined && { untouched: numbers.filter(isSame).length }),
    ...(correlation !== undefined && { normFrequencyCorrelation: correlation }),
  };
}

/** Undefined where one of both does not vary, or of fewer than three. */
function pearson(a: readonly number[], b: readonly number[]): number | undefined {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const [x, y] = [value - meanA, (b[i] as number) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return a.length > 2 && aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : undefined;
}
