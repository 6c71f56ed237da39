/** @file Multimodal linguistic regularities: tinted digits and captions in one space, and image − "red" + "blue". */
import { gradientCache, infoNce, type Loss, pairwiseRanking, sigmoidContrastive, type Trick } from 'saddlepoint';
import type { Experiment, Finding } from '../experiment.ts';
import { type HeldOut, heldOutBy, inPattern, tintedDigits } from './data.ts';
import { recallFigure } from './figure.ts';
import { ARITHMETICS, type ArithmeticName, BATCH, type Measured, measure, trainPairs } from './measure.ts';

const SEEDS = [0, 1];
/** Rows of a minibatch that the model sees at a time, in the row of gradient caching. */
const CACHED = 16;

interface Contender {
  readonly name: string;
  readonly loss: Loss;
  /** Image → caption: all, seen, never seen. */
  readonly reference: readonly [number, number, number];
  /** Top-1 of the arithmetic. */
  readonly arithmetic: number;
}

const CONTENDERS: readonly [Contender, ...Contender[]] = [
  { name: 'rank loss, sum', loss: pairwiseRanking({ margin: 0.2 }), reference: [86.6, 91.5, 77.4], arithmetic: 78.2 },
  {
    name: 'rank loss, hardest negative (VSE++)',
    loss: pairwiseRanking({ margin: 0.2, negatives: 'hardest' }),
    ...{ reference: [88.7, 92.5, 81.6] as const, arithmetic: 80.0 },
  },
  { name: 'InfoNCE', loss: infoNce(), reference: [88.3, 93.5, 78.4], arithmetic: 78.1 },
  { name: 'SigLIP', loss: sigmoidContrastive(), reference: [88.1, 93.2, 78.4], arithmetic: 78.8 },
];
/** What the first must reach; the others lie within four points of their references, or above. */
const TARGET = [83, 88, 70] as const;
const WITHIN = 4;

