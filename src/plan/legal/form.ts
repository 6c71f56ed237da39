/** @file What an instruction may demand of its words. */

export type Word = (field: number) => number;

export interface Form {
  readonly words: number;
  /** Whether more words may follow, which `fault` looks at. */
  readonly isOpen?: true;
  /** Fields that must be at least 1. */
  readonly counts: readonly number[];
  /** Fields with their largest legal value; the smallest is 0. */
  readonly choices?: readonly (readonly [field: number, largest: number])[];
  /** What else is wrong, in words. */
  readonly fault?: (word: Word) => string | undefined;
}
