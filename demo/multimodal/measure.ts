/** @file What a trained pair of encoders can do: captions of pictures, pictures of captions, and arithmetic. */
import {
  adam,
  bagEmbedding,
  dense,
  fit,
  type Loss,
  multimodal,
  type Run,
  randomNormal,
  retrieval,
  sequential,
  type Tensor,
  type Trick,
  tensor,
} from 'saddlepoint';
import {
  CAPTIONS,
  COLORS,
  captionOf,
  type HeldOut,
  otherColors,
  PIXELS,
  type Tinted,
  WORDS,
  wordOfColor,
} from './data.ts';

const SIZE = 64;
export const BATCH = 128;

/** Deviation of the first word vectors: the sum of two has about length 1. */
const WORD_DEVIATION = 0.1;

/** 588-256-64 for pictures, the sum of two word vectors for captions. */
export const jointModel = () =>
  multimodal.dualEncoder({
    image: sequential([dense(256, { activation: 'relu' }), dense(SIZE)]),
    text: bagEmbedding(WORDS, SIZE, { mode: 'sum', rows: false, initializer: randomNormal(WORD_DEVIATION) }),
  });

export const pairsOf = ({ image, rows, digit, color }: Tinted) =>
  multimodal.pairs({
    image: tensor(image, [rows, PIXELS]),
    text: Array.from(digit, (one, row) => [wordOfColor(color[row] as number), one]),
  });

export const trainPairs = (train: Tinted, loss: Loss, seed: number, tricks: readonly Trick[] = []): Promise<Run> =>
  fit(jointModel(), pairsOf(train), {
    ...{ loss, optimizer: adam({ learningRate: 1e-3 }), batchSize: BATCH, epochs: 15, seed, tricks },
    ...{ standardize: false, progress: false, device: 'wasm' },
  });

/** All shares in percent. */
export interface Measured {
  readonly all: number;
  readonly seen: number;
  readonly never: number;
  readonly medianRank: number;
  readonly captions: number;
  readonly arithmetic: Readonly<
    Record<ArithmeticName, { readonly top1: number; readonly top4: number; readonly never: number }>
  >;
}

export const ARITHMETICS = {
  'α = 1': { alpha: 1 },
  'α = 0.5': { alpha: 0.5 },
  'α = 2': { alpha: 2 },
  'unit word vectors, α = 1': { alpha: 1, normalize: true },
  'without the words': { alpha: 0 },
} as const;
export type ArithmeticName = keyof typeof ARITHMETICS;

const share = (flags: readonly boolean[]): number => (100 * flags.filter(Boolean).length) / flags.length;

export async function measure(run: Run, test: Tinted, isHeldOut: HeldOut): Promise<Measured> {
  const encode = multimodal.encoders(run, { device: 'wasm' });
  const images = await encode.image(tensor(test.image, [test.rows, PIXELS]));
  const captions = await encode.text(CAPTIONS);
  const own = Array.from(test.digit, (digit, row) => captionOf(test.color[row] as number, digit));
  const scores = await retrieval.index(captions).scores(images);
  const found = retrieval.evaluate(scores, { rows: own, columns: CAPTIONS.map((_, i) => i) });
  const first = found.rows.ranks.map((rank) => rank === 1);
  const held = own.map((_, row) => isHeldOut(test.color[row] as number, test.digit[row] as number));
  return {
    all: share(first),
    seen: share(first.filter((_, row) => !held[row])),
    never: share(first.filter((_, row) => held[row])),
    medianRank: found.rows.medianRank,
    captions: 100 * found.columns.recallAt1,
    arithmetic: await recolored(encode.words, images, test, isHeldOut),
  };
}

/** image − its color + another: is a picture of that color and the same digit nearest, or among four? */
async function recolored(
  words: multimodal.WordTable | undefined,
  images: Tensor,
  test: Tinted,
  isHeldOut: HeldOut,
): Promise<Measured['arithmetic']> {
  const named = (colors: Int32Array) => Array.from(colors, (color) => [COLORS[color] as string]);
  const wanted = otherColors(test);
  const [minus, plus] = [named(test.color), named(wanted)];
  const index = retrieval.index(images);
  const exclude = Array.from(test.color, (_, row) => row);
  const isRight = (query: number, row: number): boolean =>
    test.digit[row] === test.digit[query] && test.color[row] === wanted[query];
  const results = await Promise.all(
    Object.entries(ARITHMETICS).map(async ([name, options]) => {
      const queries = retrieval.arithmetic(images, { minus, plus, words, ...options });
      const hits = await index.search(queries, 4, { exclude });
      const first = hits.map(([hit], query) => isRight(query, hit?.row as number));
      const among = hits.map((list, query) => list.some(({ row }) => isRight(query, row)));
      const never = first.filter((_, query) => isHeldOut(wanted[query] as number, test.digit[query] as number));
      return [name, { top1: share(first), top4: share(among), never: share(never) }] as const;
    }),
  );
  return Object.fromEntries(results) as Measured['arithmetic'];
}
