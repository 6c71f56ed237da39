/** @file How often words meet, which is all that GloVe sees of a text. */
import type { Corpus } from './corpus.ts';

/** Pairs that met, each in both orders. */
export interface CoOccurrences {
  readonly words: Int32Array;
  readonly contexts: Int32Array;
  /** Σ 1 / distance over all meetings. */
  readonly counts: Float64Array;
}

/**
 * Counts pairs at most `window` words apart within a sentence, a pair d words apart as 1 / d (Pennington et al. 2014, section 4.2).
 */
export function coOccurrences({ words, ids, ends }: Corpus, window: number): CoOccurrences {
  const size = words.length;
  const found = new Map<number, number>();
  let start = 0;
  for (const end of ends) {
    for (let i = start; i < end; i++) {
      for (let distance = 1; distance <= window && i + distance < end; distance++) {
        const [a, b] = [ids[i] as number, ids[i + distance] as number];
        const key = Math.min(a, b) * size + Math.max(a, b);
        // A word beside itself is one entry, met from both sides.
        found.set(key, (found.get(key) ?? 0) + (a === b ? 2 : 1) / distance);
      }
    }
    start = end;
  }
  const pairs = [...found].map(([key, count]) => [Math.floor(key / size), key % size, count] as const);
  const both = pairs.flatMap(([a, b, count]) =>
    a === b ? [[a, b, count] as const] : [[a, b, count] as const, [b, a, count] as const],
  );
  return {
    words: Int32Array.from(both, ([a]) => a),
    contexts: Int32Array.from(both, ([, b]) => b),
    counts: Float64Array.from(both, ([, , count]) => count),
  };
}
