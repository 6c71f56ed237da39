/** @file The toys of the ring and the grid: points of Gaussians whose centers are known. */
import { normalWithKey, randomKey, streamOf, tensor } from 'saddlepoint';

export interface Mixture {
  readonly centers: readonly (readonly [number, number])[];
  readonly deviation: number;
  /** Loose: a sample within this distance is near a center. */
  readonly near: number;
}

/** Eight Gaussians on a circle of radius 2. */
export const ring: Mixture = {
  centers: Array.from(
    { length: 8 },
    (_, i) => [2 * Math.cos((i * Math.PI) / 4), 2 * Math.sin((i * Math.PI) / 4)] as const,
  ),
  ...{ deviation: 0.02, near: 0.2 },
};

/** 25 Gaussians, spaced by 2. */
export const grid: Mixture = {
  centers: Array.from({ length: 25 }, (_, i) => [2 * (i % 5) - 4, 2 * Math.floor(i / 5) - 4] as const),
  ...{ deviation: 0.05, near: 0.4 },
};

/** Points of the mixture, as many of each Gaussian. */
export function pointsOf({ centers, deviation }: Mixture, count: number, seed: number) {
  const noise = normalWithKey(randomKey(seed), [count, 2], streamOf('mixture')).data;
  const points = Float32Array.from(
    noise,
    (value, i) => (centers[(i >> 1) % centers.length]?.[i & 1] as number) + deviation * value,
  );
  return tensor(points, [count, 2]);
}
