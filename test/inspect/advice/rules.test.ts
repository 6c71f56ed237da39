/** @file Each rule of the advisor: evidence that provokes it, and healthy evidence beside it that does not. */
import * as library from 'saddlepoint';
import { ADVICE_RULES, type EpochRecord, type Evidence } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { Judge } from '../../../src/inspect/advice/rule.ts';

const run = { classes: 10, batchSize: 64, stepsPerEpoch: 100, rows: 6400, isNoisy: false };
const steps = (
  losses: (i: number) => number,
  norms: (i: number) => number,
  count = 400,
  rates: readonly number[] = [],
) => ({
  losses: Array.from({ length: count }, (_, i) => losses(i)),
  gradientNorms: Array.from({ length: count }, (_, i) => norms(i)),
  learningRates: rates,
  window: 50,
});
const falling = (i: number) => 2.3 * Math.exp(-i / 200);
const layer = { path: '0', activation: 'relu', deviation: 1, gradientDeviation: 1, dead: 0.05, saturated: 0 } as const;
const before = { loss: 2.4, guess: Math.log(10), twins: [] };
const epoch = (loss: number, accuracy: number, held: number, heldAccuracy: number): EpochRecord =>
  ({
    ...{ epoch: 1, loss, accuracy, seconds: 1, validation: { loss: held, accuracy: heldAccuracy } },
  }) as unknown as EpochRecord;
const overfitting = [0, 1, 2, 3, 4, 5, 6].map((i) => epoch(0.5 - 0.05 * i, 0.99, 0.5 + 0.02 * i, 0.85));
const robustness = (fgsm: number[], pgd: number[], trainedAt?: number) => {
  const points = (accuracies: number[]) =>
    [0.95, ...accuracies].map((accuracy, i) => ({ epsilon: [0, 0.05, 0.1, 0.3][i] as number, accuracy }));
  const curves = [
    { attack: 'fgsm', steps: 1, points: points(fgsm) },
    { attack: 'pgd', steps: 20, points: points(pgd) },
  ];
  return { chance: 0.1, trainedAt, curves };
};
const throughput = [
  { batchSize: 1, secondsPerExample: 1e-4 },
  { batchSize: 64, secondsPerExample: 7e-6 },
  { batchSize: 128, secondsPerExample: 6e-6 },
  { batchSize: 256 },
];
const gan = (accuracies: number[], norms: number[], fake: number) =>
  accuracies.map((criticAccuracy, i) => ({
    ...{ criticAccuracy, generatorGradientNorm: norms[i] as number, fakeDistance: fake, realDistance: 1 },
  }));
const many = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));

