/** @file The rows of a table that words share by their n-grams, and vectors of words from them. */
import { type SubwordOptions, subwordHash, subwordsOf } from './subwords.ts';

export interface SubwordTable {
  /** Of words, then of buckets. */
  readonly rows: number;
  /** The rows of each word: its own, then those of its n-grams. */
  readonly parts: readonly Int32Array[];
  /** The rows of the n-grams of any word, known or not. */
  gramsOf(word: string): number[];
}

export function subwordParts(words: readonly string[], options: Required<SubwordOptions>): SubwordTable {
  const gramsOf = (word: string): number[] =>
    subwordsOf(word, options).map((gram) => words.length + (subwordHash(gram) % options.buckets));
  return {
    rows: words.length + options.buckets,
    parts: words.map((word, i) => Int32Array.from([i, ...gramsOf(word)])),
    gramsOf,
  };
}

/** The mean of some rows of a table. */
export function meanOfRows(table: Float32Array, dimensions: number, rows: ArrayLike<number>): Float32Array {
  const mean = new Float32Array(dimensions);
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * dimensions;
    for (let j = 0; j < dimensions; j++) mean[j] = (mean[j] as number) + (table[start + j] as number) / rows.length;
  }
  return mean;
}