/** Of a miss. */
const UNSEEN =
  'which twenty combinations are held out matters: of seeds 100, 101 and 102 those of 102 are found by ten points more seldom than the others (docs/adr/026). Which the reference held out is not known.';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const range = (values: readonly number[]): string =>
  `${mean(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;

/** The same training with the model seeing a part of each minibatch at a time. */
async function compareCache(tell: (line: string) => void): Promise<Finding> {
  const isHeldOut = heldOutBy(0);
  const { train, test } = tintedDigits(isHeldOut);
  const once = async (tricks: readonly Trick[]) => {
    const run = await trainPairs(train, infoNce(), 0, tricks);
    const { all, seen, never } = await measure(run, test, isHeldOut);
    return { shares: [all, seen, never], loss: run.history.at(-1)?.loss as number };
  };
  const [whole, parts] = [await once([]), await once([gradientCache(CACHED)])];
  const shown = ({ shares, loss }: typeof whole): string =>
    `${shares.map((value) => value.toFixed(1)).join(' / ')} %, last loss ${loss.toFixed(4)}`;
  tell(`gradientCache(${CACHED}): ${shown(parts)}; without: ${shown(whole)}`);
  return {
    what: `InfoNCE by gradientCache(${CACHED}), seed 0: minibatches of ${BATCH} of which the model sees ${CACHED} rows at a time`,
    ours: `${shown(parts)}; without it ${shown(whole)}`,
  };
}

export const experiment: Experiment = {
  section: 'multimodal',
  title: 'Multimodal linguistic regularities',
  minutes: 3,
  async run(tell) {
    const once = async (loss: Loss, seed: number, isHeldOut: HeldOut, pale?: number): Promise<Measured> => {
      const { train, test } = tintedDigits(isHeldOut, pale === undefined ? {} : { pale });
      return measure(await trainPairs(train, loss, seed), test, isHeldOut);
    };
    const results: { readonly contender: Contender; readonly runs: readonly Measured[] }[] = [];
    for (const contender of CONTENDERS) {
      const runs: Measured[] = [];
      for (const seed of SEEDS) {
        runs.push(await once(contender.loss, seed, heldOutBy(seed)));
        const { all, seen, never, arithmetic } = runs.at(-1) as Measured;
        const shares = [all, seen, never, arithmetic['α = 1'].top1].map((value) => value.toFixed(1));
        tell(`${contender.name}, seed ${seed}: R@1 ${shares.slice(0, 3).join(' / ')} %, arithmetic ${shares[3]} %`);
      }
      results.push({ contender, runs });
    }
    const first = results[0]?.runs as readonly Measured[];
    const patterned: Measured[] = [];
    const pure: Measured[] = [];
    for (const seed of SEEDS) {
      patterned.push(await once(CONTENDERS[0].loss, seed, inPattern));
      pure.push(await once(CONTENDERS[0].loss, seed, heldOutBy(seed), 0));
    }
    const varied = (
      [
        ['held out every third combination instead of twenty by chance', patterned],
        ['colors that lack channels altogether (pure red, green, …)', pure],
      ] as const
    ).map(
      ([how, runs]): Finding => ({
        what: `the same, rank loss, ${how}`,
        ours: `${(['all', 'seen', 'never'] as const).map((part) => range(runs.map((run) => run[part]))).join(' / ')} %`,
      }),
    );
    const cached = await compareCache(tell);
    const retrieved = results.map(({ contender, runs }, i): Finding => {
      const shares = (['all', 'seen', 'never'] as const).map((part) => runs.map((run) => run[part]));
      const least = i === 0 ? TARGET : contender.reference.map((value) => value - WITHIN);
      const median = mean(runs.map(({ medianRank }) => medianRank));
      return {
        what: `image → caption R@1 of 60: all / seen / never seen; median rank: ${contender.name}`,
        ...(i === 0 && { published: 'Flickr8K R@1 18.0, median rank 8 of 1,000; Flickr30K 23.0, 5' }),
        ...(i === 1 && { published: 'VSE++ better on COCO' }),
        reference: `${contender.reference.join(' / ')} %${i === 0 ? ', median rank 1' : ''}`,
        ours: `${shares.map(range).join(' / ')} %, median rank ${median} (seeds 0, 1)`,
        target: i === 0 ? `≥ ${TARGET.join(' / ')}` : 'at most 4 points below',
        isMet: shares.every((values, part) => mean(values) >= (least[part] as number)),
        cause: UNSEEN,
      };
    });
    const captions = results.map(
      ({ contender, runs }): Finding => ({
        what: `caption → image R@1, 60 captions: ${contender.name}`,
        published: 'Flickr8K 12.5, 30K 16.8',
        reference: '98–100 %',
        ours: `${range(runs.map((run) => run.captions))} %`,
        target: '≥ 95',
        isMet: mean(runs.map((run) => run.captions)) >= 95,
      }),
    );
    const of = (runs: readonly Measured[], name: ArithmeticName, part: 'top1' | 'top4' | 'never') =>
      runs.map((run) => run.arithmetic[name][part]);
    const [top1, top4, never] = (['top1', 'top4', 'never'] as const).map((part) => of(first, 'α = 1', part)) as [
      number[],
      number[],
      number[],
    ];
    const arithmetic: Finding[] = [
      {
        what: 'image − color + other color → the nearest other picture has the new color and the same digit, top-1 / top-4, α = 1 (rank loss)',
        published: 'fig. 4, pictures only',
        reference: '78.2 / 90.1 %; targets never seen in training 86.3 %',
        ours: `${range(top1)} / ${range(top4)} %; never seen ${range(never)} %`,
        target: '≥ 74 / 87; held-out ≥ 80',
        isMet: mean(top1) >= 74 && mean(top4) >= 87 && mean(never) >= 80,
        cause: UNSEEN,
      },
      ...(
        [
          ['α = 0.5', '41 %'],
          ['α = 2', '60 %'],
          ['unit word vectors, α = 1', '74 %'],
          ['without the words', undefined],
        ] as const
      ).map(
        ([name, reference]): Finding => ({
          what: `the same, top-1, ${name}`,
          ...(reference && { reference }),
          ours: `${range(of(first, name, 'top1'))} %`,
        }),
      ),
      ...results.slice(1).map(
        ({ contender, runs }): Finding => ({
          what: `the same, top-1, α = 1: ${contender.name}`,
          reference: `${contender.arithmetic.toFixed(1)} %`,
          ours: `${range(of(runs, 'α = 1', 'top1'))} %`,
        }),
      ),
    ];
    const columns = Object.keys(ARITHMETICS) as ArithmeticName[];
    return {
      tables: [
        { title: 'Retrieval', findings: [...retrieved, ...varied, cached, ...captions] },
        { title: 'Arithmetic', findings: arithmetic },
      ],
      figures: [
        {
          name: 'recall',
          alt: 'For each of the four losses the share of pictures whose caption is found first, for combinations that were trained on and for those that never were, and the share of recolorings that are found.',
          svg: recallFigure(
            results.flatMap(({ contender, runs }) => [
              { name: contender.name, part: 'seen' as const, value: mean(runs.map((run) => run.seen)) },
              { name: contender.name, part: 'never seen' as const, value: mean(runs.map((run) => run.never)) },
              { name: contender.name, part: 'arithmetic' as const, value: mean(of(runs, 'α = 1', 'top1')) },
            ]),
            'Tinted digits: first answers that are right',
          ),
        },
      ],
      notes: [
        `Each seed draws its own twenty combinations that are held out. Two choices came after a result: the first try held out those whose color and digit, as numbers, add up to a multiple of 3, and used pure colors; a row says what each does. With pure colors a red and a green digit share no input, and PyTorch, on the same rows, finds as few combinations never seen (docs/adr/026 has what was varied, on seeds 100 to 102). A color now has 0.2 of the channels that it lacked. Word vectors start as normal deviates of 0.1, so that the sum of two has about the length 1. Ties count against the model. Arithmetic was tried with ${columns.join('; ')}.`,
      ],
    };
  },
};
