/** @file Word vectors in two or three dimensions, by principal components (Pearson 1901, Hotelling 1933). */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { symmetricEigen } from '../core/linear-algebra.ts';
import type { WordEmbeddings } from './vectors.ts';

export interface ProjectionOptions {
  /** Which words, at least 2; default the 500 most frequent. */
  readonly words?: readonly string[];
  /** Numbers a point, default 2. */
  readonly dimensions?: number;
}

/** Words as points. */
export interface Projection {
  readonly words: readonly string[];
  /** A point for each word. */
  readonly points: readonly (readonly number[])[];
  /** The share of the variance along each axis, falling. */
  readonly explained: readonly number[];
}

/**
 * Projects words onto the directions along which they differ most. Axes are signed so that the largest component of each is
 * positive. For t-SNE or UMAP give `vectors.data` to a library.
 *
 * @throws SaddlepointError `data`: unknown words, or fewer than two; `option` for more axes than the vectors have numbers
 * @example const { words, points } = project(vectors, { words: ['king', 'queen', 'man', 'woman'] });
 */
export function project(vectors: WordEmbeddings, options: ProjectionOptions = {}): Projection {
  checkKnownOptions('project', options, ['words', 'dimensions']);
  const n = vectors.dimensions;
  const axes = checkNumber('project: dimensions', options.dimensions ?? 2, { min: 1, max: n, integer: true });
  const { words = vectors.words.slice(0, 500) } = options;
  if (words.length < 2) throw new SaddlepointError('data', `project: ${words.length} words, at least 2 expected`);
  const rows = words.map((word) => Float64Array.from(vectors.vector(word)));
  const mean = new Float64Array(n);
  for (const row of rows) for (let j = 0; j < n; j++) mean[j] = (mean[j] as number) + (row[j] as number) / rows.length;
  const centered = rows.map((row) => row.map((x, j) => x - (mean[j] as number)));
  const covariance = new Float64Array(n * n);
  for (const row of centered)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        covariance[i * n + j] =
          (covariance[i * n + j] as number) + ((row[i] as number) * (row[j] as number)) / rows.length;
  const { values, vectors: directions } = symmetricEigen(covariance, n);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  // Ascending: the last are the largest.
  const chosen = Array.from({ length: axes }, (_, axis) => {
    const row = n - 1 - axis;
    return { value: Math.max(0, values[row] as number), direction: directions.subarray(row * n, (row + 1) * n) };
  });
  return {
    words,
    points: centered.map((row) =>
      chosen.map(({ direction }) => row.reduce((sum, x, j) => sum + x * (direction[j] as number), 0)),
    ),
    explained: chosen.map(({ value }) => (total > 0 ? value / total : 0)),
  };
}
