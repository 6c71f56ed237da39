/** @file Where the axis of a chart begins and ends. */

/** From 0 to the highest value, rounded up to a number that reads well. */
export function fromZero(values: readonly number[]): [number, number] {
  const highest = Math.max(0, ...values);
  if (highest === 0) return [0, 1];
  const unit = 10 ** Math.floor(Math.log10(highest));
  return [0, [1, 2, 3, 5, 10].map((step) => step * unit).find((top) => top >= highest) ?? 10 * unit];
}

/** Up to 1, from the tenth below the lowest value. */
export function upToOne(values: readonly number[]): [number, number] {
  return [values.length === 0 ? 0 : Math.min(0.9, Math.floor(10 * Math.min(...values)) / 10), 1];
}
