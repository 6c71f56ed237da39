/**
 * @file Eigenvalues of symmetric matrices by reflection to tridiagonal form and implicit QL, in double precision: for sizes up to
 * some thousands, and for the tridiagonal matrices of Lanczos.
 *
 * There are two solvers: `symmetricEigen` of linear-algebra.ts (Jacobi) is for covariances of some columns. It refuses what is not
 * symmetric and gives vectors a fixed sign, by which whitening is the same on every machine; at 64 rows it takes 4, at 200 rows 7
 * times as long as this one, and it has no tridiagonal form, which Lanczos needs. Each checks the other in the tests.
 */
import { checkNumber, SaddlepointError } from './errors.ts';
import type { SymmetricEigen } from './linear-algebra.ts';

const EPSILON = 2 ** -52;
/** Beside the largest element this is no rounding of it even: among zeros nothing smaller can be told from 0. */
const NEGLIGIBLE = EPSILON * 1e-3;
/** Some two or three are usual for each eigenvalue. */
const MOST_TURNS = 60;
/** Beside a largest element of 1, with squares that do not vanish. */
const NOTHING = 1e-150;

/** Eigenvalues with what `carried` became. */
export interface TridiagonalEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** [n, width]: row k belongs to values[k]. */
  readonly carried: Float64Array;
}

/**
 * Eigenvalues of the symmetric tridiagonal matrix T by QL iterations with implicit shifts (Golub & Van Loan, section 8.3; after
 * EISPACK's tql2, with deflation where an element off the diagonal is rounding beside its neighbors).
 *
 * @param diagonal [n]. @param off [n − 1] beside it.
 * @param carried [n, width], row-major: its rows are turned as the eigenvectors are. The identity gives eigenvectors as rows; a
 *   column of it (width 1), such as 1, 0, 0, …, gives that component of each. Default: nothing, width 0.
 * @throws SaddlepointError `shape` for lengths that do not fit, `data` for NaN, infinities, or no convergence.
 * @example tridiagonalEigen([2, 2], [1]).values; // [1, 3]
 */
export function tridiagonalEigen(
  diagonal: ArrayLike<number>,
  off: ArrayLike<number>,
  carried: ArrayLike<number> = [],
): TridiagonalEigen {
  const n = diagonal.length;
  checkNumber('tridiagonalEigen: size', n, { min: 1, integer: true });
  if (off.length !== n - 1 || carried.length % n !== 0)
    throw new SaddlepointError(
      'shape',
      `tridiagonalEigen: expected ${n - 1} elements beside ${n} and carried [${n}, …], got ${off.length} and ${carried.length}`,
    );
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  e.set(Float64Array.from(off));
  if (!d.every(Number.isFinite) || !e.every(Number.isFinite))
    throw new SaddlepointError('data', 'tridiagonalEigen: expected finite elements');
  const width = carried.length / n;
  const z = Float64Array.from(carried);
  const scale = d.reduce((most, x, i) => Math.max(most, Math.abs(x) + Math.abs(e[i] as number)), 0);
  for (let l = 0; l < n; l++) settle(d, e, z, width, l, NEGLIGIBLE * scale);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => (d[a] as number) - (d[b] as number));
  const sorted = new Float64Array(z.length);
  order.forEach((from, to) => {
    sorted.set(z.subarray(from * width, (from + 1) * width), to * width);
  });
  return { values: Float64Array.from(order, (i) => d[i] as number), carried: sorted };
}

/** Turns until d[l] is an eigenvalue. */
function settle(d: Float64Array, e: Float64Array, z: Float64Array, width: number, l: number, least: number): void {
  for (let turn = 0; ; turn++) {
    let m = l;
    while (m < d.length - 1) {
      const beside = Math.abs(d[m] as number) + Math.abs(d[m + 1] as number);
      if (Math.abs(e[m] as number) <= Math.max(least, EPSILON * beside)) break;
      m++;
    }
    if (m === l) return;
    if (turn === MOST_TURNS)
      throw new SaddlepointError('data', `tridiagonalEigen: no convergence at element ${l} after ${turn} turns`);
    sweep(d, e, z, width, l, m);
  }
}

