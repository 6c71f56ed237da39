/**
 * @file Functions whose bits must not depend on the engine. `Math.pow` and `Math.cos` may differ in the last place from one
 * engine to the next; +, −, · and / may not.
 */

/** base to a whole power n ≥ 0, by repeated squaring. */
export function powInteger(base: number, n: number): number {
  let result = 1;
  let factor = base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/** The n-th root of x in (0, 1] for a whole number n ≥ 1, within a few units in the last place, by Newton's method. */
export function root(x: number, n: number): number {
  // From 1 on it falls; where rounding took it too far, one more step takes it back, and is the last.
  for (let at = 1; ; ) {
    const power = powInteger(at, n - 1);
    const next = at - (power * at - x) / (n * power);
    if (!(next < at)) return next;
    at = next;
  }
}

/** Taylor coefficients (−1)ᵏ / (2k)! of cos √z and (−1)ᵏ / (2k + 1)! of sin √z / √z; exact to 2⁻⁵⁶ for z ≤ (π/4)². */
const COSINE = [
  1,
  -1 / 2,
  1 / 24,
  -1 / 720,
  1 / 40320,
  -1 / 3628800,
  1 / 479001600,
  -1 / 87178291200,
  1 / 20922789888000,
];
const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000];

function polynomial(coefficients: readonly number[], z: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * z + coefficient, 0);
}

/** cos(πx), within 2 units in the last place of 1; exactly 1, 0 and −1 at whole and half numbers. */
export function cosPi(x: number): number {
  const turn = Math.abs(x) % 2;
  const half = turn > 1 ? 2 - turn : turn;
  if (half > 0.5) return -cosPi(1 - half);
  if (half > 0.25) {
    const angle = (0.5 - half) * Math.PI;
    return angle * polynomial(SINE, angle * angle);
  }
  const angle = half * Math.PI;
  return polynomial(COSINE, angle * angle);
}
