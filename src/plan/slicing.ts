/** @file How rules for slices are written: which items an instruction counts, and what moves from one to the next. */
import type { Word } from './instruction.ts';

/** The words of a thread's slice that differ from the whole instruction's; undefined: an empty slice. */
export type Slice = Readonly<Record<number, number>> | undefined;
/** Undefined if the instruction is not worth cutting, or cannot be. */
export type Slicer = (
  w: Word,
  thread: number,
  threads: number,
  grain?: number,
) => { readonly slice: Slice } | undefined;

/** From which of `total` items up to which a thread's go; the cuts are at multiples of `grain`. */
export function cut(total: number, grain: number, thread: number, threads: number): readonly [number, number] {
  const grains = Math.ceil(total / grain);
  const at = (k: number): number => Math.min(total, Math.floor((grains * k) / threads) * grain);
  return [at(thread), at(thread + 1)];
}

/** A field, and by how much it grows from one item to the next. Fields of 0 name nothing, and stay. */
export type Step = readonly [field: number, step: number];

export const F32 = 4;
/** 16 values are a cache line. */
export const LINE = 16;

/** Cuts the items that a field counts; at multiples of `grain` if nothing else is asked for. */
export const counted =
  (count: number, usual: number, steps: (w: Word) => readonly Step[], always: readonly number[] = []): Slicer =>
  (w, thread, threads, grain = usual) => {
    if (w(count) < threads) return undefined;
    const [from, to] = cut(w(count), grain, thread, threads);
    if (from === to) return { slice: undefined };
    const moved = steps(w)
      .filter(([field]) => w(field) !== 0 || always.includes(field))
      .map(([field, step]) => [field, w(field) + from * step] as const);
    return { slice: Object.fromEntries([[count, to - from], ...moved]) };
  };

/** The first of several that applies. */
export const either =
  (...slicers: readonly Slicer[]): Slicer =>
  (w, thread, threads) => {
    for (const slicer of slicers) {
      const found = slicer(w, thread, threads);
      if (found !== undefined) return found;
    }
    return undefined;
  };

export const when =
  (condition: (w: Word) => boolean, slicer: Slicer): Slicer =>
  (w, thread, threads) =>
    condition(w) ? slicer(w, thread, threads) : undefined;
