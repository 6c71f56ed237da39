/** @file The index of a critical point: the share of a spectrum that is negative, by all eigenvalues or as sure as was asked for. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { denseEigen } from '../../core/symmetric-eigen.ts';
import { KrylovSpace } from './krylov.ts';
import { checkSeed } from './lanczos.ts';
import { type LinearOperator, matrixOf, probe } from './operator.ts';
import { DENSE_SIZE, type DensityOptions, estimate, quadratureOf, type SpectrumNode } from './spectrum.ts';

/** Two standard errors: some 95 %. */
const ERRORS = 2;
/** The part of the wanted error that a probe's own quadrature may have; the rest is for the spread of the probes. */
const UNRESOLVED = 1 / 4;
/** Numbers of a basis at most: 256 MiB. */
const BASIS = 2 ** 25;

export interface IndexOptions extends Pick<DensityOptions, 'seed'> {
  /** Eigenvalues below −tolerance are negative: ≥ 0, default 1e-5. In f32 smaller ones are rounding. */
  readonly tolerance?: number;
  /** Up to this size the matrix is written down and solved: a whole number ≥ 0, default 2,000. */
  readonly denseSize?: number;
  /** How far off the share may be: in (0, 1], default 0.02. Products are taken until `error` is no more, or they are used up. */
  readonly accuracy?: number;
  /** Random vectors at least: a whole number ≥ 1, default 10; there are more where their spread is what is off. */
  readonly probes?: number;
  /** Products that each begins with: a whole number ≥ 1, default 80; doubled while the quadrature is what is off. */
  readonly steps?: number;
  /** Products in all at most: a whole number ≥ probes, default 20,000. */
  readonly maximumProducts?: number;
}

/** How much of a spectrum is negative. */
export interface CurvatureIndex {
  /** The share of negative eigenvalues, in [0, 1]. */
  readonly fraction: number;
  /**
   * How far off it may be: 0 for exact eigenvalues, else two standard errors over the probes and the weight of the nodes beside
   * the limit, which are not told apart from it. More than `accuracy` where the products were used up.
   */
  readonly error: number;
  readonly method: 'eigenvalues' | 'quadrature';
  /** All eigenvalues, ascending; of the quadrature none. */
  readonly eigenvalues: Float64Array | undefined;
  /** Random vectors of the quadrature; 0 of eigenvalues. */
  readonly probes: number;
  /** Products with the operator. */
  readonly products: number;
}

/**
 * The index of a critical point: the share of directions in which the loss bends down. 0 at a minimum.
 *
 * Beyond `denseSize` it is a mean over random vectors, each with a Gauss quadrature. Many eigenvalues of a network lie so near 0 that
 * some dozens of products do not tell their signs apart; each vector therefore takes as many as it needs. With as many as there
 * are parameters a quadrature is exact, and only the spread of the vectors is left, which more of them lower.
 *
 * @throws SaddlepointError `option` for options out of range, `data` for products that are not finite.
 * @see Dauphin et al. 2014, section 3; beyond `denseSize` by stochastic Lanczos quadrature (Ubaru et al. 2017; bounds as in Chen,
 *   Trogdon & Ubaru 2021).
 * @example (await curvature.index(hessian)).fraction; // 0.12
 */
export async function index(operator: LinearOperator, options: IndexOptions = {}): Promise<CurvatureIndex> {
  const names = ['accuracy', 'probes', 'steps', 'seed', 'tolerance', 'denseSize', 'maximumProducts'];
  checkKnownOptions('index', options, names);
  const tolerance = checkNumber('index: tolerance', options.tolerance ?? 1e-5, { min: 0 });
  const whole = (name: string, value: number, min: number): number =>
    checkNumber(`index: ${name}`, value, { min, integer: true });
  const denseSize = whole('denseSize', options.denseSize ?? DENSE_SIZE, 0);
  const accuracy = checkNumber('index: accuracy', options.accuracy ?? 0.02, { min: 0, openMin: true, max: 1 });
  const least = whole('probes', options.probes ?? 10, 1);
  const steps = whole('steps', options.steps ?? 80, 1);
  const most = whole('maximumProducts', options.maximumProducts ?? 20_000, least);
  const seed = checkSeed('index: seed', options.seed);
  const { size } = operator;
  if (size <= denseSize) {
    const { values } = denseEigen(await matrixOf(operator), size, { vectors: false });
    const negative = values.filter((value) => value < -tolerance).length;
    const fraction = negative / size;
    return { fraction, error: 0, method: 'eigenvalues', eigenvalues: values, probes: 0, products: size };
  }
  const shares: Share[] = [];
  let products = 0;
  const look = async (limit: number): Promise<void> => {
    const space = new KrylovSpace(operator, probe('signs', size, seed, shares.length));
    const allowed = Math.min(limit, Math.max(1, Math.floor(BASIS / size)));
    for (let wanted = Math.min(steps, allowed); ; wanted = Math.min(2 * wanted, allowed)) {
      await space.grow(wanted);
      const share = shareBelow(quadratureOf(space.form), -tolerance, space.isClosed);
      if (share.unresolved > UNRESOLVED * accuracy && !space.isClosed && wanted < allowed) continue;
      shares.push(share);
      products += space.steps;
      return;
    }
  };
  // Each of the first ones may have its part of all products, so that there are some for every one.
  while (shares.length < least) await look(Math.floor((most - products) / (least - shares.length)));
  for (;;) {
    const { value, standardError } = estimate(shares.map(({ share }) => share));
    const unresolved = estimate(shares.map((share) => share.unresolved)).value;
    const error = ERRORS * standardError + unresolved;
    const each = Math.ceil(products / shares.length);
    const affordable = Math.floor((most - products) / each);
    // More probes lower the spread alone.
    const room = accuracy - unresolved;
    if (error <= accuracy || room <= 0 || affordable < 1)
      return {
        ...{ fraction: value, error, method: 'quadrature', eigenvalues: undefined },
        ...{ probes: shares.length, products },
      };
    const deviation = standardError * Math.sqrt(shares.length);
    const needed = Number.isFinite(deviation) ? Math.ceil(((ERRORS * deviation) / room) ** 2) : 2;
    const more = Math.min(affordable, Math.max(1, needed - shares.length));
    for (let i = 0; i < more && most - products >= each; i++) await look(most - products);
  }
}

interface Share {
  readonly share: number;
  /** How far the share of this probe may be off. */
  readonly unresolved: number;
}

/**
 * The share of a spectrum below a value, by a Gauss quadrature. At a node the true share lies between the sums of weights without
 * and with it (Chebyshev, Markov and Stieltjes): the middle is taken there, a straight line between nodes, and it is off
 * by half of both weights at most. Nodes of a closed space are eigenvalues: they are counted.
 */
function shareBelow(nodes: readonly SpectrumNode[], limit: number, isClosed: boolean): Share {
  if (isClosed)
    return { share: nodes.reduce((sum, { value, weight }) => sum + (value < limit ? weight : 0), 0), unresolved: 0 };
  let before = 0;
  let last: { value: number; middle: number; weight: number } | undefined;
  for (const { value, weight } of nodes) {
    const middle = before + weight / 2;
    if (value >= limit) {
      if (last === undefined) return { share: 0, unresolved: weight };
      const part = (limit - last.value) / (value - last.value);
      return { share: last.middle + part * (middle - last.middle), unresolved: (last.weight + weight) / 2 };
    }
    before += weight;
    last = { value, middle, weight };
  }
  return { share: 1, unresolved: last?.weight ?? 0 };
}
