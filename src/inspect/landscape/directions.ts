/** @file Directions to look in: random ones as long, filter by filter, as the weights; the principal ones of a path. */
import { denseEigen } from '../../core/symmetric-eigen.ts';
import type { FlatLeaf } from '../../engine/objective.ts';
import { addScaled, dot, normOf, probe } from '../../optim/drivers/operator.ts';

/**
 * A random direction d with ‖d_ij‖ = ‖θ_ij‖ for each filter j of each kernel i, so that a step of 1 is as long as the weights and
 * sharpness can be compared between networks: scaling a filter of relu up and the next down changes no such picture.
 *
 * A filter is what makes one output: of a kernel [..., in, out] the elements of one index of the last axis. Leaves of one axis
 * (biases, scales) stay as they are.
 *
 * @see Li et al. 2018 (arXiv 1712.09913), section 4. Deviation: filters are told by shape alone, so that of an embedding table
 *   columns are scaled, and of a transposed convolution what belongs to one input channel.
 */
export function filterNormalized(
  point: ArrayLike<number>,
  leaves: readonly FlatLeaf[],
  seed: number,
  n: number,
): Float64Array {
  const direction = probe('normal', point.length, seed, n);
  for (const { offset, shape } of leaves) {
    const size = shape.reduce((product, length) => product * length, 1);
    const filters = shape.at(-1) ?? 1;
    if (shape.length < 2) {
      direction.fill(0, offset, offset + size);
      continue;
    }
    for (let filter = 0; filter < filters; filter++) {
      let [weights, drawn] = [0, 0];
      for (let i = offset + filter; i < offset + size; i += filters) {
        weights += (point[i] as number) ** 2;
        drawn += (direction[i] as number) ** 2;
      }
      const scale = drawn === 0 ? 0 : Math.sqrt(weights / drawn);
      for (let i = offset + filter; i < offset + size; i += filters) direction[i] = scale * (direction[i] as number);
    }
  }
  return direction;
}

/** Where a path goes. */
export interface PrincipalDirections {
  /** Two unit vectors, orthogonal to each other. */
  readonly directions: readonly [Float64Array, Float64Array];
  /** The share of the path's variance along each, in [0, 1]. */
  readonly explainedVariance: readonly [number, number];
}

/**
 * The first two principal components of the points of a path, from the products of points with one another: as many rows as
 * there are points, however long they are. A path on a line has a second direction of zeros.
 *
 * @param points two or more of one length.
 * @see Li et al. 2018, section 7.2.
 */
export function principalDirections(points: readonly ArrayLike<number>[]): PrincipalDirections {
  const [n, size] = [points.length, points[0]?.length ?? 0];
  const mean = new Float64Array(size);
  for (const point of points) addScaled(mean, point, 1 / n);
  const centered = points.map((point) => {
    const moved = Float64Array.from(point);
    addScaled(moved, mean, -1);
    return moved;
  });
  const products = centered.flatMap((a) => centered.map((b) => dot(a, b)));
  const { values, vectors } = denseEigen(products, n);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const directionOf = (rank: number): Float64Array => {
    const direction = new Float64Array(size);
    const row = n - 1 - rank;
    // Below this share of the largest an eigenvalue is rounding, and its vector points anywhere.
    if (row < 0 || !((values[row] as number) > 1e-12 * (values[n - 1] as number))) return direction;
    centered.forEach((point, i) => {
      addScaled(direction, point, vectors[row * n + i] as number);
    });
    const norm = normOf(direction);
    return direction.map((x) => x / norm);
  };
  const share = (rank: number): number =>
    total === 0 || rank >= n ? 0 : Math.max(0, values[n - 1 - rank] as number) / total;
  return { directions: [directionOf(0), directionOf(1)], explainedVariance: [share(0), share(1)] };
}
