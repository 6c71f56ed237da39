/** @file Vocabulary: tokens and their numbers, counted on training texts. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { byCodeUnit } from '../table/column.ts';

export interface VocabularyOptions {
  /** Tokens that occur less often are unknown; default 1. */
  readonly minCount?: number;
  /** The most tokens, special ones included: the most frequent stay; default no limit. */
  readonly maxSize?: number;
  /** Tokens with numbers of their own before all others, such as start and end; default only padding (0) and unknown (1). */
  readonly special?: readonly string[];
}

/** The numbers of padding and of unknown tokens in every vocabulary. */
export const PADDING_ID = 0;
/** The id of tokens that a vocabulary does not know. */
export const UNKNOWN_ID = 1;
const PADDING = '<pad>';
const UNKNOWN = '<unk>';

/** Tokens and their ids. */
export interface Vocabulary {
  /** Tokens by number: padding, unknown, special ones, then by falling count. */
  readonly tokens: readonly string[];
  /** How often each occurred; 0 for special ones, for unknown the sum of what was left out. */
  readonly counts: readonly number[];
  readonly size: number;
  /** The number of a token, `UNKNOWN_ID` for one that is not there. */
  idOf(token: string): number;
  has(token: string): boolean;
  /** Numbers of tokens, for an embedding. */
  encode(tokens: readonly string[]): Int32Array;
  /**
   * Tokens of numbers; padding is left out.
   *
   * @throws SaddlepointError `data`: a number that is none of the vocabulary's (position and range named)
   */
  decode(ids: ArrayLike<number>): string[];
  toJSON(): VocabularyJson;
}

/** A vocabulary as plain JSON. */
export interface VocabularyJson {
  readonly tokens: readonly string[];
  readonly counts: readonly number[];
}

/**
 * Counts tokens and numbers them by falling count, those of equal count in the order of their code units.
 *
 * @param texts the tokens of each training text
 * @throws SaddlepointError `data` if no token is left; `option` for options outside their ranges
 * @example const vocabulary = buildVocabulary(texts.map((text) => words.tokens(text)), { minCount: 2 });
 */
export function buildVocabulary(texts: Iterable<readonly string[]>, options: VocabularyOptions = {}): Vocabulary {
  checkKnownOptions('buildVocabulary', options, ['minCount', 'maxSize', 'special']);
  const minCount = checkNumber('minCount', options.minCount ?? 1, { min: 1, integer: true });
  const head = [PADDING, UNKNOWN, ...(options.special ?? [])];
  if (new Set(head).size < head.length)
    throw new SaddlepointError('option', `special: ${show(options.special)} holds a token twice`);
  const maxSize = options.maxSize ?? Number.POSITIVE_INFINITY;
  if (maxSize !== Number.POSITIVE_INFINITY) checkNumber('maxSize', maxSize, { min: head.length + 1, integer: true });
  const found = countTokens(texts);
  for (const token of head) found.delete(token);
  const order = [...found].sort(([a, m], [b, n]) => n - m || byCodeUnit(a, b));
  const kept = order.filter(([, count]) => count >= minCount).slice(0, maxSize - head.length);
  if (kept.length === 0) {
    throw new SaddlepointError(
      'data',
      `buildVocabulary: no token occurs ${minCount} times or more`,
      'give more text, or a smaller minCount',
    );
  }
  const rest = order.slice(kept.length).reduce((sum, [, count]) => sum + count, 0);
  const counts = [...head.map((token) => (token === UNKNOWN ? rest : 0)), ...kept.map(([, count]) => count)];
  return makeVocabulary([...head, ...kept.map(([token]) => token)], counts);
}

/** How often each token occurs. */
export function countTokens(texts: Iterable<readonly string[]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const tokens of texts) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

function makeVocabulary(tokens: readonly string[], counts: readonly number[]): Vocabulary {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const idOf = (token: string): number => ids.get(token) ?? UNKNOWN_ID;
  return {
    tokens,
    counts,
    size: tokens.length,
    idOf,
    has: (token) => ids.has(token),
    encode: (list) => Int32Array.from(list, idOf),
    decode: (list) =>
      Array.from(list, (id, i) => {
        const token = tokens[id];
        if (token !== undefined) return token;
        throw new SaddlepointError('data', `vocabulary: position ${i} is ${id}, allowed 0 … ${tokens.length - 1}`);
      }).filter((_, i) => list[i] !== PADDING_ID),
    toJSON: () => ({ tokens, counts }),
  };
}

/** Reads a vocabulary from a file, which may hold anything; what is damaged is refused with code `file`. */
export function vocabularyFromJson(json: unknown): Vocabulary {
  const damaged = (what: string): SaddlepointError =>
    new SaddlepointError(
      'file',
      `vocabulary: ${what}`,
      'the file is damaged or was written by another program; save it again',
    );
  const { tokens, counts } = (json ?? {}) as Partial<Record<keyof VocabularyJson, unknown>>;
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string'))
    throw damaged('tokens is no list of texts');
  if (!Array.isArray(counts) || !counts.every((count) => Number.isSafeInteger(count) && count >= 0))
    throw damaged('counts is no list of counts');
  if (counts.length !== tokens.length) throw damaged(`${tokens.length} tokens and ${counts.length} counts`);
  if (tokens[PADDING_ID] !== PADDING || tokens[UNKNOWN_ID] !== UNKNOWN)
    throw damaged(`it does not begin with '${PADDING}' and '${UNKNOWN}'`);
  if (new Set(tokens).size < tokens.length) throw damaged('a token occurs twice');
  return makeVocabulary(tokens, counts);
}
