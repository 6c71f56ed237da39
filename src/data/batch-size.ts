/** @file The check of `batchSize` against the count of rows. */
import { checkNumber } from '../core/errors.ts';

/**
 * The batch size that is used: the one given, at most the count of rows.
 *
 * @throws SaddlepointError `option` unless it is an integer ≥ 1.
 * @example checkBatchSize(64, 10); // { batchSize: 10, notes: ['batchSize: 64 is more than the 10 training rows; …'] }
 */
export function checkBatchSize(batchSize: number, rows: number): { batchSize: number; notes: string[] } {
  checkNumber('batchSize', batchSize, { min: 1, integer: true });
  if (batchSize <= rows) return { batchSize, notes: [] };
  return {
    batchSize: rows,
    notes: [`batchSize: ${batchSize} is more than the ${rows} training rows; each step takes all ${rows}`],
  };
}
