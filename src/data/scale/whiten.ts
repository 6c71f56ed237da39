/** @file Whitening: columns without correlation and of variance 1, by the eigenvectors of their covariance. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { symmetricEigen } from '../../core/linear-algebra.ts';
import { momentsOf } from './moments.ts';
import { checkRows, type FitOptions, type Numbers } from './scalers.ts';

export interface WhiteningOptions extends FitOptions {
  /** `zca` turns back to the old axes, which keeps images images (default); `pca` gives components, largest variance first. */
  readonly kind?: 'zca' | 'pca';
  /** Added to each variance, in squares of the data's units; default 1e-5. It keeps directions without information small. */
  readonly epsilon?: number;
  /** With `pca`: so many components are kept; default all. */
  readonly components?: number;
}

/** y = (x − mean) · matrix. */
export interface Whitening {
  readonly kind: 'zca' | 'pca';
  /** [columns] */
  readonly mean: Float64Array;
  /** [columns, width], row-major. */
  readonly matrix: Float64Array;
  /** Shape [width, columns]: from whitened rows back to the data's units; with fewer components the nearest point. */
  readonly inverse: Float64Array;
  readonly columns: number;
  readonly width: number;
  /** Variances along the components, largest first. */
  readonly variances: Float64Array;
}

/** Jacobi's method is short and exact, not fast. */
const MOST_COLUMNS = 1024;

/**
 * Fits a whitening (Bell & Sejnowski 1997; ZCA: W = U (Λ + ε)^(−1/2) Uᵀ), mean and covariance divided by n.
 *
 * @throws SaddlepointError `data`: no rows, NaN or infinities; `option`: more than 1024 columns, unknown options
 * @example const whitening = fitWhitening(data, 64); applyWhitening(whitening, data); // covariance nearly the identity
 */
export function fitWhitening(data: Numbers, columns: number, options: WhiteningOptions = {}): Whitening {
  checkKnownOptions('fitWhitening', options, ['rows', 'names', 'kind', 'epsilon', 'components']);
  const kind = checkName('kind', options.kind ?? 'zca', ['zca', 'pca']);
  const epsilon = checkNumber('epsilon', options.epsilon ?? 1e-5, { min: 0, openMin: true });
  checkNumber('columns', columns, { min: 1, max: MOST_COLUMNS, integer: true });
  const kept = checkNumber('components', options.components ?? columns, { min: 1, max: columns, integer: true });
  if (kind === 'zca' && kept !== columns) {
    throw new SaddlepointError('option', "components: only for kind: 'pca'", "with 'zca' there are as many as columns");
  }
  checkRows(data, columns, options);
  const { mean } = momentsOf(data, columns, options.rows);
  const covariance = covarianceOf(data, columns, mean, options.rows);
  const { values, vectors } = symmetricEigen(covariance, columns);
  const width = kind === 'zca' ? columns : kept;
  const matrix = new Float64Array(columns * width);
  const inverse = new Float64Array(width * columns);
  // Ascending from symmetricEigen; here largest first.
  const order = Array.from({ length: columns }, (_, k) => columns - 1 - k).slice(0, kept);
  order.forEach((from, k) => {
    const deviation = Math.sqrt(Math.max(0, values[from] as number) + epsilon);
    const vector = vectors.subarray(from * columns, (from + 1) * columns);
    for (let i = 0; i < columns; i++) {
      if (kind === 'pca') {
        matrix[i * width + k] = (vector[i] as number) / deviation;
        inverse[k * columns + i] = (vector[i] as number) * deviation;
        continue;
      }
      for (let j = 0; j < columns; j++) {
        const product = (vector[i] as number) * (vector[j] as number);
        matrix[i * width + j]! += product / deviation;
        inverse[i * columns + j]! += product * deviation;
      }
    }
  });
  return {
    kind,
    mean,
    matrix,
    inverse,
    columns,
    width,
    variances: Float64Array.from(order, (k) => Math.max(0, values[k] as number)),
  };
}

