/** @file Liveness memory planning: values whose lives do not overlap share bytes. */
import { align } from './format.ts';

/** A need for bytes from the instruction `first` to the instruction `last`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Offsets for all lifetimes such that those that overlap in time do not overlap in space; each is a multiple of 64.
 * Greedy by size (the largest first, each at the lowest offset that is free while it lives), which is near the optimum for
 * training steps (Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net Inference", greedy by size).
 */
export function planMemory(lifetimes: readonly Lifetime[]): {
  readonly offsets: readonly number[];
  readonly bytes: number;
} {
  const items = lifetimes.map(({ first, last, bytes }) => ({ first, last, bytes: align(bytes), offset: 0 }));
  /** Ascending by offset. */
  const placed: typeof items = [];
  let total = 0;
  for (const item of [...items].sort((a, b) => b.bytes - a.bytes)) {
    for (const { first, last, bytes, offset } of placed) {
      if (first > item.last || item.first > last) continue;
      if (offset - item.offset >= item.bytes) break;
      item.offset = Math.max(item.offset, offset + bytes);
    }
    total = Math.max(total, item.offset + item.bytes);
    const next = placed.findIndex(({ offset }) => offset > item.offset);
    placed.splice(next < 0 ? placed.length : next, 0, item);
  }
  return { offsets: items.map(({ offset }) => offset), bytes: total };
}
