/** @file Bags of words: texts as rows of counts or weights, by a vocabulary or by hashing. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { streamOf } from '../../core/philox.ts';
import { byCodeUnit } from '../table/column.ts';

export interface BagOptions {
  /** What a token counts: how often it occurs, 1, or `tf-idf` (default): rarer in the training texts counts more. */
  readonly weight?: 'count' | 'binary' | 'tf-idf';
  /** Tokens that occur in fewer texts are left out; default 1. */
  readonly minTexts?: number;
  /** The most tokens: those in most texts stay; default 20,000. */
  readonly maxSize?: number;
  /** Hash tokens to so many places instead of listing them: no vocabulary to keep; tokens may share a place. */
  readonly buckets?: number;
  /** Rows of length 1, so that long texts count as short ones; default true for `tf-idf`, else false. */
  readonly normalize?: boolean;
}

/** A fitted bag of words: it turns the tokens of texts into rows of `width` numbers. */
export interface Bag {
  /** Numbers a row. */
  readonly width: number;
  /** The token of each number, `#0` … for hashed ones. */
  readonly columns: readonly string[];
  /** Rows of a token list each, row-major [texts × width]; tokens that are not known do not count. */
  encode(texts: readonly (readonly string[])[]): Float32Array;
  toJSON(): BagJson;
}

/** A bag of words as plain JSON. */
export interface BagJson {
  readonly weight: 'count' | 'binary' | 'tf-idf';
  readonly normalize: boolean;
  /** Null for a hashed bag. */
  readonly tokens: readonly string[] | null;
  readonly width: number;
  /** Inverse text frequencies; all 1 unless `tf-idf`. */
  readonly weights: readonly number[];
}

/** More places than this are no bag, but a mistake or an attack. */
const WIDEST = 2 ** 22;

/**
 * Fits a bag of words on training texts. The weight of tf–idf is count · (1 + ln((1 + n) / (1 + texts with the token))), rows
 * then have length 1: scikit-learn's smooth form (Salton & Buckley 1988).
 *
 * @param texts the tokens (or n-grams) of each training text
 * @throws SaddlepointError `data`: no texts, no token left; `option` for options outside their values
 * @example const bag = fitBag(texts.map((text) => words.tokens(text)), { maxSize: 5000 });
 */
export function fitBag(texts: readonly (readonly string[])[], options: BagOptions = {}): Bag {
  checkKnownOptions('fitBag', options, ['weight', 'minTexts', 'maxSize', 'buckets', 'normalize']);
  const weight = checkName('weight', options.weight ?? 'tf-idf', ['count', 'binary', 'tf-idf']);
  const minTexts = checkNumber('minTexts', options.minTexts ?? 1, { min: 1, integer: true });
  const maxSize = checkNumber('maxSize', options.maxSize ?? 20_000, { min: 1, max: WIDEST, integer: true });
  const { buckets, normalize = weight === 'tf-idf' } = options;
  if (buckets !== undefined) checkNumber('buckets', buckets, { min: 1, max: WIDEST, integer: true });
  if (texts.length === 0) throw new SaddlepointError('data', 'fitBag: there are no texts');
  const place = (token: string): string => (buckets === undefined ? token : String(streamOf(token) % buckets));
  const frequency = new Map<string, number>();
  for (const tokens of texts) {
    for (const token of new Set(tokens.map(place))) frequency.set(token, (frequency.get(token) ?? 0) + 1);
  }
  const idf = (count: number): number => (weight === 'tf-idf' ? 1 + Math.log((1 + texts.length) / (1 + count)) : 1);
  if (buckets !== undefined) {
    const weights = Array.from({ length: buckets }, (_, i) => idf(frequency.get(String(i)) ?? 0));
    return makeBag({ weight, normalize, tokens: null, width: buckets, weights });
  }
  const kept = [...frequency]
    .filter(([, count]) => count >= minTexts)
    .sort(([a, m], [b, n]) => n - m || byCodeUnit(a, b))
    .slice(0, maxSize);
  if (kept.length === 0) {
    throw new SaddlepointError(
      'data',
      `fitBag: no token occurs in ${minTexts} texts or more`,
      'give more texts, or a smaller minTexts',
    );
  }
  const weights = kept.map(([, count]) => idf(count));
  return makeBag({ weight, normalize, tokens: kept.map(([token]) => token), width: kept.length, weights });
}

function makeBag(json: BagJson): Bag {
  const { weight, normalize, tokens, width, weights } = json;
  const places = tokens === null ? undefined : new Map(tokens.map((token, i) => [token, i]));
  const placeOf = (token: string): number | undefined =>
    places === undefined ? streamOf(token) % width : places.get(token);
  return {
    width,
    columns: tokens ?? Array.from({ length: width }, (_, i) => `#${i}`),
    encode(texts) {
      const data = new Float32Array(texts.length * width);
      texts.forEach((list, row) => {
        const out = data.subarray(row * width, (row + 1) * width);
        for (const token of list) {
          const at = placeOf(token);
          if (at !== undefined) out[at] = weight === 'binary' ? 1 : (out[at] as number) + 1;
        }
        if (weight === 'tf-idf') for (let i = 0; i < width; i++) out[i] = (out[i] as number) * (weights[i] as number);
        const length = normalize ? Math.sqrt(out.reduce((sum, x) => sum + x * x, 0)) : 1;
        if (length > 0 && length !== 1) for (let i = 0; i < width; i++) out[i] = (out[i] as number) / length;
      });
      return data;
    },
    toJSON: () => json,
  };
}

/** Reads a bag from a file, which may hold anything; what is damaged is refused with code `file`. */
export function bagFromJson(json: unknown): Bag {
  const damaged = (what: string): SaddlepointError =>
    new SaddlepointError(
      'file',
      `bag of words: ${what}`,
      'the file is damaged or was written by another program; save it again',
    );
  const { weight, normalize, tokens, width, weights } = (json ?? {}) as Partial<Record<keyof BagJson, unknown>>;
  if (weight !== 'count' && weight !== 'binary' && weight !== 'tf-idf') throw damaged(`unknown weight ${show(weight)}`);
  if (typeof normalize !== 'boolean') throw damaged(`normalize is ${show(normalize)}`);
  if (!Number.isInteger(width) || (width as number) < 1 || (width as number) > WIDEST)
    throw damaged(`width is ${show(width)}`);
  if (!Array.isArray(weights) || weights.length !== width || !weights.every(Number.isFinite))
    throw damaged('weights do not fit the width');
  const named = Array.isArray(tokens) && tokens.length === width && tokens.every((token) => typeof token === 'string');
  if (tokens !== null && (!named || new Set(tokens).size < tokens.length)) throw damaged('tokens do not fit the width');
  return makeBag({ weight, normalize, tokens: tokens as string[] | null, width: width as number, weights });
}
