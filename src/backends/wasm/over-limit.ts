/** @file What a session that needs more memory than it may have is refused with. Most runs never need it. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Region } from '../../plan/format.ts';

/** What does not fit, as data: the `cause` of the error. */
export interface OverLimit {
  /** Bytes. */
  readonly needed: number;
  /** Bytes. */
  readonly limit: number;
}

/** Names need, limit and the largest users. */
export function overLimit(needed: number, limit: number, regions: readonly Region[]): SaddlepointError {
  const largest = [...regions].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const users = largest.map((region) => `${region.name} ${mebibytes(region.bytes)}`).join(', ');
  const cause: OverLimit = { needed, limit };
  return new SaddlepointError(
    'memory',
    `the run needs ${mebibytes(needed)}, the limit is ${mebibytes(limit)}; the largest users: ${users}`,
    'raise memoryLimit, or lower batchSize or the number of rows',
    { cause },
  );
}

/** Bytes as an error message shows them. */
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
