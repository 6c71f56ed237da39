/** @file What an example asks of a word: the right one among noise, or the turns of its way through Huffman's tree. */
import { type AliasTable, aliasTable, drawAlias } from '../core/alias.ts';
import type { RandomWords } from '../core/random-words.ts';
import { huffmanTree } from './huffman.ts';
import { noiseDistribution } from './sampling.ts';

export interface Objective {
  /** Rows of the output table, without the one of zeros behind them. */
  readonly rows: number;
  /** Of an example. */
  readonly candidates: number;
  /** Whether targets differ from example to example; else the first candidate alone is right. */
  readonly hasTargets: boolean;
  /** Writes the candidates for a word from `at` on, and their targets if they have some. */
  write(word: number, candidates: Int32Array, targets: Float32Array, at: number, random: RandomWords): void;
}

/** @param negatives a right word; one that is drawn itself is drawn anew, where word2vec.c skips it */
export function negativeSampling(counts: Float64Array, negatives: number, power: number): Objective {
  const noise: AliasTable = aliasTable(noiseDistribution(counts, power));
  return {
    rows: counts.length,
    candidates: 1 + negatives,
    hasTargets: false,
    write(word, candidates, _targets, at, random) {
      candidates[at] = word;
      for (let end = at + negatives; at < end; ) {
        const drawn = drawAlias(noise, random.next());
        if (drawn !== word) candidates[++at] = drawn;
      }
    },
  };
}

/** Ways that are shorter than the longest are filled up with the row of zeros, whose target ½ changes nothing. */
export function hierarchicalSoftmax(counts: Float64Array): Objective {
  const { depth, nodes, lengths, points, codes } = huffmanTree(counts);
  return {
    rows: nodes,
    candidates: depth,
    hasTargets: true,
    write(word, candidates, targets, at) {
      const start = word * depth;
      const length = lengths[word] as number;
      for (let i = 0; i < depth; i++) {
        candidates[at + i] = points[start + i] as number;
        targets[at + i] = i < length ? 1 - (codes[start + i] as number) : 0.5;
      }
    },
  };
}
