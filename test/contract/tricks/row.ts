/** @file What the contract of tricks asks of each: a row in `rows/<section>.ts`. */
import type { Trick } from 'saddlepoint';
import type { Section } from '../../../demo/experiment.ts';

export interface TrickRow {
  /** As its errors name it, such as 'mixup'; two rows of one trick: 'mixup, half'. */
  readonly name: string;
  /**
   * Its source, from the root: 'src/tricks/mixup.ts'. Its header names the paper with its year, the place in it (equation,
   * algorithm, section), its deviations and its kind; the docstring has @throws, @example, and the defaults.
   */
  readonly file: string;
  /** One that does something. */
  create(): Trick;
  /** Options that do nothing. */
  neutral?(): Trick;
  /** Each must throw at construction; the message must match. */
  readonly illegal: readonly (readonly [() => unknown, RegExp])[];
  readonly section: Section;
  /** Why a point of the contract does not apply, by its number. */
  readonly excused?: Readonly<Record<number, string>>;
  /** When the default toy (8 → 16 relu → 3 classes, 48 rows) does not fit. */
  readonly task?: 'classes' | 'images' | 'values';
}