/** One implicit QL step on the block from l to m. */
function sweep(d: Float64Array, e: Float64Array, z: Float64Array, width: number, l: number, m: number): void {
  const shift = ((d[l + 1] as number) - (d[l] as number)) / (2 * (e[l] as number));
  const root = Math.hypot(shift, 1);
  let g = (d[m] as number) - (d[l] as number) + (e[l] as number) / (shift + (shift < 0 ? -root : root));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * (e[i] as number);
    const b = c * (e[i] as number);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = (d[i + 1] as number) - p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = (d[i + 1] as number) - p;
    const t = ((d[i] as number) - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    for (let k = i * width; k < (i + 1) * width; k++) {
      const [x, y] = [z[k] as number, z[k + width] as number];
      z[k + width] = s * x + c * y;
      z[k] = c * x - s * y;
    }
  }
  d[l] = (d[l] as number) - p;
  e[l] = g;
  e[m] = 0;
}

/**
 * Eigenvalues and, if wanted, eigenvectors of a symmetric matrix of up to some thousands of rows: Householder reflections to
 * tridiagonal form (Golub & Van Loan, algorithm 8.3.1), then QL. 600 rows take about a second, without vectors a third.
 *
 * @param a [n, n], row-major; of a matrix that differs from its transpose by rounding, the mean of both is taken.
 * @param options vectors: default true; without them `vectors` is empty.
 * @throws SaddlepointError `shape` for another number of elements, `data` for NaN and infinities.
 * @example denseEigen([2, 1, 1, 2], 2).values; // [1, 3]
 */
export function denseEigen(
  a: ArrayLike<number>,
  n: number,
  options: { readonly vectors?: boolean } = {},
): SymmetricEigen {
  const { m, largest } = balanced(a, n);
  const { diagonal, off, reflections } = tridiagonalize(m, n);
  const carried = options.vectors === false ? [] : accumulate(reflections, n);
  const found = tridiagonalEigen(diagonal, off, carried);
  return { values: found.values.map((value) => value * largest), vectors: found.carried };
}

/** A = Q T Qᵀ with T tridiagonal. */
export interface TridiagonalForm {
  readonly diagonal: Float64Array;
  readonly off: Float64Array;
  /** Qᵀ v. */
  into(v: ArrayLike<number>): Float64Array;
  /** Q v. */
  back(v: ArrayLike<number>): Float64Array;
}

/**
 * The tridiagonal form of a symmetric matrix: a third of the work of its eigenvectors, and enough to solve (A² + λ) x = b for many λ.
 *
 * @param a [n, n], row-major.
 * @throws SaddlepointError as `denseEigen`.
 */
export function tridiagonalForm(a: ArrayLike<number>, n: number): TridiagonalForm {
  const { m, largest } = balanced(a, n);
  const { diagonal, off, reflections } = tridiagonalize(m, n);
  const turned = (v: ArrayLike<number>, order: readonly Reflection[]): Float64Array => {
    const result = Float64Array.from(v);
    for (const { first, v: u, factor } of order) {
      let total = 0;
      for (let i = 0; i < u.length; i++) total += (u[i] as number) * (result[first + i] as number);
      for (let i = 0; i < u.length; i++)
        result[first + i] = (result[first + i] as number) - factor * total * (u[i] as number);
    }
    return result;
  };
  const reversed = [...reflections].reverse();
  return {
    diagonal: diagonal.map((x) => x * largest),
    off: off.map((x) => x * largest),
    into: (v) => turned(v, reflections),
    back: (v) => turned(v, reversed),
  };
}

