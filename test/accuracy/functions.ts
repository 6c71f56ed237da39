/** @file The functions whose accuracy docs/accuracy.md promises, each as the library has it and as double precision has it. */
import { hostErf, hostErfinv } from '../../src/core/erf.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import * as elementwise from '../../src/ops/elementwise.ts';
import { erf, erfinv } from '../../src/ops/erf.ts';
import * as hyperbolic from '../../src/ops/hyperbolic.ts';
import { log2, log10, rsqrt } from '../../src/ops/powers.ts';
import * as trigonometric from '../../src/ops/trigonometric.ts';

export interface OfOne {
  f(x: Tensor): Tensor;
  exact(x: number): number;
  /** How many times fewer inputs are taken, where the exact value is slow to compute. */
  readonly slowness?: number;
}

export interface OfTwo {
  f(a: Tensor, b: Tensor): Tensor;
  exact(a: number, b: number): number;
  /** A pair of inputs from two numbers in [0, 1). */
  draw(u: number, v: number): readonly [number, number];
}

export const ofOne = {
  exp: { f: elementwise.exp, exact: Math.exp },
  expm1: { f: elementwise.expm1, exact: Math.expm1 },
  log: { f: elementwise.log, exact: Math.log },
  log1p: { f: elementwise.log1p, exact: Math.log1p },
  log2: { f: log2, exact: Math.log2 },
  log10: { f: log10, exact: Math.log10 },
  rsqrt: { f: rsqrt, exact: (x) => 1 / Math.sqrt(x) },
  tanh: { f: elementwise.tanh, exact: Math.tanh },
  sigmoid: {
    f: elementwise.sigmoid,
    exact: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  },
  erf: { f: erf, exact: hostErf, slowness: 8 },
  erfinv: { f: erfinv, exact: hostErfinv, slowness: 16 },
  sin: { f: trigonometric.sin, exact: Math.sin },
  cos: { f: trigonometric.cos, exact: Math.cos },
  tan: { f: trigonometric.tan, exact: Math.tan },
  asin: { f: trigonometric.asin, exact: Math.asin },
  acos: { f: trigonometric.acos, exact: Math.acos },
  atan: { f: trigonometric.atan, exact: Math.atan },
  sinh: { f: hyperbolic.sinh, exact: Math.sinh },
  cosh: { f: hyperbolic.cosh, exact: Math.cosh },
  asinh: { f: hyperbolic.asinh, exact: Math.asinh },
  acosh: { f: hyperbolic.acosh, exact: Math.acosh },
  atanh: { f: hyperbolic.atanh, exact: Math.atanh },
} satisfies Record<string, OfOne>;

/** ± 2^±spread, evenly in the exponent. */
const anySize = (u: number, spread: number): number => Math.sign(u - 0.5) * 2 ** (((u * 2) % 1) * 2 * spread - spread);

export const ofTwo = {
  pow: {
    f: elementwise.pow,
    exact: (a, b) => a ** b,
    // Exponents for which the result is anywhere from the smallest denormal to the largest number.
    draw(u, v) {
      const a = Math.fround(Math.abs(anySize(u, 126)));
      return [a, (v * 277 - 149) / (Math.log2(a) || 1)];
    },
  },
  atan2: { f: trigonometric.atan2, exact: Math.atan2, draw: (u, v) => [anySize(u, 12), anySize(v, 12)] },
} satisfies Record<string, OfTwo>;