/** By rule: what it must see, and what it must let pass. */
const CASES: Record<string, readonly [sick: Evidence, healthy: Evidence]> = {
  A1: [
    { before: { ...before, columns: { means: [700, 2], deviations: [300, 0.1] } } },
    { before: { ...before, columns: { means: [0.1, 0.4, 0.01], deviations: [0.3, 0.2, 0.003] } } },
  ],
  A2: [
    { before: { ...before, loss: 14, classCounts: many(10, () => 100) } },
    { before: { ...before, loss: 3, classCounts: many(10, () => 100) } },
  ],
  A3: [{ before: { ...before, twins: [{ path: '0', units: 8, of: 8 }] } }, { before }],
  A4: [
    { before, layers: [layer, { ...layer, path: '4', deviation: 1e-5 }] },
    {
      before,
      layers: [
        { ...layer, gradientDeviation: 0.11 },
        { ...layer, path: '4', deviation: 0.3 },
      ],
    },
  ],
  A5: [
    { before: { ...before, overfit: { first: 2.3, last: 1.9 } } },
    { before: { ...before, overfit: { first: 2.3, last: 0.01 } } },
  ],
  A6: [
    { before: { ...before, classCounts: [100, 12] } },
    { before: { ...before, classCounts: [100, 40], shared: { rows: 0, of: 9 } } },
  ],
  B1: [{ divergence: { op: 'log', path: '1', step: 7 } }, {}],
  B2: [
    {
      run,
      steps: steps(
        (i) => (i < 200 ? 0.6 : 2.3),
        () => 1,
      ),
    },
    { run, steps: steps(falling, (i) => (i === 390 ? 50 : 1)) },
  ],
  B3: [
    {
      run,
      steps: steps(
        () => 2.3,
        () => 1,
      ),
      updates: { a: 4e-6, b: 5e-6 },
    },
    {
      run,
      steps: steps(
        () => 2.3,
        () => 1,
      ),
      updates: { a: 8e-4, b: 6e-3 },
    },
  ],
  B4: [
    {
      run: { ...run, stepsPerEpoch: 1 },
      steps: steps(
        (i) => 1 + 0.1 * (i % 2),
        () => 1,
      ),
    },
    {
      run,
      steps: steps(
        (i) => 1 + 0.1 * (i % 2),
        () => 1,
      ),
    },
  ],
  C1: [{ layers: [{ ...layer, dead: 1 }] }, { layers: [layer] }],
  C2: [
    {
      layers: [
        { ...layer, activation: 'tanh', saturated: 0.35 },
        { ...layer, path: '1', activation: 'tanh', saturated: 0.97 },
      ],
    },
    {
      layers: [
        { ...layer, activation: 'tanh', saturated: 0.7 },
        { ...layer, path: '1', activation: 'tanh', saturated: 0.02 },
      ],
    },
  ],
  D1: [
    {
      run,
      steps: steps(
        () => 2.29,
        (i) => (i < 60 ? 0.9 : 4e-3),
      ),
      curvature: { top: 0.5, bottom: -0.31 },
    },
    {
      run,
      steps: steps(
        () => 2.29,
        (i) => (i < 60 ? 0.9 : 4e-3),
      ),
      curvature: { top: 0.5, bottom: 0 },
    },
  ],
  D2: [
    {
      run,
      steps: steps(
        (i) => 1 + 1e-3 * (i % 3),
        () => 1,
      ),
    },
    { run, steps: steps(falling, () => 1) },
  ],
  D3: [
    {
      run,
      steps: steps(
        () => Math.LN10,
        () => 1e-9,
      ),
      firstGradientNorm: 1e-9,
    },
    {
      run,
      steps: steps(
        () => Math.LN10,
        () => 0.01,
      ),
      firstGradientNorm: 0.01,
    },
  ],
  E1: [
    { epochs: overfitting },
    { epochs: overfitting.map((one) => ({ ...one, accuracy: 0.9 }) as unknown as EpochRecord) },
  ],
  E2: [
    { epochs: [epoch(1, 0.6, 1, 0.595)], target: 0.95, isEnd: true },
    { epochs: [epoch(1, 0.9, 1, 0.895)], target: 0.95, isEnd: true },
  ],
  E3: [
    { run, epochs: [epoch(0.5, 0.9, 0.2, 0.95), epoch(0.5, 0.9, 0.2, 0.95)] },
    { run, epochs: [epoch(1.5, 0.6, 0.6, 0.85), epoch(0.5, 0.85, 0.4, 0.9)] },
  ],
  F1: [
    {
      run,
      steps: steps(
        (i) => 1 + 1e-3 * (i % 3),
        () => 1,
      ),
      noise: [{ noiseScale: 1000 }],
    },
    { run, steps: steps(falling, () => 1), noise: [{ noiseScale: 3000 }] },
  ],
  F2: [
    { run, noise: [{ noiseScale: 5 }, { noiseScale: 10 }] },
    { run, noise: [{ noiseScale: 44 }, { noiseScale: 302 }] },
  ],
  F3: [
    { normTest: { variance: 64, batchSize: 64, squaredNorm: 1 } },
    { normTest: { variance: 6.4, batchSize: 64, squaredNorm: 1 } },
  ],
  F4: [
    { run: { ...run, batchSize: 2 }, throughput: { table: throughput } },
    // 48 rows go by those of 64; what does not fit has no speed.
    { run: { ...run, batchSize: 48 }, throughput: { table: throughput } },
  ],
  G1: [
    { calibration: { confidence: 0.97, accuracy: 0.8, error: 0.17 } },
    { calibration: { confidence: 0.97, accuracy: 0.95, error: 0.02 } },
  ],
  G2: [
    { robustness: robustness([0.5, 0.1, 0], [0.5, 0.045, 0]) },
    { robustness: robustness([0.9, 0.83, 0.2], [0.9, 0.81, 0.1]) },
  ],
  // FGSM training without a guard, as measured: FGSM 0.88, PGD 0.42 at the training ε.
  G3: [
    { robustness: robustness([0.9, 0.88, 0.3], [0.7, 0.42, 0], 0.1) },
    { robustness: robustness([0.9, 0.83, 0.2], [0.9, 0.81, 0.1], 0.1) },
  ],
  H1: [{ gan: gan([0.97, 0.99], [0.5, 0.1], 1) }, { gan: gan([0.8, 0.7], [0.5, 0.1], 1) }],
  H2: [{ gan: gan([0.6], [1], 0.2) }, { gan: gan([0.6], [1], 0.9) }],
  I1: [
    { embedding: { rows: 100, untouched: 20 } },
    { embedding: { rows: 100, untouched: 2, normFrequencyCorrelation: 0.6 } },
  ],
  I2: [
    { contrastive: [{ loss: 4.85, batchSize: 128, meanCosine: 0.5 }] },
    { contrastive: [{ loss: 1.2, batchSize: 128, meanCosine: 0.1 }] },
  ],
};

