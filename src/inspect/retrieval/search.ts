/** @file The nearest of many vectors by cosine, exactly: all scores by one matrix product. */
import type { Device } from '../../backends/select.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { compile } from '../../engine/compile.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Matrix } from '../../nn/metrics/quality.ts';
import { matmul } from '../../ops/matmul.ts';
import { transpose } from '../../ops/movement.ts';
import { lengthOf } from './vectors.ts';

/** A vector that was found. */
export interface Hit {
  /** Its row in the index. */
  readonly row: number;
  /** The cosine. */
  readonly score: number;
}

export interface SearchOptions {
  /** For each query a row that is no answer, such as the query itself; negative: none. */
  readonly exclude?: ArrayLike<number>;
}

export interface VectorIndex {
  /** How many vectors there are. */
  readonly rows: number;
  /**
   * The k nearest of each query, the nearest first; of equal scores the lower row first.
   * @param queries [n, size], or one [size].
   */
  search(queries: Matrix, k: number, options?: SearchOptions): Promise<Hit[][]>;
  /** The cosines of queries with all vectors, [n, rows]. */
  scores(queries: Matrix): Promise<Tensor>;
}

/** Queries whose scores are held at a time. */
const CHUNK = 1024;

/** Rows of length 1; zeros stay zeros. */
function units({ data, shape }: Matrix, size: number): Float32Array {
  if (shape.length > 2 || shape.at(-1) !== size)
    throw new SaddlepointError('shape', `index: expected vectors [n, ${size}], got [${shape}]`);
  const result = Float32Array.from(data);
  for (let from = 0; from < result.length; from += size) {
    const length = lengthOf(result, from, size) || 1;
    for (let j = 0; j < size; j++) result[from + j] = (result[from + j] as number) / length;
  }
  return result;
}

/**
 * Vectors that can be searched: exact cosines, no approximation.
 *
 * @param vectors [rows, size]: such as `await encode.image(pictures)`. They are copied, and scaled to length 1.
 * @param options device: as for `compile`.
 * @throws SaddlepointError `shape` for what is no matrix, and queries of another size.
 * @example (await retrieval.index(vectors).search(query, 5))[0]; // [{ row, score }, …]
 */
export function index(vectors: Matrix, options: { readonly device?: Device } = {}): VectorIndex {
  checkKnownOptions('index', options, ['device']);
  const [rows, size] = vectors.shape as [number, number];
  if (vectors.shape.length !== 2 || rows < 1)
    throw new SaddlepointError('shape', `index: expected vectors [rows, size], got [${vectors.shape}]`);
  const table = tensor(units(vectors, size), [rows, size]);
  const product = compile((queries: Tensor, all: Tensor) => matmul(queries, transpose(all)), options);
  const scores = async (queries: Matrix): Promise<Tensor> => {
    const all = units(queries, size);
    const count = all.length / size;
    const result = new Float32Array(count * rows);
    for (let from = 0; from < count; from += CHUNK) {
      const part = all.subarray(from * size, Math.min(count, from + CHUNK) * size);
      result.set((await product(tensor(part, [part.length / size, size]), table)).data, from * rows);
    }
    return tensor(result, [count, rows]);
  };
  return {
    rows,
    scores,
    async search(queries, k, given = {}) {
      checkKnownOptions('search', given, ['exclude']);
      checkNumber('search.k', k, { min: 1, integer: true });
      const { data, shape } = await scores(queries);
      return Array.from({ length: shape[0] as number }, (_, query) =>
        best(data.subarray(query * rows, (query + 1) * rows), k, given.exclude?.[query] ?? -1),
      );
    },
  };
}

/** The k largest, largest first. */
function best(scores: ArrayLike<number>, k: number, excluded: number): Hit[] {
  const hits: Hit[] = [];
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] as number;
    if (row === excluded || (hits.length === k && score <= (hits[k - 1] as Hit).score)) continue;
    let at = hits.length;
    while (at > 0 && (hits[at - 1] as Hit).score < score) at--;
    hits.splice(at, 0, { row, score });
    if (hits.length > k) hits.pop();
  }
  return hits;
}
