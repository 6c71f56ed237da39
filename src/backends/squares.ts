/** @file Numbers whose squares tell singles from halves: what is asked of a GPU before it is trusted, and of the library on the way to it. */

/** Singles hold their squares to 1e-6; halves have 10.88 of 10.89, nothing of 1e-10, and no end of 1e20. */
export const NUMBERS: readonly number[] = [3.3, 1e-5, 1e10, 2049];
const ROUNDING = 1e-6;

/** What is wrong with their squares, in words; undefined if nothing is. */
export function faultOfSquares(squares: ArrayLike<number>): string | undefined {
  const wrong = NUMBERS.findIndex((number, i) => {
    const exact = Math.fround(number) ** 2;
    return !(Math.abs((squares[i] as number) - exact) <= ROUNDING * exact);
  });
  if (wrong < 0) return undefined;
  return `it computes in less than float32: the square of ${NUMBERS[wrong]} is ${Number((squares[wrong] as number).toPrecision(6))}`;
}