function covarianceOf(
  data: Numbers,
  columns: number,
  mean: Float64Array,
  rows: ArrayLike<number> | undefined,
): Float64Array {
  const count = rows?.length ?? data.length / columns;
  const covariance = new Float64Array(columns * columns);
  const centered = new Float64Array(columns);
  for (let i = 0; i < count; i++) {
    const from = (rows?.[i] ?? i) * columns;
    for (let j = 0; j < columns; j++) centered[j] = (data[from + j] as number) - (mean[j] as number);
    for (let a = 0; a < columns; a++) {
      const x = centered[a] as number;
      for (let b = 0; b <= a; b++) covariance[a * columns + b]! += x * (centered[b] as number);
    }
  }
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b <= a; b++) {
      covariance[b * columns + a] = covariance[a * columns + b] = (covariance[a * columns + b] as number) / count;
    }
  }
  return covariance;
}

function transform(
  data: Numbers,
  from: number,
  to: number,
  f: (row: Float64Array, out: Float64Array) => void,
): Float32Array {
  if (data.length % from !== 0) {
    throw new SaddlepointError(
      'data',
      `whitening: ${data.length} numbers cannot be cut into rows of ${from}`,
      'give rows with the columns it was fitted on',
    );
  }
  const count = data.length / from;
  const result = new Float32Array(count * to);
  const [row, out] = [new Float64Array(from), new Float64Array(to)];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < from; j++) row[j] = data[i * from + j] as number;
    out.fill(0);
    f(row, out);
    result.set(out, i * to);
  }
  return result;
}

function multiply(row: Float64Array, matrix: Float64Array, out: Float64Array): void {
  for (let i = 0; i < row.length; i++) {
    const x = row[i] as number;
    for (let j = 0, at = i * out.length; j < out.length; j++, at++) out[j]! += x * (matrix[at] as number);
  }
}

/** Whitened rows, [rows × width]. */
export function applyWhitening({ mean, matrix, columns, width }: Whitening, data: Numbers): Float32Array {
  return transform(data, columns, width, (row, out) => {
    for (let j = 0; j < columns; j++) row[j] = (row[j] as number) - (mean[j] as number);
    multiply(row, matrix, out);
  });
}

/** The way back, [rows × columns]. */
export function invertWhitening({ mean, inverse, columns, width }: Whitening, data: Numbers): Float32Array {
  return transform(data, width, columns, (row, out) => {
    multiply(row, inverse, out);
    for (let j = 0; j < columns; j++) out[j] = (out[j] as number) + (mean[j] as number);
  });
}

/** A whitening as plain JSON. */
export interface WhiteningJson {
  readonly kind: 'zca' | 'pca';
  readonly mean: readonly number[];
  readonly matrix: readonly number[];
  readonly inverse: readonly number[];
  readonly variances: readonly number[];
}

/** The whitening as JSON, which `whiteningFromJson` reads. */
export function whiteningToJson({ kind, mean, matrix, inverse, variances }: Whitening): WhiteningJson {
  return { kind, mean: [...mean], matrix: [...matrix], inverse: [...inverse], variances: [...variances] };
}

/** Reads a whitening from a file, which may hold anything; what is damaged is refused with code `file`. */
export function whiteningFromJson(json: unknown): Whitening {
  const damaged = (what: string): SaddlepointError =>
    new SaddlepointError(
      'file',
      `whitening: ${what}`,
      'the file is damaged or was written by another program; save it again',
    );
  if (json === null || typeof json !== 'object') throw damaged(`expected an object, got ${show(json)}`);
  const object = json as Record<string, unknown>;
  const list = (name: string): Float64Array => {
    const values = object[name];
    if (Array.isArray(values) && values.length <= MOST_COLUMNS ** 2 && values.every(Number.isFinite))
      return Float64Array.from(values);
    throw damaged(`${name} is ${show(values)}, a list of finite numbers expected`);
  };
  const { kind } = object;
  if (kind !== 'zca' && kind !== 'pca') throw damaged(`unknown kind ${show(kind)}`);
  const [mean, matrix, inverse, variances] = [list('mean'), list('matrix'), list('inverse'), list('variances')];
  const [columns, width] = [mean.length, variances.length];
  if (
    columns < 1 ||
    width < 1 ||
    width > columns ||
    matrix.length !== columns * width ||
    inverse.length !== matrix.length
  ) {
    throw damaged(
      `sizes do not fit: ${columns} means, ${width} variances, ${matrix.length} and ${inverse.length} matrix elements`,
    );
  }
  return { kind, mean, matrix, inverse, variances, columns, width };
}
