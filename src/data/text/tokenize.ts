/** @file Tokenizers: texts as words or characters, the same on every machine unless a language is asked for. */
import { checkKnownOptions, checkName, SaddlepointError, show } from '../../core/errors.ts';

export interface TokenizerOptions {
  /** Default `word`. A `grapheme` is what people see as one character, such as a flag; a `character` is a code point. */
  readonly unit?: 'word' | 'character' | 'grapheme';
  /** Default true for words, false otherwise. */
  readonly lowercase?: boolean;
  /** Marks such as `!` as words of their own; default false: they are left out. Only for words. */
  readonly punctuation?: boolean;
  /**
   * A language such as `ja` or `th`, whose words are found by `Intl.Segmenter`: needed where no spaces part words. Default: none;
   * words are runs of letters, marks and digits, which does not depend on the engine's dictionaries.
   */
  readonly locale?: string;
}

/** Plain options and one function. */
export interface Tokenizer {
  readonly options: Required<Omit<TokenizerOptions, 'locale'>> & { readonly locale: string | undefined };
  /** The tokens of a text, which is brought to Unicode's composed form (NFC) first. */
  tokens(text: string): string[];
}

/** Letters with their marks and digits, with an apostrophe inside: don't, l’été. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;
const WORD_OR_MARK = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/**
 * Makes a tokenizer.
 *
 * @throws SaddlepointError `option`: unknown options or units, a `locale` or graphemes where `Intl.Segmenter` is missing
 * @example tokenizer().tokens('Don’t panic!'); // ['don’t', 'panic']
 */
export function tokenizer(options: TokenizerOptions = {}): Tokenizer {
  checkKnownOptions('tokenizer', options, ['unit', 'lowercase', 'punctuation', 'locale']);
  const unit = checkName('unit', options.unit ?? 'word', ['word', 'character', 'grapheme']);
  const { lowercase = unit === 'word', punctuation = false, locale } = options;
  const split = splitter(unit, punctuation, locale);
  return {
    options: { unit, lowercase, punctuation, locale },
    tokens(text) {
      if (typeof text !== 'string') throw new SaddlepointError('data', `tokenizer: expected a text, got ${show(text)}`);
      const composed = text.normalize('NFC');
      return split(lowercase ? composed.toLowerCase() : composed);
    },
  };
}

function splitter(unit: 'word' | 'character' | 'grapheme', punctuation: boolean, locale: string | undefined) {
  if (unit === 'character') return (text: string): string[] => [...text];
  if (unit === 'word' && locale === undefined) {
    const pattern = punctuation ? WORD_OR_MARK : WORD;
    return (text: string): string[] => text.match(pattern) ?? [];
  }
  const segmenter = segmenterOf(locale, unit);
  if (unit === 'grapheme')
    return (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
  const wanted = ({ segment, isWordLike }: Intl.SegmentData): boolean =>
    isWordLike === true || (punctuation && segment.trim() !== '');
  return (text: string): string[] =>
    Array.from(segmenter.segment(text))
      .filter(wanted)
      .map(({ segment }) => segment);
}

function segmenterOf(locale: string | undefined, granularity: 'word' | 'grapheme'): Intl.Segmenter {
  if (typeof Intl.Segmenter !== 'function') {
    throw new SaddlepointError(
      'option',
      `tokenizer: this engine has no Intl.Segmenter, which ${granularity}s need`,
      "use unit: 'word' without locale, or unit: 'character'",
    );
  }
  try {
    return new Intl.Segmenter(locale, { granularity });
  } catch (cause) {
    throw new SaddlepointError('option', `locale: ${show(locale)} is no language tag`, "such as 'ja' or 'de-CH'", {
      cause,
    });
  }
}

/**
 * Runs of consecutive tokens, joined: of each length from `min` to `max`, in the order of their first token.
 *
 * @param options.separator between the tokens of a run; default a space
 * @example ngrams(['a', 'b', 'c'], { min: 1, max: 2 }); // ['a', 'a b', 'b', 'b c', 'c']
 */
export function ngrams(
  tokens: readonly string[],
  options: { min?: number; max: number; separator?: string },
): string[] {
  const { max, min = max, separator = ' ' } = options;
  if (!(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && max >= min)) {
    throw new SaddlepointError('option', `ngrams: expected 1 ≤ min ≤ max, got ${show(min)} and ${show(max)}`);
  }
  const runs: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    for (let length = min; length <= max && at + length <= tokens.length; length++) {
      runs.push(tokens.slice(at, at + length).join(separator));
    }
  }
  return runs;
}
