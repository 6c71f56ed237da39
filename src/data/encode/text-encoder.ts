/** @file How a column of texts becomes numbers: a bag of words, or of runs of characters, by a vocabulary of the training rows. */
import { checkName } from '../../core/errors.ts';
import type { CellFormat } from '../table/cells.ts';
import { type Column, cellOf, namedColumn } from '../table/column.ts';
import { type Bag, type BagJson, bagFromJson, fitBag } from '../text/bag.ts';
import { ngrams, tokenizer } from '../text/tokenize.ts';

/** What counts: words, or runs of one to three characters with the word's ends marked, which suits names and codes. */
export type TextUnit = 'word' | 'character';
const UNITS: readonly TextUnit[] = ['word', 'character'];

export interface TextEncoder {
  readonly encoding: 'text';
  readonly column: string;
  readonly format: CellFormat;
  readonly unit: TextUnit;
  readonly bag: BagJson;
  /** A gap is an empty text: all numbers are 0. */
  readonly fill: null;
  readonly indicator: false;
}

/** More numbers a row than this are seldom worth their memory. */
const WIDEST = 4096;
/** Numbers of all rows together: 256 MiB as f32. */
const LARGEST = 2 ** 26;
/** Fewer words a text than this on average are names or codes. */
const WORDS = 2;
/** From so many texts on, what occurs in one alone says nothing about others. */
const MANY = 20;

const words = /* @__PURE__ */ tokenizer();
const characters = /* @__PURE__ */ tokenizer({ unit: 'character', lowercase: true });

/** What a text is made of. */
export function tokensOf(unit: TextUnit, text: string): string[] {
  if (unit === 'word') return words.tokens(text);
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => ngrams(['^', ...characters.tokens(word), '$'], { min: 1, max: 3, separator: '' }))
    .filter((run) => run !== '^' && run !== '$');
}

/**
 * Fits a bag (tf–idf, rows of length 1) on the training texts. Names and codes, of less than two words on average, are taken by
 * runs of characters, all else by words; what occurs in one text alone is left out.
 *
 * @param rows the training rows
 * @param unit default: by the count of words
 * @param allRows how many rows will be encoded, for the bound on memory
 */
export function fitText(
  column: Column,
  rows: ArrayLike<number>,
  allRows: number,
  unit?: TextUnit,
): { encoder: TextEncoder; note: string } {
  if (unit !== undefined) checkName(`text: ${namedColumn(column.name)}`, unit, UNITS);
  const texts = Array.from({ length: rows.length }, (_, i) => {
    const cell = cellOf(column, rows[i] as number);
    return cell instanceof Date ? cell.toISOString() : String(cell ?? '');
  });
  const filled = texts.filter((text) => text.trim() !== '');
  const count = filled.reduce((sum, text) => sum + text.trim().split(/\s+/).length, 0) / Math.max(1, filled.length);
  const chosen = unit ?? (count < WORDS ? 'character' : 'word');
  const bag = fitBag(
    texts.map((text) => tokensOf(chosen, text)),
    {
      minTexts: texts.length < MANY ? 1 : 2,
      maxSize: Math.max(1, Math.min(WIDEST, Math.floor(LARGEST / Math.max(1, allRows)))),
    },
  );
  const what = chosen === 'word' ? 'words' : 'runs of one to three characters';
  return {
    encoder: {
      ...{ encoding: 'text', column: column.name, format: column.format, unit: chosen, bag: bag.toJSON() },
      ...{ fill: null, indicator: false },
    },
    note: `${namedColumn(column.name)} is text (${count.toFixed(1)} words on average): a bag of ${bag.width} ${what} by tf–idf; their order is not seen`,
  };
}

/** The bag of an encoder. */
export const bagOf = ({ bag }: TextEncoder): Bag => bagFromJson(bag);
