/** @file Huffman's tree over words, whose inner nodes are the classifiers of a hierarchical softmax. */

/** The ways from the root to the words, row-major and padded: word w has `lengths[w]` turns. */
export interface HuffmanTree {
  /** The longest way. */
  readonly depth: number;
  /** Inner nodes, words − 1 of them; at least 1. */
  readonly nodes: number;
  readonly lengths: Int32Array;
  /** [words × depth]: the inner nodes, 0 … nodes − 1, from the root (nodes − 1) on; `nodes` behind the end. */
  readonly points: Int32Array;
  /** [words × depth]: 0 where the way turns to the rarer part, 1 to the other. */
  readonly codes: Uint8Array;
}

/**
 * Builds the tree from counts in falling order in linear time, by two queues (van Leeuwen 1976), as word2vec.c does: frequent words
 * have short ways, so that a step costs about the entropy of the words, not their number (Mikolov et al. 2013b, section 2.1).
 *
 * @param counts falling, at least 2
 */
export function huffmanTree(counts: ArrayLike<number>): HuffmanTree {
  const words = counts.length;
  const nodes = words - 1;
  const weights = new Float64Array(words + nodes);
  for (let i = 0; i < words; i++) weights[i] = counts[i] as number;
  const parents = new Int32Array(words + nodes);
  const turns = new Uint8Array(words + nodes);
  let word = words - 1;
  let made = words;
  for (let node = words; node < words + nodes; node++) {
    /** The lighter of the rarest word and the oldest node without a parent. */
    const lightest = (): number =>
      word >= 0 && (made >= node || (weights[word] as number) < (weights[made] as number)) ? word-- : made++;
    const first = lightest();
    const second = lightest();
    weights[node] = (weights[first] as number) + (weights[second] as number);
    parents[first] = node;
    parents[second] = node;
    turns[second] = 1;
  }
  const root = words + nodes - 1;
  const lengths = new Int32Array(words);
  for (let i = 0; i < words; i++)
    for (let at = i; at !== root; at = parents[at] as number) lengths[i] = (lengths[i] as number) + 1;
  const depth = Math.max(...new Set(lengths));
  const points = new Int32Array(words * depth).fill(nodes);
  const codes = new Uint8Array(words * depth);
  for (let i = 0; i < words; i++) {
    let place = i * depth + (lengths[i] as number);
    for (let at = i; at !== root; at = parents[at] as number) {
      place--;
      points[place] = (parents[at] as number) - words;
      codes[place] = turns[at] as number;
    }
  }
  return { depth, nodes, lengths, points, codes };
}
