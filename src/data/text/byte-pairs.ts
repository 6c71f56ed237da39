/** @file Byte-pair encoding: texts as pieces of words that any text can be made of. */
import { checkNumber, SaddlepointError } from '../../core/errors.ts';

/** Pieces and the merges that make them; the first 256 pieces are the bytes. */
export interface BytePairs {
  /** How many different pieces there are. */
  readonly size: number;
  /** Merge i joins the pieces `left` and `right` to piece 256 + i. */
  readonly merges: readonly (readonly [left: number, right: number])[];
  /** Piece numbers of a text. Every text has some: bytes that were never merged stay bytes. */
  encode(text: string): Int32Array;
  /** @throws SaddlepointError `data`: a number that is no piece (position and range named) */
  decode(ids: ArrayLike<number>): string;
  toJSON(): { readonly merges: readonly (readonly [number, number])[] };
}

const BYTES = 256;
const MOST_MERGES = 1_000_000;
/** Words keep the space before them; merges never cross words. */
const WORDS = /\s*\S+|\s+$/gu;
const key = (left: number, right: number): number => left * 2 ** 21 + right;

/**
 * Learns merges from texts: again and again the most frequent pair of neighbors becomes one piece (Sennrich, Haddow & Birch 2016;
 * on bytes of UTF-8, Radford et al. 2019). Of equally frequent pairs the one with the smaller numbers is taken.
 *
 * @param size how many pieces; at least 257. Fewer come out where no pair occurs twice.
 * @example const pairs = trainBytePairs(names, 500); pairs.decode(pairs.encode('Ada')); // 'Ada'
 */
export function trainBytePairs(texts: Iterable<string>, size: number): BytePairs {
  checkNumber('size', size, { min: BYTES + 1, max: BYTES + MOST_MERGES, integer: true });
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts].map(([word, count]) => ({ pieces: bytesOf(word), count }));
  const merges: (readonly [number, number])[] = [];
  const tally = new Map<number, number>();
  // Which words hold a pair: only those change when it is merged.
  const holders = new Map<number, Set<number>>();
  const add = (at: number, sign: 1 | -1): void => {
    const { pieces, count } = words[at] as (typeof words)[number];
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = key(pieces[i] as number, pieces[i + 1] as number);
      tally.set(pair, (tally.get(pair) ?? 0) + sign * count);
      const set = holders.get(pair) ?? new Set();
      holders.set(pair, set.add(at));
    }
  };
  words.forEach((_, at) => void add(at, 1));
  while (BYTES + merges.length < size) {
    const best = mostFrequent(tally);
    if (best === undefined) break;
    const pair = [Math.floor(best / 2 ** 21), best % 2 ** 21] as const;
    const piece = BYTES + merges.length;
    merges.push(pair);
    for (const at of holders.get(best) ?? []) {
      add(at, -1);
      const word = words[at] as (typeof words)[number];
      word.pieces = joined(word.pieces, pair, piece);
      add(at, 1);
    }
    tally.delete(best);
    holders.delete(best);
  }
  return makeBytePairs(merges);
}

function mostFrequent(tally: ReadonlyMap<number, number>): number | undefined {
  let [best, most] = [undefined as number | undefined, 1];
  for (const [pair, count] of tally) {
    if (count > most || (count === most && best !== undefined && pair < best)) [best, most] = [pair, count];
  }
  return best;
}

const wordsOf = (text: string): string[] => text.normalize('NFC').match(WORDS) ?? [];
const bytesOf = (word: string): number[] => [...new TextEncoder().encode(word)];

function joined(pieces: readonly number[], [left, right]: readonly [number, number], piece: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const pair = pieces[i] === left && pieces[i + 1] === right;
    out.push(pair ? piece : (pieces[i] as number));
    if (pair) i++;
  }
  return out;
}

function makeBytePairs(merges: readonly (readonly [number, number])[]): BytePairs {
  const ranks = new Map(merges.map(([left, right], rank) => [key(left, right), rank]));
  const bytes: number[][] = Array.from({ length: BYTES }, (_, byte) => [byte]);
  for (const [left, right] of merges) bytes.push([...(bytes[left] as number[]), ...(bytes[right] as number[])]);
  const encodeWord = (word: string): number[] => {
    let pieces = bytesOf(word);
    for (;;) {
      let rank = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < pieces.length; i++) {
        rank = Math.min(rank, ranks.get(key(pieces[i] as number, pieces[i + 1] as number)) ?? rank);
      }
      if (rank === Number.POSITIVE_INFINITY) return pieces;
      pieces = joined(pieces, merges[rank] as readonly [number, number], BYTES + rank);
    }
  };
  return {
    size: BYTES + merges.length,
    merges,
    encode: (text) => Int32Array.from(wordsOf(text).flatMap(encodeWord)),
    decode(ids) {
      const all = Array.from(ids, (id, i) => {
        const piece = bytes[id];
        if (piece !== undefined) return piece;
        throw new SaddlepointError('data', `byte pairs: position ${i} is ${id}, allowed 0 … ${bytes.length - 1}`);
      });
      return new TextDecoder().decode(Uint8Array.from(all.flat()));
    },
    toJSON: () => ({ merges }),
  };
}

/** Reads merges from a file, which may hold anything; what is damaged is refused with code `file`. */
export function bytePairsFromJson(json: unknown): BytePairs {
  const damaged = (what: string): SaddlepointError =>
    new SaddlepointError(
      'file',
      `byte pairs: ${what}`,
      'the file is damaged or was written by another program; save it again',
    );
  const { merges } = (json ?? {}) as { merges?: unknown };
  if (!Array.isArray(merges) || merges.length > MOST_MERGES) throw damaged('merges is no list');
  let total = 0;
  const lengths = new Array<number>(BYTES).fill(1);
  merges.forEach((pair, i) => {
    const legal =
      Array.isArray(pair) && pair.length === 2 && pair.every((id) => Number.isInteger(id) && id >= 0 && id < BYTES + i);
    if (!legal) throw damaged(`merges[${i}] is no pair of earlier pieces`);
    const length = (lengths[pair[0]] as number) + (lengths[pair[1]] as number);
    lengths.push(length);
    total += length;
    // Each merge may double the longest piece: forty would fill the memory.
    if (total > 2 ** 22) throw damaged(`merges[${i}] makes the pieces longer than 4 MiB`);
  });
  return makeBytePairs(merges);
}
