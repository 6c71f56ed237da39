/**
 * @file A step length along a direction that satisfies the strong Wolfe conditions: the value falls by enough, and the slope
 * has become flat by enough.
 */

/** A place along the direction. */
export interface LinePoint {
  /** The step length, ≥ 0. */
  readonly step: number;
  readonly value: number;
  /** The derivative of the value by the step. */
  readonly slope: number;
}

export interface WolfeOptions {
  /** c₁: sufficient decrease, value ≤ value₀ + c₁ · step · slope₀. In (0, curvature). */
  readonly decrease: number;
  /** c₂: curvature, |slope| ≤ c₂ |slope₀|. In (decrease, 1). */
  readonly curvature: number;
  /** The most evaluations. */
  readonly evaluations: number;
}

/** A few units in the last place of a double. */
const ROUNDING = 2 ** -50;

/**
 * The minimizer of the cubic through two points and their slopes, held within the inner 80 % of the interval; its middle where
 * the cubic has none, or a number is not finite.
 *
 * @see Nocedal & Wright 2006, "Numerical optimization", eq. 3.59.
 */
export function cubicMinimizer(a: LinePoint, b: LinePoint): number {
  const middle = (a.step + b.step) / 2;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(b.step - a.step) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  const found = b.step - ((b.step - a.step) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
  if (!Number.isFinite(found)) return middle;
  const [low, high] = [Math.min(a.step, b.step), Math.max(a.step, b.step)];
  const margin = 0.1 * (high - low);
  return Math.min(Math.max(found, low + margin), high - margin);
}

/**
 * Nocedal & Wright 2006, algorithms 3.5 (line search) and 3.6 (zoom). A value that is not finite counts as one that is too
 * large.
 *
 * @param at evaluates a step length.
 * @param origin the point at step 0; its slope is below 0.
 * @param first the first step length to try, > 0.
 * @returns the point found; where the evaluations are used up or rounding hides the difference, the lowest point seen that
 *   decreases by enough; undefined where there is none.
 */
export async function strongWolfe<P extends LinePoint>(
  at: (step: number) => Promise<P>,
  origin: LinePoint,
  first: number,
  { decrease, curvature, evaluations }: WolfeOptions,
): Promise<P | undefined> {
  let left = evaluations;
  let best: P | undefined;
  const tooHigh = (point: LinePoint): boolean =>
    !(point.value <= origin.value + decrease * point.step * origin.slope) || !Number.isFinite(point.slope);
  const isFlat = (point: LinePoint): boolean => Math.abs(point.slope) <= -curvature * origin.slope;
  const evaluate = async (step: number): Promise<P> => {
    left--;
    const point = await at(step);
    if (!tooHigh(point) && point.value < (best ?? origin).value) best = point;
    return point;
  };

  /** `low` has the lowest value so far that decreases by enough; a good point lies between it and `high`. */
  const zoom = async (from: LinePoint, to: LinePoint): Promise<P | undefined> => {
    let [low, high] = [from, to];
    while (left > 0 && Math.abs(high.step - low.step) > 1e-12 * Math.max(low.step, high.step)) {
      const point = await evaluate(cubicMinimizer(low, high));
      // Values that differ by rounding alone say nothing; slopes still do.
      if (tooHigh(point) || point.value > low.value + ROUNDING * Math.abs(low.value)) {
        high = point;
        continue;
      }
      if (isFlat(point)) return point;
      if (point.slope * (high.step - low.step) >= 0) high = low;
      low = point;
    }
    return best;
  };

  let before = origin;
  for (let step = first; left > 0; ) {
    const point = await evaluate(step);
    if (tooHigh(point) || (before !== origin && point.value >= before.value)) return zoom(before, point);
    if (isFlat(point)) return point;
    if (point.slope >= 0) return zoom(point, before);
    before = point;
    step *= 2;
  }
  return best;
}
