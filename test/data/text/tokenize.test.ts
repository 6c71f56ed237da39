import { describe, expect, test } from 'vitest';
import { ngrams, tokenizer } from '../../../src/data/text/tokenize.ts';

describe('tokens', () => {
  test('are runs of letters, marks and digits, in lower case', () => {
    expect(tokenizer().tokens("Don’t panic! It's 42: Ärger, été — 東京")).toEqual([
      ...['don’t', 'panic', "it's", '42', 'ärger', 'été', '東京'],
    ]);
    expect(tokenizer({ punctuation: true, lowercase: false }).tokens('Oh, no!')).toEqual(['Oh', ',', 'no', '!']);
    expect(tokenizer().tokens(' \n')).toEqual([]);
  });

  test('are the same for composed and decomposed letters', () => {
    expect(tokenizer().tokens('cafe\u0301')).toEqual(tokenizer().tokens('caf\u00e9'));
    expect(tokenizer({ unit: 'character' }).tokens('e\u0301')).toEqual(['\u00e9']);
  });

  test('are characters, by code point or as people see them', () => {
    expect(tokenizer({ unit: 'character' }).tokens('aB🇫🇷')).toEqual(['a', 'B', '🇫', '🇷']);
    expect(tokenizer({ unit: 'grapheme' }).tokens('aB🇫🇷')).toEqual(['a', 'B', '🇫🇷']);
  });

  test('are found by the language where it is given', () => {
    const words = tokenizer({ locale: 'ja' }).tokens('私は東京に行きます。');
    expect(words).toContain('東京');
    expect(words).not.toContain('。');
    expect(tokenizer({ locale: 'en', punctuation: true }).tokens('Oh, no!')).toEqual(['oh', ',', 'no', '!']);
  });

  test('refuse what they do not know', () => {
    expect(() => tokenizer({ unit: 'words' as never })).toThrow("did you mean 'word'?");
    expect(() => tokenizer({ locale: 'x_y' })).toThrow("locale: 'x_y' is no language tag");
    expect(() => tokenizer().tokens(3 as never)).toThrow('expected a text, got 3');
  });
});

test('n-grams are runs of each length', () => {
  expect(ngrams(['a', 'b', 'c'], { min: 1, max: 2 })).toEqual(['a', 'a b', 'b', 'b c', 'c']);
  expect(ngrams([...'name'], { max: 3, separator: '' })).toEqual(['nam', 'ame']);
  expect(() => ngrams(['a'], { min: 2, max: 1 })).toThrow('expected 1 ≤ min ≤ max, got 2 and 1');
});
