/** @file Word vectors and what is asked of them: neighbors, analogies, sums of words. */
import {
  checkKnownOptions,
  checkName,
  checkNumber,
  nearest as nearestName,
  SaddlepointError,
  show,
} from '../core/errors.ts';
import type { WordVectors } from '../io/word-vectors.ts';
import { parseSum, type WordSum } from './expression.ts';
import { meanOfRows, type SubwordTable } from './subword-table.ts';

/** A word and how near it is. */
export interface Neighbor {
  readonly word: string;
  /** The cosine, or what the method of an analogy compares. */
  readonly score: number;
}

/** Which words are answers. */
export interface NeighborOptions {
  /** How many, default 10; fewer where there are fewer words. */
  readonly count?: number;
  /** Words that are no answers. Default: the words of the question, without which it mostly answers itself. */
  readonly exclude?: readonly string[];
  /** Only the first so many words, which are the most frequent. Default all. */
  readonly limit?: number;
}

export interface AnalogyOptions extends NeighborOptions {
  /**
   * '3cosadd' (default): the word nearest to b − a + c. '3cosmul': the largest cos(·, b) · cos(·, c) / (cos(·, a) + 0.001), cosines
   * shifted to 0 … 1, in which no one term outweighs the others (Levy & Goldberg 2014, eq. 4).
   */
  readonly method?: '3cosadd' | '3cosmul';
}

/** Words with their vectors, in order of falling count. All cosines are of unit vectors. */
export interface WordEmbeddings extends WordVectors {
  /** How often each word occurred; undefined where that is not known. */
  readonly counts: Float64Array | undefined;
  has(word: string): boolean;
  /**
   * A copy of a word's vector. With subwords an unknown word has the mean of its n-grams'.
   *
   * @throws SaddlepointError `data` for an unknown word
   */
  vector(word: string): Float32Array;
  /** The cosine of two words. */
  similarity(a: string, b: string): number;
  /** The nearest words to a word or to a vector. */
  nearest(query: string | Float32Array, options?: NeighborOptions | number): Neighbor[];
  /**
   * a is to b as c is to …? The three words are no answers (`exclude`).
   *
   * @example vectors.analogy('man', 'woman', 'king'); // [{ word: 'queen', … }, …]
   */
  analogy(a: string, b: string, c: string, options?: AnalogyOptions): Neighbor[];
  /**
   * The words nearest to a sum of unit vectors: a text with + and − between words, or weights by word.
   *
   * @example vectors.combine('king - man + woman');
   */
  combine(sum: WordSum, options?: NeighborOptions): Neighbor[];
}

/** Where vectors are from, besides words and numbers. */
export interface EmbeddingSource {
  readonly counts?: Float64Array | undefined;
  /** The table's rows are then parts of vectors. */
  readonly subwords?: SubwordTable | undefined;
}

/** An unknown word is compared with so many words, over so many letters, for one that was meant. */
const SUGGESTED = 20_000;
const LONGEST = 40;
/** What 3CosMul adds below, against division by 0. */
const EPSILON = 0.001;

/**
 * What can be asked of word vectors, on vectors from anywhere: a file, GloVe, an embedding that was trained.
 *
 * @throws SaddlepointError `data`: words and numbers that do not fit; a word that occurs twice keeps its first vector
 * @example const vectors = embeddings.from(readWordVectors(bytes));
 */
export const from = ({ words, dimensions, data }: WordVectors): WordEmbeddings => {
  if (!Array.isArray(words) || words.length === 0 || words.length * dimensions !== data?.length)
    throw new SaddlepointError(
      'data',
      `embeddings.from: ${words?.length} words of ${dimensions} numbers, but ${data?.length} numbers`,
    );
  return wordEmbeddings(words, dimensions, data, {});
};

