/** @file A corpus as numbers: its known words, sentence by sentence. */
import { SaddlepointError, show } from '../core/errors.ts';
import { buildVocabulary, PADDING_ID, UNKNOWN_ID, type Vocabulary } from '../data/text/vocabulary.ts';

/** One long list of words, or a list of sentences of words, over whose ends no window reaches. */
export type Sentences = readonly string[] | readonly (readonly string[])[];

/** Words by their places in `words`, which are in order of falling count. */
export interface Corpus {
  readonly words: readonly string[];
  readonly counts: Float64Array;
  /** The known words of all sentences, one behind the other. */
  readonly ids: Int32Array;
  /** Behind the last word of each sentence. */
  readonly ends: Int32Array;
}

export function sentencesOf(where: string, given: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(given))
    throw new SaddlepointError(
      'data',
      `${where}: expected a list of words or of sentences, got ${show(given)}`,
      "split a text with tokenizer().tokens(text) of 'saddlepoint/data'",
    );
  if (given.length > 0 && given.every((token) => typeof token === 'string')) return [given as string[]];
  given.forEach((sentence: unknown, i) => {
    if (!Array.isArray(sentence))
      throw new SaddlepointError('data', `${where}: sentence ${i} is ${show(sentence)}, a list of words expected`);
    const odd = sentence.findIndex((token) => typeof token !== 'string');
    if (odd >= 0)
      throw new SaddlepointError(
        'data',
        `${where}: word ${odd} of sentence ${i} is ${show(sentence[odd])}, a text expected`,
      );
  });
  return given as string[][];
}

/**
 * Numbers a corpus by a vocabulary; words that it does not know are left out, as if they were not there.
 *
 * @throws SaddlepointError `data`: nothing but unknown words, or a single word, which nothing can be learned from
 */
export function corpusOf(
  where: string,
  given: Sentences,
  vocabulary: Vocabulary | undefined,
  minCount: number,
): Corpus {
  const sentences = sentencesOf(where, given);
  const known = vocabulary ?? buildVocabulary(sentences, { minCount });
  const found = new Map<string, number>();
  const counts: number[] = [];
  const order = known.tokens
    .map((token, id) => ({ token, count: known.counts[id] as number, id }))
    .filter(({ count, id }) => count > 0 && id !== PADDING_ID && id !== UNKNOWN_ID)
    .sort((a, b) => b.count - a.count || a.id - b.id);
  for (const { token, count } of order) {
    found.set(token, counts.length);
    counts.push(count);
  }
  if (counts.length < 2)
    throw new SaddlepointError(
      'data',
      `${where}: the vocabulary has ${counts.length} ${counts.length === 1 ? 'word' : 'words'} with a count, at least 2 expected`,
      'give more text, or a smaller minCount',
    );
  const ids = new Int32Array(sentences.reduce((sum, { length }) => sum + length, 0));
  const ends: number[] = [];
  let length = 0;
  for (const sentence of sentences) {
    for (const token of sentence) {
      const id = found.get(token);
      if (id !== undefined) ids[length++] = id;
    }
    ends.push(length);
  }
  if (length < 2)
    throw new SaddlepointError(
      'data',
      `${where}: ${length} of the ${ids.length} words ${length === 1 ? 'is' : 'are'} in the vocabulary, at least 2 expected`,
      'use a vocabulary that was built on this text',
    );
  return {
    words: [...found.keys()],
    counts: Float64Array.from(counts),
    ids: ids.slice(0, length),
    ends: Int32Array.from(ends),
  };
}
