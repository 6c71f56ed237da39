/** @file The error function, its complement and its inverse in double precision. */

/** 2/√π: the slope of erf at 0. */
export const ERF_SLOPE = 1.1283791670955126;

/** erf x, within 10⁻¹⁵ of its value: 2x e^(−x²)/√π · Σ (2x²)ᵏ / (3 · 5 ⋯ (2k + 1)), all of one sign; ±1 to the last bit from 6 on. */
export function hostErf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = ERF_SLOPE * x;
  let sum = term;
  for (let k = 3; term / sum > 1e-17; k += 2) {
    term *= (2 * x * x) / k;
    sum += term;
  }
  return sum * Math.exp(-x * x);
}

/** 1 − erf x for x ≥ 0, to 12 digits also where that is tiny: from 2.5 on e^(−x²) / (√π · (x + ½/(x + 1/(x + 1½/(x + …))))). */
function hostErfc(x: number): number {
  if (x < 2.5) return 1 - hostErf(x);
  let t = x;
  for (let k = 80; k > 0; k--) t = x + k / 2 / t;
  return (Math.exp(-x * x) * ERF_SLOPE) / (2 * t);
}

/** The x whose erf is y: a start by Winitzki's formula, then Halley's steps, on erfc where y is near ±1. */
export function hostErfinv(y: number): number {
  const a = Math.abs(y);
  if (!(a > 0 && a < 1)) return a > 1 ? Number.NaN : a === 1 ? y * Number.POSITIVE_INFINITY : y;
  const lost = 1 - a;
  const l = Math.log(lost * (1 + a));
  const t = 2 / (Math.PI * 0.147) + l / 2;
  let x = Math.sqrt(Math.sqrt(t * t - l / 0.147) - t);
  for (let i = 0; i < 4; i++) {
    const error = a > 0.5 ? lost - hostErfc(x) : hostErf(x) - a;
    const step = (error * Math.exp(x * x)) / ERF_SLOPE;
    x -= step / (1 + x * step);
  }
  return y < 0 ? -x : x;
}
