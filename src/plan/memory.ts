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
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const bySize = lifetimes
    .map(({ first, last, bytes }, i) => ({ first, last, i, bytes: align(bytes), offset: 0 }))
    .sort((a, b) => b.bytes - a.bytes || a.i - b.i);
  /** Ascending by offset. */
  const placed: typeof bySize = [];
  let total = 0;
  for (const item of bySize) {
    for (const { first, last, bytes, offset } of placed) {
      if (first > item.last || item.first > last) continue;
      if (offset - item.offset >= item.bytes) break;
      item.offset = Math.max(item.offset, offset + bytes);
    }
    offsets[item.i] = item.offset;
    total = Math.max(total, item.offset + item.bytes);
    const next = placed.findIndex(({ offset }) => offset > item.offset);
    placed.splice(next < 0 ? placed.length : next, 0, item);
  }
  return { offsets, bytes: total };
}
