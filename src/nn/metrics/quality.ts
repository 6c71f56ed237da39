/** @file How near generated samples are to real ones, by features of both or by what a classifier says of them. */
import { SaddlepointError } from '../../core/errors.ts';
import { symmetricEigen } from '../../core/linear-algebra.ts';

/** Rows of numbers, side by side: what `tensor.data` and `tensor.shape` are. */
export interface Matrix {
  readonly data: ArrayLike<number>;
  /** [rows, columns]. */
  readonly shape: readonly number[];
}

const element = ({ data, shape }: Matrix, row: number, column: number): number =>
  data[row * (shape[1] as number) + column] as number;

function sizes(name: string, a: Matrix, b: Matrix): [number, number, number] {
  const [m, d] = a.shape as [number, number];
  const [n, e] = b.shape as [number, number];
  if (a.shape.length === 2 && b.shape.length === 2 && d === e && m > 1 && n > 1) return [m, n, d];
  throw new SaddlepointError(
    'shape',
    `${name}: expected two sets of feature rows [n, features], n ≥ 2, got [${a.shape}] and [${b.shape}]`,
  );
}

/** Means of the columns, and the unbiased covariances. */
function moments(x: Matrix): { mean: Float64Array; covariance: Float64Array } {
  const [n, d] = x.shape as [number, number];
  const mean = Float64Array.from({ length: d }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += element(x, i, j);
    return sum / n;
  });
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++)
        covariance[j * d + k] =
          (covariance[j * d + k] as number) +
          ((element(x, i, j) - (mean[j] as number)) * (element(x, i, k) - (mean[k] as number))) / (n - 1);
  return { mean, covariance };
}

function product(a: Float64Array, b: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (a[i * d + k] as number) * (b[k * d + j] as number);
    return sum;
  });
}

/** The root of a positive semidefinite matrix. */
function rootOf(a: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(a, d);
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    let sum = 0;
    for (let k = 0; k < d; k++)
      sum +=
        Math.sqrt(Math.max(0, values[k] as number)) * (vectors[k * d + i] as number) * (vectors[k * d + j] as number);
    return sum;
  });
}

/**
 * The Fréchet distance of two normal distributions with the sets' means and unbiased covariances: |μa − μb|² +
 * tr(Ca + Cb − 2(Ca Cb)^½). Of Inception features it is FID. 0 for equal sets; it is biased upward for few rows.
 *
 * @param a features [n, d].
 * @param b features [m, d].
 * @throws SaddlepointError `shape` where they do not fit.
 * @see Heusel et al. 2017, "GANs trained by a two time-scale update rule", eq. 6; Dowson & Landau 1982.
 */
export function frechetDistance(a: Matrix, b: Matrix): number {
  const [, , d] = sizes('frechetDistance', a, b);
  const [p, q] = [moments(a), moments(b)];
  let distance = 0;
  for (let i = 0; i < d; i++) {
    distance += ((p.mean[i] as number) - (q.mean[i] as number)) ** 2;
    distance += (p.covariance[i * d + i] as number) + (q.covariance[i * d + i] as number);
  }
  // Ca Cb has the eigenvalues of the symmetric Ca^½ Cb Ca^½.
  const root = rootOf(p.covariance, d);
  const { values } = symmetricEigen(product(product(root, q.covariance, d), root, d), d);
  return distance - 2 * values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

/**
 * The unbiased squared maximum mean discrepancy with the kernel (u · v / d + 1)³: KID, of Inception features. 0 on average for
 * sets of one distribution, also for few rows; it may be below 0.
 *
 * @param a features [n, d].
 * @param b features [m, d].
 * @throws SaddlepointError `shape` where they do not fit.
 * @see Bińkowski et al. 2018, "Demystifying MMD GANs", section 4.
 */
export function kernelDistance(a: Matrix, b: Matrix): number {
  const [m, n, d] = sizes('kernelDistance', a, b);
  const kernel = (x: Matrix, i: number, y: Matrix, j: number): number => {
    let dot = 0;
    for (let k = 0; k < d; k++) dot += element(x, i, k) * element(y, j, k);
    return (dot / d + 1) ** 3;
  };
  const within = (x: Matrix, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) if (i !== j) sum += kernel(x, i, x, j);
    return sum / (count * (count - 1));
  };
  let between = 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) between += kernel(a, i, b, j);
  return within(a, m) + within(b, n) - (2 * between) / (m * n);
}

/**
 * exp of the mean of Σ p(log p − log p̄) over rows, p̄ the mean row: the Inception score, from 1 (all rows alike) to the number
 * of classes. Rows are used as they are.
 *
 * @param p probabilities [n, classes] that a classifier gives for generated samples.
 * @throws SaddlepointError `shape` for anything but rows.
 * @see Salimans et al. 2016, "Improved techniques for training GANs", section 4.
 */
export function inceptionScore(p: Matrix): number {
  const [n, classes] = p.shape as [number, number];
  if (p.shape.length !== 2 || n < 1)
    throw new SaddlepointError('shape', `inceptionScore: expected probabilities [n, classes], got [${p.shape}]`);
  const marginal = Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += element(p, i, c);
    return sum / n;
  });
  let total = 0;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < classes; c++) {
      const share = element(p, i, c);
      total += share * (Math.log(share + 1e-16) - Math.log((marginal[c] as number) + 1e-16));
    }
  return Math.exp(total / n);
}
