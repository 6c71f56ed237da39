/** @file What products tell of a whole spectrum: its density, its trace, the share of it that is negative. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { denseEigen, tridiagonalEigen } from '../../core/symmetric-eigen.ts';
import { checkSeed, krylov } from './lanczos.ts';
import { dot, type LinearOperator, matrixOf, probe } from './operator.ts';

/** Up to this size a matrix is written down: 2,000 rows are 32 MB and some 20 seconds. */
export const DENSE_SIZE = 2000;
/** Two standard errors: some 95 %. */
const ERRORS = 2;

export interface DensityOptions {
  /** Random vectors to start from: a whole number ≥ 1, default 10. */
  readonly probes?: number;
  /** Products for each: a whole number ≥ 1, default 80. */
  readonly steps?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Points of the curve: a whole number ≥ 2, default 512. */
  readonly points?: number;
  /** Standard deviation of the blur, in units of the spectrum's width: > 0, default 0.005. */
  readonly blur?: number;
}

/** A share of the spectrum at a value. */
export interface SpectrumNode {
  readonly value: number;
  /** All of one estimate sum to 1. */
  readonly weight: number;
}

/** How the eigenvalues lie. */
export interface SpectrumDensity {
  /** The curve: density over values, which integrates to 1. */
  readonly values: Float64Array;
  readonly density: Float64Array;
  /** What is under the blur: nodes and weights of the Gauss quadratures. */
  readonly nodes: readonly SpectrumNode[];
  readonly top: number;
  readonly bottom: number;
}

/**
 * The density of an operator's eigenvalues by stochastic Lanczos quadrature: from each random vector a Gauss quadrature of the
 * spectrum, all averaged and blurred. Ends are sharp, the middle is coarse: eigenvalues in the bulk are not told apart.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see Ubaru, Chen & Saad 2017, algorithm 1; Ghorbani et al. 2019, section 2 (the Gaussian blur; signs ±1 here, normal there).
 * @example const { values, density } = await curvature.density(hessian, { probes: 10, steps: 80 });
 */
export async function density(operator: LinearOperator, options: DensityOptions = {}): Promise<SpectrumDensity> {
  checkKnownOptions('density', options, ['probes', 'steps', 'seed', 'points', 'blur']);
  const points = checkNumber('density: points', options.points ?? 512, { min: 2, integer: true });
  const blur = checkNumber('density: blur', options.blur ?? 0.005, { min: 0, openMin: true });
  const nodes = (await quadratures('density', operator, options)).flat();
  const weight = nodes.reduce((sum, node) => sum + node.weight, 0);
  const shares = nodes.map((node) => ({ value: node.value, weight: node.weight / weight }));
  const top = nodes.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const bottom = nodes.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const sigma = blur * (top - bottom || Math.abs(top) || 1);
  const from = bottom - 4 * sigma;
  const step = (top - bottom + 8 * sigma) / (points - 1);
  const values = Float64Array.from({ length: points }, (_, i) => from + i * step);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const curve = values.map((x) =>
    shares.reduce((sum, node) => sum + node.weight * height * Math.exp(-(((x - node.value) / sigma) ** 2) / 2), 0),
  );
  return { values, density: curve, nodes: shares, top, bottom };
}

/** For each probe, nodes and weights that sum to 1. */
async function quadratures(
  where: string,
  operator: LinearOperator,
  options: Pick<DensityOptions, 'probes' | 'steps' | 'seed'>,
): Promise<SpectrumNode[][]> {
  const probes = checkNumber(`${where}: probes`, options.probes ?? 10, { min: 1, integer: true });
  const steps = checkNumber(`${where}: steps`, options.steps ?? 80, { min: 1, integer: true });
  const seed = checkSeed(`${where}: seed`, options.seed);
  const found: SpectrumNode[][] = [];
  for (let n = 0; n < probes; n++) {
    const { diagonal, off } = await krylov(operator, probe('signs', operator.size, seed, n), steps);
    const first = new Float64Array(diagonal.length);
    first[0] = 1;
    const { values, carried } = tridiagonalEigen(diagonal, off, first);
    found.push(Array.from(values, (value, k) => ({ value, weight: (carried[k] as number) ** 2 })));
  }
  return found;
}

/** A mean over random vectors, and how sure it is. */
export interface Estimate {
  readonly value: number;
  /** The standard error of the mean over the probes. */
  readonly standardError: number;
}

