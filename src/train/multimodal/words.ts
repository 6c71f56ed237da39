/** @file The vectors of single words, by name, of a dual encoder whose text side is a bag of known words. */
import { nearest, SaddlepointError, show } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { ModelState } from '../state.ts';

/** Words that have vectors. */
export interface WordTable {
  /** By their numbers in the texts. */
  readonly words: readonly string[];
  has(word: string): boolean;
  /**
   * What the text side gives for a word alone, before it is scaled to length 1: a copy of its row, f32 [size].
   *
   * @throws SaddlepointError `data` for an unknown word, with the nearest known one.
   */
  vector(word: string): Tensor;
}

/** A word that is not there is compared with so many words, over so many letters, for one that was meant. */
const SUGGESTED = 20_000;
const LONGEST = 40;

/** Undefined where the texts are no bags of named words. */
export function wordsOf(state: ModelState, text: JsonObject | undefined): WordTable | undefined {
  const { vocabulary } = (text?.options ?? {}) as { readonly vocabulary?: unknown };
  const table = state.parameters.get('text/table');
  if (text?.type !== 'bagEmbedding' || !Array.isArray(vocabulary) || table === undefined) return undefined;
  const words = vocabulary as readonly string[];
  const size = table.shape[1] as number;
  const rows = new Map(words.map((word, row) => [word, row]));
  return {
    words,
    has: (word) => rows.has(word),
    vector(word) {
      const row = rows.get(word);
      if (row !== undefined) return tensor(table.data.slice(row * size, (row + 1) * size));
      const near = typeof word === 'string' ? nearest(word.slice(0, LONGEST), words.slice(0, SUGGESTED)) : undefined;
      throw new SaddlepointError(
        'data',
        `words: unknown word ${show(word)}`,
        near === undefined
          ? `ask has(word) before; known are ${words.slice(0, 5).join(', ')}, …`
          : `did you mean '${near}'?`,
      );
    },
  };
}
