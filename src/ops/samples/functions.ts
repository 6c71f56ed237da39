/** @file Samples of trigonometric and hyperbolic functions, the error function, rounding. */
import { binary, pair, unary } from './elementwise.ts';
import { CHAINED, EXACT, given, sample, special, TRANSCENDENTAL } from './sample.ts';

const INFINITY = Number.POSITIVE_INFINITY;

export const FUNCTIONS = {
  round: [
    ...unary(EXACT, 0.6, 1.4),
    special(sample(EXACT, [given([0.5, 1.5, -0.5, -2.5, 2 ** 23 - 0.5])]), [[0, 0, 0, 0, 0]]),
  ],
  sin: unary(TRANSCENDENTAL, -4, 4, { 0: 1, 1e9: Math.cos(1e9) }),
  cos: unary(TRANSCENDENTAL, -4, 4, { 0: 0 }),
  tan: unary(CHAINED, -1.3, 1.3, { 0: 1 }),
  asin: unary(CHAINED, -0.95, 0.95, { 0: 1, 1: INFINITY, [-1]: INFINITY }),
  acos: unary(CHAINED, -0.95, 0.95, { 0: -1, 1: -INFINITY, [-1]: -INFINITY }),
  atan: unary(TRANSCENDENTAL, -3, 3, { 0: 1 }),
  atan2: [
    ...binary(TRANSCENDENTAL, [-2, 2], [0.2, 2]),
    ...binary(TRANSCENDENTAL, [0.2, 2], [-2, 2]),
    ...binary(TRANSCENDENTAL, [-2, -0.2], [-2, -0.2]),
    pair(
      [0, 1, 0],
      [0, 0, -2],
      [
        [0, 0, -0.5],
        [0, -1, 0],
      ],
    ),
  ],
  sinh: unary(CHAINED, -3, 3, { 0: 1 }),
  cosh: unary(CHAINED, -3, 3, { 0: 0 }),
  asinh: [...unary(CHAINED, -5, -0.1), ...unary(CHAINED, 0.1, 5, { 1e10: 1e-10 })],
  acosh: unary(CHAINED, 1.1, 5, { 1e10: 1e-10 }),
  erf: unary(TRANSCENDENTAL, -3, 3, { 0: 2 / Math.sqrt(Math.PI), 9: 0 }),
  erfinv: unary(CHAINED, -0.95, 0.95, { 0: Math.sqrt(Math.PI) / 2 }),
};