/** What fires when the same is seen in so many windows in a row. */
const fired = (evidence: Evidence, times: number): string[] => {
  const judge = new Judge(ADVICE_RULES);
  return many(times, () => 0).flatMap(() => judge.look(evidence).map(({ rule }) => rule.id));
};

describe('the rules of the advisor', () => {
  it('have a case each, an id of their own, a remedy and a source', () => {
    expect(Object.keys(CASES).sort()).toEqual(ADVICE_RULES.map(({ id }) => id));
    for (const { remedy, source, title } of ADVICE_RULES)
      expect(Math.min(remedy.length, source.length, title.length)).toBeGreaterThan(5);
  });

  it.each(Object.entries(CASES))('%s: sees what it is there for, once, and lets health pass', (id, [sick, healthy]) => {
    const { windows } = ADVICE_RULES.find((rule) => rule.id === id) ?? { windows: 0 };
    expect(fired(sick, 4).filter((one) => one === id)).toEqual([id]);
    if (windows === 2) expect(fired(sick, 1)).not.toContain(id);
    expect(fired(healthy, 4)).not.toContain(id);
  });

  it('are asked only where their needs are met', () => {
    expect(fired({}, 3)).toEqual([]);
  });

  it('B2 sees norms that spike in more than a step', () => {
    const spiky = {
      run,
      steps: steps(
        () => 2,
        (i) => (i % 20 === 0 ? 50 : 1),
      ),
    };
    expect(fired(spiky, 2)).toContain('B2');
  });

  it('B2 and D2 begin anew where a window in between was well', () => {
    const [sick, healthy] = CASES.B2 as [Evidence, Evidence];
    const judge = new Judge(ADVICE_RULES);
    const ids = [sick, healthy, sick].flatMap((one) => judge.look(one).map(({ rule }) => rule.id));
    expect(ids).not.toContain('B2');
  });
});

it('names no function in a remedy that the library does not export', () => {
  const surface = library as unknown as Readonly<Record<string, unknown>>;
  const missing = ADVICE_RULES.flatMap(({ id, remedy }) => {
    return [...remedy.matchAll(/\b([a-zA-Z]+(?:\.[a-zA-Z0-9]+)?)\(/g)].flatMap(([, called]) => {
      const [first, second] = (called as string).split('.') as [string, string | undefined];
      const found = surface[first] as Readonly<Record<string, unknown>> | undefined;
      return (second === undefined ? found : found?.[second]) === undefined ? [`${id}: ${called}`] : [];
    });
  });
  expect(missing).toEqual([]);
});
