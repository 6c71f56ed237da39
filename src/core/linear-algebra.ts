/** @file Factorizations of small matrices on the host, in double precision; matrices are flat and row-major. */
import { checkNumber, SaddlepointError } from './errors.ts';

/** A copy of the elements, after a look at their number and at each of them. */
function checkedMatrix(where: string, a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  for (const [name, size] of Object.entries({ rows, columns }))
    checkNumber(`${where}.${name}`, size, { min: 1, integer: true });
  if (a.length !== rows * columns) {
    throw new SaddlepointError(
      'shape',
      `${where}: expected ${rows} × ${columns} = ${rows * columns} elements, got ${a.length}`,
    );
  }
  const copy = Float64Array.from(a);
  const bad = copy.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return copy;
  const place = `row ${Math.floor(bad / columns)}, column ${bad % columns}`;
  throw new SaddlepointError('data', `${where}: expected finite elements, got ${copy[bad]} at ${place}`);
}

/** A reflection I − factor · v vᵀ of the rows `first` … of a matrix; v has an element for each of these rows. */
interface Reflection {
  readonly first: number;
  readonly v: Float64Array;
  readonly factor: number;
}

/** Reflects the columns `from` … of a matrix, in place; row by row, as it lies in memory. */
function reflect(w: Float64Array, columns: number, from: number, { first, v, factor }: Reflection): void {
  const dots = new Float64Array(columns);
  for (let i = 0; i < v.length; i++) {
    const row = (first + i) * columns;
    const x = v[i] as number;
    for (let j = from; j < columns; j++) dots[j] = (dots[j] as number) + x * (w[row + j] as number);
  }
  for (let i = 0; i < v.length; i++) {
    const row = (first + i) * columns;
    const x = factor * (v[i] as number);
    for (let j = from; j < columns; j++) w[row + j] = (w[row + j] as number) - x * (dots[j] as number);
  }
}

/** The reflection that brings column k, from its element k on, to (±norm, 0, …). Divided by their largest, squares do not overflow. */
function reflectionOf(w: Float64Array, rows: number, columns: number, k: number): Reflection {
  const v = Float64Array.from({ length: rows - k }, (_, i) => w[(k + i) * columns + k] as number);
  const largest = v.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
  if (largest === 0) return { first: k, v, factor: 0 };
  let squares = 0;
  v.forEach((x, i) => {
    v[i] = x / largest;
    squares += (v[i] as number) ** 2;
  });
  const first = v[0] as number;
  const norm = Math.sqrt(squares);
  // Away from 0, so that nothing cancels.
  v[0] = first + (first < 0 ? -norm : norm);
  return { first: k, v, factor: 1 / (squares + Math.abs(first) * norm) };
}

/** A = Q · R with orthonormal columns of Q and R upper triangular. */
export interface QrFactors {
  /** [rows, columns] */
  readonly q: Float64Array;
  /** [columns, columns], 0 below the diagonal. */
  readonly r: Float64Array;
}

/**
 * The thin QR factorization by Householder reflections (Golub & Van Loan, section 5.2).
 *
 * The diagonal of R is ≥ 0, which makes the factors of a matrix of full rank unique, and Q of a matrix of independent normal
 * deviates uniformly distributed over all such matrices (Mezzadri 2007). Where A lacks rank R has zeros on its diagonal (or
 * what rounding leaves of them), and Q is orthonormal all the same.
 *
 * @param a [rows, columns], at least as many rows as columns; it is left as it is.
 * @throws SaddlepointError `shape` for sizes that do not fit, `data` for NaN and infinities.
 * @example const { q, r } = qr([3, 1, 4, 2], 2, 2); // q = [0.6, −0.8, 0.8, 0.6], r = [5, 2.2, 0, 0.4]
 */
export function qr(a: ArrayLike<number>, rows: number, columns: number): QrFactors {
  const w = checkedMatrix('qr', a, rows, columns);
  if (rows < columns) {
    throw new SaddlepointError(
      'shape',
      `qr: expected at least as many rows as columns, got ${rows} × ${columns}`,
      'factor the transpose',
    );
  }
  const reflections = Array.from({ length: columns }, (_, k) => {
    const reflection = reflectionOf(w, rows, columns, k);
    reflect(w, columns, k, reflection);
    return reflection;
  });
  const q = new Float64Array(rows * columns);
  for (let k = 0; k < columns; k++) q[k * columns + k] = 1;
  for (const reflection of reflections.reverse()) reflect(q, columns, reflection.first, reflection);
  const r = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    const sign = (w[i * columns + i] as number) < 0 ? -1 : 1;
    for (let j = i; j < columns; j++) r[i * columns + j] = sign * (w[i * columns + j] as number);
    if (sign < 0) for (let row = 0; row < rows; row++) q[row * columns + i] = -(q[row * columns + i] as number);
  }
  return { q, r };
}