/** A checked copy, its own transpose, divided by its largest element, so that no square overflows or vanishes. */
function balanced(a: ArrayLike<number>, n: number): { readonly m: Float64Array; readonly largest: number } {
  checkNumber('denseEigen: size', n, { min: 1, integer: true });
  if (a.length !== n * n)
    throw new SaddlepointError('shape', `denseEigen: expected ${n} × ${n} elements, got ${a.length}`);
  const m = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const mean = (a[i * n + j] as number) / 2 + (a[j * n + i] as number) / 2;
      if (!Number.isFinite(mean))
        throw new SaddlepointError('data', `denseEigen: expected finite elements, got ${mean} at (${i}, ${j})`);
      m[i * n + j] = m[j * n + i] = mean;
      largest = Math.max(largest, Math.abs(mean));
    }
  if (largest > 0) for (let i = 0; i < m.length; i++) m[i] = (m[i] as number) / largest;
  return { m, largest };
}

/** I − factor · v vᵀ on the elements from `first` on. */
interface Reflection {
  readonly first: number;
  readonly v: Float64Array;
  readonly factor: number;
}

/** T = Qᵀ A Q; A is overwritten. */
function tridiagonalize(a: Float64Array, n: number) {
  const off = new Float64Array(n - 1);
  const reflections: Reflection[] = [];
  for (let k = 0; k + 2 < n; k++) {
    const first = k + 1;
    const v = a.slice(k * n + first, (k + 1) * n);
    const found = Math.hypot(...chunks(v));
    const norm = found < NOTHING ? 0 : found;
    const head = v[0] as number;
    const alpha = head < 0 ? norm : -norm;
    off[k] = norm === 0 ? 0 : alpha;
    v[0] = head - alpha;
    const factor = norm === 0 ? 0 : 1 / (norm * (norm + Math.abs(head)));
    reflections.push({ first, v, factor });
    if (factor !== 0) reflectBothSides(a, n, first, v, factor);
  }
  if (n > 1) off[n - 2] = a[(n - 1) * n + n - 2] as number;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * (n + 1)] as number), off, reflections };
}

/** The norms of pieces, since hypot takes its numbers as arguments. */
function chunks(v: Float64Array): number[] {
  const norms: number[] = [];
  for (let at = 0; at < v.length; at += 1024) norms.push(Math.hypot(...v.subarray(at, at + 1024)));
  return norms;
}

/** A ← H A H for the block from `first` on: A − v wᵀ − w vᵀ. */
function reflectBothSides(a: Float64Array, n: number, first: number, v: Float64Array, factor: number): void {
  const size = v.length;
  const w = new Float64Array(size);
  let along = 0;
  for (let i = 0; i < size; i++) {
    const row = (first + i) * n + first;
    let total = 0;
    for (let j = 0; j < size; j++) total += (a[row + j] as number) * (v[j] as number);
    w[i] = factor * total;
    along += (w[i] as number) * (v[i] as number);
  }
  for (let i = 0; i < size; i++) w[i] = (w[i] as number) - ((factor * along) / 2) * (v[i] as number);
  for (let i = 0; i < size; i++) {
    const row = (first + i) * n + first;
    const [vi, wi] = [v[i] as number, w[i] as number];
    for (let j = 0; j < size; j++) a[row + j] = (a[row + j] as number) - vi * (w[j] as number) - wi * (v[j] as number);
  }
}

/** Qᵀ of the reflections, row-major: row i is what the basis vector i of T stands for. */
function accumulate(reflections: readonly Reflection[], n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * (n + 1)] = 1;
  // Rows of Qᵀ = … H₁ H₀ are reflected from the right, the last reflection first.
  for (let k = reflections.length - 1; k >= 0; k--) {
    const { first, v, factor } = reflections[k] as Reflection;
    for (let row = first; row < n; row++) {
      const at = row * n + first;
      let total = 0;
      for (let j = 0; j < v.length; j++) total += (q[at + j] as number) * (v[j] as number);
      const x = factor * total;
      for (let j = 0; j < v.length; j++) q[at + j] = (q[at + j] as number) - x * (v[j] as number);
    }
  }
  return q;
}