const estimate = (samples: readonly number[]): Estimate => {
  const n = samples.length;
  const value = samples.reduce((sum, x) => sum + x, 0) / n;
  const squares = samples.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.POSITIVE_INFINITY };
};

/**
 * The trace of an operator: the mean of ⟨z, A z⟩ over vectors z of random signs (Hutchinson 1990).
 *
 * @param options probes: a whole number ≥ 1, default 32; seed: default 0.
 * @throws SaddlepointError `option` for options out of range.
 */
export async function trace(
  operator: LinearOperator,
  options: { readonly probes?: number; readonly seed?: number } = {},
): Promise<Estimate> {
  checkKnownOptions('trace', options, ['probes', 'seed']);
  const probes = checkNumber('trace: probes', options.probes ?? 32, { min: 1, integer: true });
  const seed = checkSeed('trace: seed', options.seed);
  const samples: number[] = [];
  for (let n = 0; n < probes; n++) {
    const z = probe('signs', operator.size, seed, n);
    samples.push(dot(z, await operator.times(z.slice())));
  }
  return estimate(samples);
}

export interface IndexOptions extends Pick<DensityOptions, 'probes' | 'steps' | 'seed'> {
  /** Eigenvalues below −tolerance are negative: ≥ 0, default 1e-5. In f32 smaller ones are rounding. */
  readonly tolerance?: number;
  /** Up to this size the matrix is written down and solved: a whole number ≥ 0, default 2,000. */
  readonly denseSize?: number;
}

/** How much of a spectrum is negative. */
export interface CurvatureIndex {
  /** The share of negative eigenvalues, in [0, 1]. */
  readonly fraction: number;
  /**
   * How far off it may be: 0 for exact eigenvalues, else two standard errors over the probes and the weight of the nodes beside
   * the limit, which are not told apart from it.
   */
  readonly error: number;
  readonly method: 'eigenvalues' | 'quadrature';
  /** All eigenvalues, ascending; of the quadrature none. */
  readonly eigenvalues: Float64Array | undefined;
}

/**
 * The index of a critical point: the share of directions in which the loss bends down. 0 at a minimum.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see Dauphin et al. 2014, section 3; beyond `denseSize` by stochastic Lanczos quadrature (Ubaru et al. 2017; bounds as in Chen,
 *   Trogdon & Ubaru 2021).
 * @example (await curvature.index(hessian)).fraction; // 0.12
 */
export async function index(operator: LinearOperator, options: IndexOptions = {}): Promise<CurvatureIndex> {
  checkKnownOptions('index', options, ['probes', 'steps', 'seed', 'tolerance', 'denseSize']);
  const tolerance = checkNumber('index: tolerance', options.tolerance ?? 1e-5, { min: 0 });
  const denseSize = checkNumber('index: denseSize', options.denseSize ?? DENSE_SIZE, { min: 0, integer: true });
  const { size } = operator;
  if (size <= denseSize) {
    const { values } = denseEigen(await matrixOf(operator), size, { vectors: false });
    const negative = values.filter((value) => value < -tolerance).length;
    return { fraction: negative / size, error: 0, method: 'eigenvalues', eigenvalues: values };
  }
  const shares = (await quadratures('index', operator, options)).map((nodes) => shareBelow(nodes, -tolerance));
  const { value, standardError } = estimate(shares.map(({ share }) => share));
  const unresolved = estimate(shares.map(({ most }) => most)).value;
  return { fraction: value, error: ERRORS * standardError + unresolved, method: 'quadrature', eigenvalues: undefined };
}

/**
 * The share of a spectrum below a value, by a Gauss quadrature. At a node the true share lies between the sums of weights without
 * and with it (Chebyshev, Markov and Stieltjes): the middle is taken there, a straight line between nodes, and it is off
 * by half of both weights at most.
 */
function shareBelow(nodes: readonly SpectrumNode[], limit: number): { share: number; most: number } {
  let before = 0;
  let last: { value: number; middle: number; weight: number } | undefined;
  for (const { value, weight } of nodes) {
    const middle = before + weight / 2;
    if (value >= limit) {
      if (last === undefined) return { share: 0, most: weight };
      const part = (limit - last.value) / (value - last.value);
      return { share: last.middle + part * (middle - last.middle), most: (last.weight + weight) / 2 };
    }
    before += weight;
    last = { value, middle, weight };
  }
  return { share: 1, most: last?.weight ?? 0 };
}
