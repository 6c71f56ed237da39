/** @file Arithmetic of vectors in a shared space. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Matrix } from '../../nn/metrics/quality.ts';

export interface ArithmeticOptions {
  /** What is taken away: a vector for all rows [size] or one for each [n, size], or several such. */
  readonly minus?: Matrix | readonly Matrix[];
  /** What is added. */
  readonly plus?: Matrix | readonly Matrix[];
  /** What both are multiplied by; default 1. */
  readonly alpha?: number;
  /** Whether each of them is scaled to length 1 first; default false: as they are. */
  readonly normalize?: boolean;
}

const isMatrix = (given: Matrix | readonly Matrix[]): given is Matrix => 'shape' in given;

/**
 * Vectors plus and minus others: image − "blue" + "red".
 *
 * @param vectors [n, size], or one [size].
 * @returns a tensor of the same shape; `search` scales it to length 1.
 * @throws SaddlepointError `shape` where sizes differ, `option` for an α that is no number.
 * @see Kiros, Salakhutdinov & Zemel 2014, section 4.2 and figure 4; Mikolov, Yih & Zweig 2013.
 * @example index.search(retrieval.arithmetic(picture, { minus: blue, plus: red }), 5)
 */
export function arithmetic(vectors: Matrix, options: ArithmeticOptions): Tensor {
  checkKnownOptions('arithmetic', options, ['minus', 'plus', 'alpha', 'normalize']);
  const { minus = [], plus = [], normalize = false } = options;
  const alpha = checkNumber('arithmetic.alpha', options.alpha ?? 1, {});
  const size = vectors.shape.at(-1) ?? 1;
  const result = Float32Array.from(vectors.data);
  const n = result.length / size;
  const change = (given: Matrix | readonly Matrix[], factor: number): void => {
    for (const { data, shape } of isMatrix(given) ? [given] : given) {
      const rows = data.length / size;
      if (shape.at(-1) !== size || (rows !== 1 && rows !== n))
        throw new SaddlepointError(
          'shape',
          `arithmetic: expected vectors [${size}] or [${n},${size}], got [${shape}]`,
          'all of them come from the same model',
        );
      for (let row = 0; row < n; row++) {
        const from = (rows === 1 ? 0 : row) * size;
        const length = normalize ? lengthOf(data, from, size) || 1 : 1;
        for (let j = 0; j < size; j++)
          result[row * size + j] = (result[row * size + j] as number) + (factor * (data[from + j] as number)) / length;
      }
    }
  };
  change(minus, -alpha);
  change(plus, alpha);
  return tensor(result, vectors.shape);
}

/** The length of a vector within a block. */
export function lengthOf(data: ArrayLike<number>, from: number, size: number): number {
  let squares = 0;
  for (let j = 0; j < size; j++) squares += (data[from + j] as number) ** 2;
  return Math.sqrt(squares);
}
