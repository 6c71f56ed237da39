/** @file Dauphin's plot on a small network: critical points near a path of gradient descent, their index against their loss. */
import { crossEntropy, curvature, dense, type LossSurface, lossSurface, sequential, tensor } from 'saddlepoint';
import { digits8, pick } from '../experiment-data.ts';

export interface Found {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly index: number;
  readonly bottom: number;
  readonly seed: number;
  readonly step: number;
}

const ROWS = 600;
const LEARNING_RATE = 0.5;
const SEEDS = [0, 1];
/** Steps of the path from which a critical point is looked for. */
const STEPS = [0, 10, 20, 50, 100, 150, 200, 300, 400, 600, 800, 1000];

const rows = pick(
  digits8(),
  Array.from({ length: ROWS }, (_, i) => i),
);
const data = {
  x: tensor(
    rows.x.map((value) => value / 16),
    [ROWS, rows.width],
  ),
  y: rows.y,
};

/** 64-8-10 tanh, 610 parameters. */
export const smallSurface = (seed: number, device: 'wasm' | 'reference'): Promise<LossSurface> =>
  lossSurface(sequential([dense(8, { activation: 'tanh' }), dense(10)]), data, {
    ...{ loss: crossEntropy(), standardize: false, seed, device },
  });

/** Gradients of the search are in double precision, Hessians in single: they only say where to step, and which eigenvalues are below −1e-5. */
export async function criticalPoints(tell: (line: string) => void): Promise<Found[]> {
  const found: Found[] = [];
  for (const seed of SEEDS) {
    const [exact, fast] = [await smallSurface(seed, 'reference'), await smallSurface(seed, 'wasm')];
    const objective: curvature.Objective = { size: exact.size, at: exact.at, hessian: fast.hessian };
    const path = exact.start.slice();
    let at = 0;
    for (const step of STEPS) {
      for (; at < step; at++) {
        const { gradient } = await fast.at(path);
        for (let i = 0; i < path.length; i++) path[i] = (path[i] as number) - LEARNING_RATE * (gradient[i] as number);
      }
      const { point, value, gradientNorm } = await curvature.findCriticalPoint(objective, path, {
        ...{ tolerance: 1e-4, maximumIterations: 40 },
      });
      const { fraction, eigenvalues } = await curvature.index(fast.hessian(point), { tolerance: 1e-5 });
      const one = { loss: value, gradientNorm, index: fraction, bottom: eigenvalues?.[0] ?? Number.NaN, seed, step };
      found.push(one);
      tell(
        `seed ${seed}, from step ${step}: loss ${value.toFixed(3)}, ‖g‖ ${gradientNorm.toExponential(1)}, index ${fraction.toFixed(3)}`,
      );
    }
  }
  return found;
}

/** Spearman's correlation, ties at their mean rank. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] =>
    values.map((value) => values.reduce((sum, other) => sum + Number(other < value) + Number(other === value) / 2, 0));
  const [x, y] = [ranks(a), ranks(b)];
  const mean = a.length / 2;
  const covariance = (p: readonly number[], q: readonly number[]): number =>
    p.reduce((sum, value, i) => sum + (value - mean) * ((q[i] as number) - mean), 0);
  return covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
}

/** How Lanczos compares with all eigenvalues, at the start of seed 0, in double precision. */
export async function againstDense() {
  const surface = await smallSurface(0, 'reference');
  const matrix = await curvature.matrixOf(surface.hessian(surface.start));
  const { size } = surface;
  // The same operator, written down: its products are those of the matrix to rounding.
  const operator: curvature.LinearOperator = {
    size,
    times: (v) =>
      Float64Array.from({ length: size }, (_, i) =>
        v.reduce((sum, x, j) => sum + x * (matrix[i * size + j] as number), 0),
      ),
  };
  const exact = await curvature.index(operator, { tolerance: 1e-5 });
  const lanczos = await curvature.lanczos(surface.hessian(surface.start), { steps: 80 });
  const quadrature = await curvature.index(operator, { tolerance: 1e-5, denseSize: 0, accuracy: 0.02 });
  const [bottom, top] = [exact.eigenvalues?.[0] as number, exact.eigenvalues?.at(-1) as number];
  const near = exact.eigenvalues?.filter((value) => Math.abs(value) < 1e-3).length ?? 0;
  return {
    top: Math.abs(lanczos.top / top - 1),
    bottom: Math.abs(lanczos.bottom / bottom - 1),
    ...{ exact: exact.fraction, quadrature, near: near / size },
  };
}
