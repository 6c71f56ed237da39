/** @file Combinations that were never shown: faces and vectors, localist and distributed codes. */
import { embeddings } from '../../src/index.ts';
import type { Finding } from '../experiment.ts';
import { attributeVectors, faces } from './faces.ts';

const FACES = [0, 1, 2, 3, 4];
const OTHERS = [0, 1, 2];
/** Rows to train on, without the withheld ones; and so many to test with. */
const ROWS = 1400;
const TEST_ROWS = 1600;
/** Of three properties: glasses and height without long hair, that is a moustache. */
const HELD = [[0, 1, 1]];

type Result = embeddings.HeldOutResult;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
const spread = (list: readonly number[]): string =>
  `${percent(mean(list))} (${percent(Math.min(...list))} – ${percent(Math.max(...list))})`;

interface Case {
  readonly seeds: readonly number[];
  readonly properties: number;
  readonly withheld: number | readonly (readonly number[])[];
  rows(count: number, seed: number, part: string): embeddings.AttributeRows;
}

const face = (properties: number, withheld: Case['withheld'], sharing = false): Case => ({
  ...{ seeds: sharing ? OTHERS : FACES, properties, withheld },
  rows: (count, seed, part) => faces(count, properties, seed, part, sharing),
});
const vectors = (properties: number, withheld: number): Case => ({
  ...{ seeds: OTHERS, properties, withheld },
  rows: (count, seed, part) => attributeVectors(count, properties, seed, part),
});

export interface Bar {
  readonly what: string;
  readonly code: 'localist' | 'distributed';
  readonly share: number;
}

export interface CombinationOutcome {
  readonly findings: readonly Finding[];
  readonly bars: readonly Bar[];
}

/** Bounds on distributed codes, of a linear network and of one with a hidden layer; undefined: no claim. */
interface Bounds {
  readonly reference: string;
  readonly linear?: number;
  readonly hidden?: number;
  readonly target?: string;
}

export async function combinations(tell: (line: string) => void): Promise<CombinationOutcome> {
  const findings: Finding[] = [];
  const bars: Bar[] = [];
  const compare = async (what: string, of: Case, { reference, linear, hidden, target }: Bounds): Promise<void> => {
    const runs = async (units: number): Promise<Result[]> => {
      const found: Result[] = [];
      for (const seed of of.seeds) found.push(await run(of, seed, units));
      return found;
    };
    const [flat, deep] = [await runs(0), await runs(64)];
    const unseen = (list: readonly Result[], code: 'localist' | 'distributed') => list.map((it) => it[code].unseen);
    const [codes, straight, bent] = [
      unseen([...flat, ...deep], 'localist'),
      unseen(flat, 'distributed'),
      unseen(deep, 'distributed'),
    ];
    const seen = mean(deep.map((it) => it.distributed.seen));
    tell(`${what}: localist ${spread(codes)}, distributed ${spread(straight)} linear, ${spread(bent)} hidden`);
    const isMet =
      mean(codes) <= 0.01 &&
      (linear === undefined || mean(straight) >= linear) &&
      (hidden === undefined || mean(bent) >= hidden);
    findings.push({
      ...{ what, reference },
      ours: `localist ${percent(mean(codes))}; distributed: linear ${spread(straight)}, MLP ${spread(bent)}; seen ${percent(seen)}; seeds 0–${of.seeds.length - 1}`,
      ...(target === undefined ? {} : { target, isMet }),
    });
    bars.push({ what, code: 'localist', share: mean(unseen(deep, 'localist')) });
    bars.push({ what, code: 'distributed', share: mean(bent) });
  };
  await compare('faces, 3 properties, 1 of 8 withheld', face(3, HELD), {
    reference: 'localist 0 %; distributed: linear 91 % (88–95), MLP 64 % (55–73), seen 99.9 %',
    ...{ linear: 0.85, hidden: 0.5, target: 'localist ≤ 1 %; linear ≥ 85 %, MLP ≥ 50 %' },
  });
  await compare('faces, 5 properties, 1 of 32 withheld', face(5, 1), {
    reference: 'localist 0 %; distributed: linear 99.3 %, MLP 99.6 %',
    ...{ hidden: 0.95, target: 'localist ≤ 1 %; MLP ≥ 95 %' },
  });
  await compare('faces, 5 properties, 8 of 32 withheld', face(5, 8), {
    reference: 'localist 0 %; distributed: linear 98.4 %, MLP 97.4 %',
    ...{ hidden: 0.9, target: 'localist ≤ 1 %; MLP ≥ 90 %' },
  });
  await compare('vectors, 1 of 8 withheld', vectors(3, 1), {
    reference: 'localist 0 %; distributed: linear 98 %, MLP 90 %',
    ...{ linear: 0.93, hidden: 0.85, target: 'localist ≤ 1 %; at most 5 points below' },
  });
  await compare('vectors, 16 of 64 withheld', vectors(6, 16), {
    reference: 'localist 0 %; distributed: linear 96 %, MLP 96 %',
    ...{ linear: 0.91, hidden: 0.91, target: 'localist ≤ 1 %; at most 5 points below' },
  });
  await compare('the limit: height moves eyes and glasses, 1 of 8 withheld', face(3, HELD, true), {
    reference: 'localist 0 %; distributed: linear 27 %, MLP 21 %',
  });
  return { findings, bars };
}

function run({ properties, withheld, rows }: Case, seed: number, hidden: number): Promise<Result> {
  const all = 2 ** properties;
  const left = all - (typeof withheld === 'number' ? withheld : withheld.length);
  const train = rows(Math.round((ROWS * all) / left), seed, 'train');
  return embeddings.heldOutCombinations({ train, test: rows(TEST_ROWS, seed, 'test') }, { withheld, hidden, seed });
}
