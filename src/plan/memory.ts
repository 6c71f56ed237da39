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
    .map((lifetime, i) => ({ ...lifetime, i, bytes: align(lifetime.bytes) }))
    .sort((a, b) => b.bytes - a.bytes || a.i - b.i);
  const placed: typeof bySize = [];
  let total = 0;
  for (const item of bySize) {
    const neighbors = placed
      .filter((other) => other.first <= item.last && item.first <= other.last)
      .sort((a, b) => (offsets[a.i] as number) - (offsets[b.i] as number));
    let offset = 0;
    for (const other of neighbors) {
      const start = offsets[other.i] as number;
      if (start - offset >= item.bytes) break;
      offset = Math.max(offset, start + other.bytes);
    }
    offsets[item.i] = offset;
    total = Math.max(total, offset + item.bytes);
    placed.push(item);
  }
  return { offsets, bytes: total };
}