export function wordEmbeddings(
  words: readonly string[],
  dimensions: number,
  table: Float32Array,
  { counts, subwords }: EmbeddingSource,
): WordEmbeddings {
  const places = new Map<string, number>();
  words.forEach((word, i) => {
    if (!places.has(word)) places.set(word, i);
  });
  const data = new Float32Array(words.length * dimensions);
  if (subwords === undefined) data.set(table.subarray(0, data.length));
  else
    subwords.parts.forEach((rows, i) => {
      data.set(meanOfRows(table, dimensions, rows), i * dimensions);
    });
  let units: Float32Array | undefined;

  const vector = (word: string): Float32Array => {
    const place = places.get(word);
    if (place !== undefined) return data.slice(place * dimensions, (place + 1) * dimensions);
    const rows = typeof word === 'string' ? (subwords?.gramsOf(word) ?? []) : [];
    if (rows.length > 0) return meanOfRows(table, dimensions, rows);
    const near = typeof word === 'string' ? nearestName(word.slice(0, LONGEST), words.slice(0, SUGGESTED)) : undefined;
    throw new SaddlepointError(
      'data',
      `word vectors: unknown word ${show(word)}`,
      near === undefined
        ? 'ask has(word) before; words are as they were in the text, mostly small'
        : `did you mean '${near}'?`,
    );
  };
  const unit = (word: string): Float32Array => normalized(vector(word));
  /** Cosines with all words up to the limit. */
  const cosines = (query: Float32Array, limit: number): Float64Array => {
    units ??= unitRows(data, dimensions);
    const result = new Float64Array(limit);
    for (let i = 0, at = 0; i < limit; i++) {
      let dot = 0;
      for (let j = 0; j < dimensions; j++, at++) dot += (units[at] as number) * (query[j] as number);
      result[i] = dot;
    }
    return result;
  };
  const best = (
    scores: Float64Array,
    own: readonly string[],
    { count = 10, exclude = own }: NeighborOptions,
  ): Neighbor[] => {
    const barred = new Set(exclude.map((word) => places.get(word)));
    return largest(scores, count, barred).map((i) => ({ word: words[i] as string, score: scores[i] as number }));
  };
  const check = (where: string, options: AnalogyOptions, legal: readonly string[]): number => {
    checkKnownOptions(where, options, legal);
    if (options.count !== undefined) checkNumber(`${where}: count`, options.count, { min: 1, integer: true });
    const { limit = words.length } = options;
    return Math.min(words.length, checkNumber(`${where}: limit`, limit, { min: 1, integer: true }));
  };
  return {
    ...{ words, dimensions, data, counts, vector },
    has: (word) => places.has(word),
    similarity: (a, b) => dotOf(unit(a), unit(b)),
    nearest(query, given = {}) {
      const options = typeof given === 'number' ? { count: given } : given;
      const limit = check('nearest', options, NEIGHBOR_OPTIONS);
      const isWord = typeof query === 'string';
      if (!isWord && (!ArrayBuffer.isView(query) || query.length !== dimensions))
        throw new SaddlepointError('data', `nearest: expected a word or ${dimensions} numbers, got ${show(query)}`);
      return best(cosines(isWord ? unit(query) : normalized(query), limit), isWord ? [query] : [], options);
    },
    analogy(a, b, c, options = {}) {
      const limit = check('analogy', options, [...NEIGHBOR_OPTIONS, 'method']);
      const method = checkName('analogy: method', options.method ?? '3cosadd', ['3cosadd', '3cosmul']);
      const [x, y, z] = [unit(a), unit(b), unit(c)];
      if (method === '3cosadd') {
        const query = normalized(y.map((value, i) => value - (x[i] as number) + (z[i] as number)));
        return best(cosines(query, limit), [a, b, c], options);
      }
      const [p, q, r] = [x, y, z].map((query) => cosines(query, limit)) as [Float64Array, Float64Array, Float64Array];
      const shifted = (value: number): number => (value + 1) / 2;
      const scores = p.map(
        (value, i) => (shifted(q[i] as number) * shifted(r[i] as number)) / (shifted(value) + EPSILON),
      );
      return best(scores, [a, b, c], options);
    },
    combine(sum, options = {}) {
      const limit = check('combine', options, NEIGHBOR_OPTIONS);
      const terms = parseSum(sum);
      const total = new Float32Array(dimensions);
      for (const { word, weight } of terms)
        unit(word).forEach((value, i) => {
          total[i] = (total[i] as number) + weight * value;
        });
      return best(
        cosines(normalized(total), limit),
        terms.map(({ word }) => word),
        options,
      );
    },
  };
}

const NEIGHBOR_OPTIONS = ['count', 'exclude', 'limit'] as const;

const dotOf = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** Length 1; zeros stay zeros. */
function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dotOf(vector, vector));
  return length > 0 ? vector.map((x) => x / length) : vector;
}

function unitRows(data: Float32Array, dimensions: number): Float32Array {
  const units = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += dimensions) units.set(normalized(data.subarray(at, at + dimensions)), at);
  return units;
}

/** The places of the largest scores, falling; of equals the first. */
function largest(scores: Float64Array, count: number, barred: ReadonlySet<number | undefined>): number[] {
  const found: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (found.length === count && !(score > (scores[found[count - 1] as number] as number))) continue;
    if (barred.has(i)) continue;
    let place = found.length;
    while (place > 0 && score > (scores[found[place - 1] as number] as number)) place--;
    found.splice(place, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}
