/**
 * @file Subwords of fastText (Bojanowski et al. 2017, "Enriching word vectors with subword information", section 3.2): a word is the
 * sum of its n-grams, hashed into buckets, so that words that were never seen have vectors too.
 */

export interface SubwordOptions {
  /** Code points of the shortest n-gram, with the marks; default 3. */
  readonly min?: number;
  /** Of the longest; default 6. */
  readonly max?: number;
  /** Rows that n-grams share by their hash; default 2¹⁷. fastText's is 2,000,000. */
  readonly buckets?: number;
}

/** The default of `buckets`: 52 MB at 100 dimensions. */
export const SUBWORD_DEFAULTS = { min: 3, max: 6, buckets: 2 ** 17 } as const;

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * fastText's hash: FNV-1a of 32 bits over the UTF-8 bytes, where a byte above 127 counts as a negative number, sign and all.
 *
 * @returns a u32
 */
export function subwordHash(gram: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(gram)) hash = Math.imul(hash ^ ((byte << 24) >> 24), 0x01000193);
  return hash >>> 0;
}

/**
 * The n-grams of a word between the marks `<` and `>`, in fastText's order: by their first code point, then by length. The marks
 * alone are none.
 *
 * @example subwordsOf('a', { min: 3, max: 6 }); // ['<a>']
 */
export function subwordsOf(word: string, { min, max }: { readonly min: number; readonly max: number }): string[] {
  const marked = [...`<${word}>`];
  const grams: string[] = [];
  for (let start = 0; start < marked.length; start++) {
    for (let length = min; length <= max && start + length <= marked.length; length++) {
      const isMark = length === 1 && (start === 0 || start + length === marked.length);
      if (!isMark) grams.push(marked.slice(start, start + length).join(''));
    }
  }
  return grams;
}
