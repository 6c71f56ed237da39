/** @file Phrases: words that stand together more often than chance has it become one token, such as new_york. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';

export interface PhraseOptions {
  /** δ: so many meetings do not count, which keeps rare words from making phrases; default 5. */
  readonly delta?: number;
  /** The score from which on two words are a phrase; default 100. Lower: more phrases. */
  readonly threshold?: number;
  /** Between the words of a phrase; default '_'. */
  readonly separator?: string;
}

/** Phrases that were found, longest counts first. */
export interface Phrases {
  /** Two words and their score, falling. */
  readonly found: readonly { readonly words: readonly [string, string]; readonly score: number }[];
  /** The tokens with phrases joined, from left to right; a word belongs to one phrase at most. */
  apply(tokens: readonly string[]): string[];
  toJSON(): PhrasesJson;
}

/** Phrases as plain JSON. */
export interface PhrasesJson {
  readonly separator: string;
  readonly found: readonly (readonly [string, string, number])[];
}

/**
 * Finds pairs of words with (count(a b) − δ) / (count(a) · count(b)) · N ≥ threshold, N the number of words: eq. 6 of Mikolov et
 * al. 2013b, with the factor N of their program word2phrase, so that thresholds do not depend on the size of the text. Applied
 * again to its own result it finds longer phrases; halve the threshold then.
 *
 * @param texts the tokens of each text; no phrase reaches over the end of one.
 * @throws SaddlepointError `data` where there are no tokens; `option` for options outside their ranges
 * @example
 * const phrases = findPhrases(texts, { threshold: 50 });
 * phrases.apply(['in', 'new', 'york']); // ['in', 'new_york']
 */
export function findPhrases(texts: Iterable<readonly string[]>, options: PhraseOptions = {}): Phrases {
  checkKnownOptions('findPhrases', options, ['delta', 'threshold', 'separator']);
  const delta = checkNumber('findPhrases: delta', options.delta ?? 5, { min: 0 });
  const threshold = checkNumber('findPhrases: threshold', options.threshold ?? 100, { min: 0, openMin: true });
  const { separator = '_' } = options;
  if (typeof separator !== 'string' || separator === '' || separator.includes(' '))
    throw new SaddlepointError(
      'option',
      `findPhrases: separator: expected a text without spaces, got ${show(separator)}`,
    );
  const counts = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  let total = 0;
  for (const tokens of texts) {
    total += tokens.length;
    tokens.forEach((token, i) => {
      counts.set(token, (counts.get(token) ?? 0) + 1);
      const next = tokens[i + 1];
      if (next === undefined) return;
      const followers = pairs.get(token) ?? new Map<string, number>();
      pairs.set(token, followers.set(next, (followers.get(next) ?? 0) + 1));
    });
  }
  if (total === 0) throw new SaddlepointError('data', 'findPhrases: there are no tokens');
  const found: [string, string, number][] = [];
  for (const [a, followers] of pairs) {
    for (const [b, count] of followers) {
      const score = ((count - delta) / ((counts.get(a) as number) * (counts.get(b) as number))) * total;
      if (score >= threshold) found.push([a, b, score]);
    }
  }
  found.sort((p, q) => q[2] - p[2]);
  return makePhrases({ separator, found });
}

function makePhrases(json: PhrasesJson): Phrases {
  const { separator, found } = json;
  const known = new Map<string, Set<string>>();
  for (const [a, b] of found) known.set(a, (known.get(a) ?? new Set()).add(b));
  return {
    found: found.map(([a, b, score]) => ({ words: [a, b], score })),
    apply(tokens) {
      const joined: string[] = [];
      for (let i = 0; i < tokens.length; i++) {
        const [token, next] = [tokens[i] as string, tokens[i + 1]];
        const isPhrase = next !== undefined && known.get(token)?.has(next) === true;
        joined.push(isPhrase ? `${token}${separator}${next}` : token);
        if (isPhrase) i++;
      }
      return joined;
    },
    toJSON: () => json,
  };
}

/** Reads phrases from a file, which may hold anything; what is damaged is refused with code `file`. */
export function phrasesFromJson(json: unknown): Phrases {
  const { separator, found } = (json ?? {}) as Partial<Record<keyof PhrasesJson, unknown>>;
  const isPair = (entry: unknown): boolean =>
    Array.isArray(entry) &&
    typeof entry[0] === 'string' &&
    typeof entry[1] === 'string' &&
    Number.isFinite(entry[2]) &&
    entry.length === 3;
  if (typeof separator !== 'string' || !Array.isArray(found) || !found.every(isPair))
    throw new SaddlepointError(
      'file',
      'phrases: expected { separator, found: [[word, word, score], …] }',
      'the file is damaged or was written by another program; save it again',
    );
  return makePhrases({ separator, found: found as PhrasesJson['found'] });
}
