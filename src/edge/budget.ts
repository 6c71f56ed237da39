/** @file How long training may go on: by a clock where one runs, by counted work where it stands still. */
import { SaddlepointError, show } from '../core/errors.ts';

export interface Budget {
  /**
   * Milliseconds, > 0. The clock is asked between steps. In workerd it stands still while a request computes; then a
   * millisecond is 2 million operations of steps, and each step 100,000 more than its work, see `OPERATIONS_PER_MS`. Default: no
   * limit.
   */
  readonly budgetMs?: number;
  /** Steps, ≥ 1. Default: no limit. */
  readonly budgetSteps?: number;
}

/**
 * What counts as a millisecond where no clock runs: operations of products, and elements read and written. On the low side of
 * what a core does, so that a budget rather ends too early: 1.7 to 4.9 million were measured in a local workerd, whose clock runs,
 * for networks from 16-32-4 to 784-128-10; see docs/adr/031. No host of the edge was measured.
 */
export const OPERATIONS_PER_MS = 2e6;

/** What each step counts besides its work: rows and tables are written, a call is made. It is most of a very small network's step. */
export const OPERATIONS_PER_STEP = 1e5;

/** A limit that is a number > 0, whole if it counts something; undefined stays so. */
export function limitOf(name: string, given: unknown, isCount: boolean): number {
  if (given === undefined) return Number.POSITIVE_INFINITY;
  if (typeof given === 'number' && given > 0 && (!isCount || Number.isInteger(given))) return given;
  throw new SaddlepointError(
    'option',
    `${name}: expected ${isCount ? 'an integer' : 'a number'} > 0, got ${show(given)}`,
  );
}

/** Whether the next step of so much work may still begin; the first one always may, so that every request makes progress. */
export function clock({ budgetMs, budgetSteps }: Budget): (steps: number, work: number) => boolean {
  const milliseconds = limitOf('train: budgetMs', budgetMs, false);
  const most = limitOf('train: budgetSteps', budgetSteps, true);
  const began = performance.now();
  return (steps, work) => {
    const elapsed = performance.now() - began;
    // A coarse clock has not ticked yet, and one that stands still never will: both are told by the work.
    const spent = elapsed > 0 ? elapsed : (steps * (work + OPERATIONS_PER_STEP)) / OPERATIONS_PER_MS;
    return steps === 0 || (steps < most && spent < milliseconds);
  };
}
