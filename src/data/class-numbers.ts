/** @file The commonest labels: class numbers as they are. All else is read by labels.ts, which a page loads when it must. */

/** The names 0 … count − 1. */
export function identityClasses(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The labels as class numbers, if each is a whole number in 0 … units − 1; else undefined. */
export function classNumbers(values: ArrayLike<unknown>, units: number): Int32Array | undefined {
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const label = values[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < units)) return undefined;
    numbers[i] = label;
  }
  return numbers;
}

/** For people to read. */
export const classNumbersNote = (name: string, units: number): string => `${name}: class numbers 0 … ${units - 1}`;
