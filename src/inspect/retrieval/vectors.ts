/** @file Arithmetic of vectors in a shared space. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Matrix } from '../../nn/metrics/quality.ts';

/** Words by name: for all rows ('red', or several that all count), or a list for each row. */
export type NamedWords = string | readonly string[] | readonly (readonly string[])[];

/** What has vectors of words: `multimodal.encoders(run).words`, or word vectors such as those of `embeddings.train`. */
export interface WordLookup {
  /** @throws for an unknown word. */
  vector(word: string): Pick<Matrix, 'data'> | ArrayLike<number>;
}

/** A vector for all rows [size] or one for each [n, size], several such, or words by name. */
export type Terms = Matrix | readonly Matrix[] | NamedWords;

export interface ArithmeticOptions {
  /** What is taken away. */
  readonly minus?: Terms;
  /** What is added. */
  readonly plus?: Terms;
  /** Where words have their vectors; needed for words by name. */
  readonly words?: WordLookup | undefined;
  /** What both are multiplied by; default 1. */
  readonly alpha?: number;
  /** Whether each of them is scaled to length 1 first; default false: as they are. */
  readonly normalize?: boolean;
}

/**
 * Vectors plus and minus others: image − "blue" + "red".
 *
 * @param vectors [n, size], or one [size].
 * @returns a tensor of the same shape; `search` scales it to length 1.
 * @throws SaddlepointError `shape` where sizes differ, `option` for an α that is no number, and for words without `words`; `data`
 *   for unknown words, with the nearest known one.
 * @see Kiros, Salakhutdinov & Zemel 2014, section 4.2 and figure 4; Mikolov, Yih & Zweig 2013.
 * @example
 * const { words } = multimodal.encoders(run);
 * index.search(retrieval.arithmetic(picture, { minus: ['blue'], plus: ['red'], words }), 5);
 */
export function arithmetic(vectors: Matrix, options: ArithmeticOptions): Tensor {
  checkKnownOptions('arithmetic', options, ['minus', 'plus', 'words', 'alpha', 'normalize']);
  const { minus = [], plus = [], words, normalize = false } = options;
  const alpha = checkNumber('arithmetic.alpha', options.alpha ?? 1, {});
  const size = vectors.shape.at(-1) ?? 1;
  const result = Float32Array.from(vectors.data);
  const n = result.length / size;
  const wrong = (shape: readonly number[]): never => {
    throw new SaddlepointError(
      'shape',
      `arithmetic: expected vectors [${size}] or [${n},${size}], got [${shape}]`,
      'all of them come from the same model',
    );
  };
  const addTo = (row: number, factor: number, data: ArrayLike<number>, from = 0): void => {
    const length = normalize ? lengthOf(data, from, size) || 1 : 1;
    for (let j = 0; j < size; j++)
      result[row * size + j] = (result[row * size + j] as number) + (factor * (data[from + j] as number)) / length;
  };
  const change = (given: Terms, factor: number, option: string): void => {
    if (isNamed(given)) {
      const lookup = cached(option, words);
      for (let row = 0; row < n; row++)
        for (const word of wordsOfRow(option, given, row, n)) {
          const vector = lookup(word);
          if (vector.length !== size) wrong([vector.length]);
          addTo(row, factor, vector);
        }
      return;
    }
    for (const { data, shape } of 'shape' in given ? [given] : given) {
      const rows = data.length / size;
      if (shape.at(-1) !== size || (rows !== 1 && rows !== n)) wrong(shape);
      for (let row = 0; row < n; row++) addTo(row, factor, data, (rows === 1 ? 0 : row) * size);
    }
  };
  change(minus, -alpha, 'minus');
  change(plus, alpha, 'plus');
  return tensor(result, vectors.shape);
}

function isNamed(given: Terms): given is NamedWords {
  if (typeof given === 'string') return true;
  if (!Array.isArray(given)) return false;
  const [first] = given as readonly unknown[];
  return typeof first === 'string' || Array.isArray(first);
}

/** The words of one row: a list for each, or the same for all. */
function wordsOfRow(option: string, given: NamedWords, row: number, rows: number): readonly string[] {
  if (typeof given === 'string') return [given];
  if (!given.some((one) => typeof one !== 'string')) return given as readonly string[];
  const own = given[row];
  if (given.length === rows && Array.isArray(own)) return own;
  throw new SaddlepointError(
    'shape',
    `arithmetic.${option}: ${given.length} lists of words for ${rows} rows, got ${show(own)} for row ${row}`,
    "words for all rows: ['red']; a list for each row: [['red'], ['green'], …]",
  );
}

/** Each word is looked up once. */
function cached(option: string, words: WordLookup | undefined): (word: string) => ArrayLike<number> {
  if (typeof words?.vector !== 'function')
    throw new SaddlepointError(
      'option',
      `arithmetic.${option}: words by name need vectors, got words: ${show(words)}`,
      "words: multimodal.encoders(run).words, of a text side that knows them: bagEmbedding(['red', 'blue', …], size)",
    );
  const found = new Map<string, ArrayLike<number>>();
  return (word) => {
    const known = found.get(word);
    if (known !== undefined) return known;
    const vector = words.vector(word);
    const data = 'data' in vector ? vector.data : vector;
    found.set(word, data);
    return data;
  };
}

/** The length of a vector within a block. */
export function lengthOf(data: ArrayLike<number>, from: number, size: number): number {
  let squares = 0;
  for (let j = 0; j < size; j++) squares += (data[from + j] as number) ** 2;
  return Math.sqrt(squares);
}