/** A = Σ values[k] · vₖ vₖᵀ with vₖ the row k of `vectors`. */
export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** [n, n]: row k is the unit eigenvector of values[k]; its largest component is positive. */
  readonly vectors: Float64Array;
}

/** A symmetric matrix may differ from its transpose by what f32 arithmetic leaves, relative to its largest element. */
const ASYMMETRY = 1e-5;
/** Half a unit in the last place of 1. */
const EPSILON = 2 ** -53;
/** Convergence is quadratic: some ten sweeps do for any size. */
const MOST_SWEEPS = 60;

/** Turns rows p and q of a matrix by the angle with cosine c and sine s. */
function rotateRows(m: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[p * n + k] as number, m[q * n + k] as number];
    m[p * n + k] = c * x - s * y;
    m[q * n + k] = s * x + c * y;
  }
}

/** Rotates rows and columns p and q of the symmetric matrix so that element (p, q) vanishes; the vectors turn along. */
function rotate(m: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const off = m[p * n + q] as number;
  if (off === 0) return;
  const theta = ((m[q * n + q] as number) - (m[p * n + p] as number)) / (2 * off);
  // The smaller of the two angles; hypot, since θ² may overflow.
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  rotateRows(m, n, p, q, c, s);
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[k * n + p] as number, m[k * n + q] as number];
    m[k * n + p] = c * x - s * y;
    m[k * n + q] = s * x + c * y;
  }
  m[p * n + q] = 0;
  m[q * n + p] = 0;
  rotateRows(vectors, n, p, q, c, s);
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, section 8.5): slower than
 * tridiagonal methods, but short and exact to rounding of the largest eigenvalue. For sizes up to some hundreds.
 *
 * @param a [n, n]; of a matrix that differs from its transpose by rounding, the mean of both is taken.
 * @throws SaddlepointError `shape` for another number of elements, `data` for NaN, infinities, or a matrix that is not
 *   symmetric.
 * @example symmetricEigen([2, 1, 1, 2], 2).values; // [1, 3]
 */
export function symmetricEigen(a: ArrayLike<number>, n: number): SymmetricEigen {
  const m = checkedMatrix('symmetricEigen', a, n, n);
  const largest = m.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [m[i * n + j] as number, m[j * n + i] as number];
      if (Math.abs(x - y) > ASYMMETRY * largest) {
        const given = `${y} at (${j}, ${i}) and ${x} at (${i}, ${j})`;
        throw new SaddlepointError('data', `symmetricEigen: expected a symmetric matrix, got ${given}`);
      }
      // Divided by the largest, no product overflows.
      m[j * n + i] = m[i * n + j] = (x / 2 + y / 2) / largest;
    }
    if (largest > 0) m[i * n + i] = (m[i * n + i] as number) / largest;
  }
  const vectors = new Float64Array(n * n);
  for (let k = 0; k < n; k++) vectors[k * n + k] = 1;
  if (largest > 0) diagonalize(m, vectors, n);
  const order = Array.from({ length: n }, (_, k) => k).sort(
    (x, y) => (m[x * n + x] as number) - (m[y * n + y] as number),
  );
  return {
    values: Float64Array.from(order, (k) => (m[k * n + k] as number) * largest),
    vectors: Float64Array.from(order.flatMap((k) => withLargestPositive(vectors.subarray(k * n, (k + 1) * n)))),
  };
}

/** Sweeps over all pairs until nothing off the diagonal is left. */
function diagonalize(m: Float64Array, vectors: Float64Array, n: number): void {
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off = Math.max(off, Math.abs(m[p * n + q] as number));
    if (off <= EPSILON) return;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(m, vectors, n, p, q);
  }
}

function withLargestPositive(vector: Float64Array): number[] {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return Array.from(vector, (x) => (largest < 0 ? -x : x));
}
