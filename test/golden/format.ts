/** @file The golden files: their format, and comparing with them. See data/README.md. */
import { type Tensor, tensor } from '../../src/graph/tensor.ts';

type GoldenNumber = number | 'inf' | '-inf' | 'nan';

/** Shape and flat row-major data. */
export interface GoldenTensor {
  readonly s: readonly number[];
  readonly d: readonly GoldenNumber[];
}

export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

/** One case; what its keys mean depends on the file. */
export type GoldenCase = Readonly<Record<string, unknown>>;

export interface GoldenFile {
  readonly file: string;
  /** All entries, also the fixtures, whose names begin with `_`. */
  readonly cases: Readonly<Record<string, GoldenCase>>;
}

/** What a case file says. @param text its JSON @param file its name without the ending */
export function parseGolden(text: string, file: string): GoldenFile {
  const { format, cases } = JSON.parse(text) as { format: number; cases: GoldenFile['cases'] };
  if (format !== 1) throw new Error(`${file}: expected golden format 1, got ${format}`);
  return { file, cases };
}

const SPECIAL = { inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY, nan: Number.NaN };

export const numbersOf = (list: readonly GoldenNumber[]): number[] =>
  list.map((x) => (typeof x === 'number' ? x : SPECIAL[x]));

/** A golden tensor as a host tensor: f32 (in double precision), or class numbers and indices as i32. */
export function hostTensorOf(value: unknown, dtype: 'f32' | 'i32' = 'f32'): Tensor {
  const { s, d } = value as GoldenTensor;
  const numbers = numbersOf(d);
  return dtype === 'i32' ? tensor(Int32Array.from(numbers), s) : tensor(Float64Array.from(numbers), s);
}

/** One comparison: what the library gave against what the file says. */
export interface Check {
  readonly what: string;
  readonly got: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  /** Default: the case's own, or the suggested one. */
  readonly tolerance?: Tolerance;
}

/** The element that is furthest outside the tolerance, as text; undefined if all are within it. */
export function compare({ what, got, expected, tolerance }: Check, ofCase: Tolerance | undefined): string | undefined {
  if (got.length !== expected.length) return `${what}: got ${got.length} elements, expected ${expected.length}`;
  const reference = Array.from(expected);
  const largest = Math.max(0, ...reference.filter(Number.isFinite).map(Math.abs));
  const { rtol = 2e-5, atol = 1e-6 * largest + 1e-7 } = tolerance ?? ofCase ?? {};
  let worst = -1;
  let excess = 1;
  reference.forEach((wanted, i) => {
    const given = got[i] as number;
    if (Object.is(given, wanted) || given === wanted) return;
    const ratio = Math.abs(given - wanted) / (atol + rtol * Math.abs(wanted));
    if (ratio <= excess) return; // NaN fails this, and is reported.
    worst = i;
    excess = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
  });
  if (worst < 0) return undefined;
  return `${what}[${worst}]: got ${got[worst]}, expected ${reference[worst]} (${excess.toPrecision(3)} × the tolerance)`;
}
