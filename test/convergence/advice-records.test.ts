/** @file Rules about what other tools measure, on longer runs: speeds by F4, a real text by I1, pictures and captions by I2. */
import { readFileSync } from 'node:fs';
import {
  adam,
  advise,
  advisor,
  contrastiveRecord,
  embeddingRecord,
  embeddings,
  fit,
  infoNce,
  pairwiseRanking,
  sigmoidContrastive,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { heldOutBy, tintedDigits } from '../../demo/multimodal/data.ts';
import { jointModel, pairsOf } from '../../demo/multimodal/measure.ts';
import { fetched } from '../../scripts/fetch-data.mjs';
import { searchBatchSizes } from '../../src/train/batch-size/find-batch-size.ts';
import { HEALTHY } from '../inspect/advice/healthy.ts';

const rulesOf = (advice: readonly { readonly rule: string }[]) => advice.map(({ rule }) => rule);

/** Milliseconds of this process: those of its neighbors do not count. */
const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

describe.each(HEALTHY)('F4, by processor time: $name', ({ model, data, options }) => {
  // Other work on the second thread of a core slows one size and not the next: three tries, all of which a wrong rule would fail.
  it('is silent about its batch, and sees one of a single row', { retry: 2 }, async () => {
    const { epochs: _, ...rest } = { ...options, threads: 1 } as const;
    const search = { ...rest, from: 1, to: 256, seconds: 20 } as never;
    const throughput = await searchBatchSizes(model(), data(), search, processorTime);
    const trained = async (batchSize: number) =>
      rulesOf(await advise(await fit(model(), data(), { ...rest, batchSize, epochs: 1 }), { throughput }));
    expect(await trained(options.batchSize as number)).not.toContain('F4');
    expect(await trained(1)).toContain('F4');
  });
});

describe('I1: the King James Bible', () => {
  const verses = () =>
    readFileSync(fetched('kjv')[0] as string, 'utf8')
      .split('\n')
      .map((line) => line.split(/\s+/).filter((word) => word !== ''));

  it('says nothing of vectors by the defaults', async () => {
    const record = embeddingRecord(await embeddings.train(verses(), { dimensions: 50, seed: 20 }));
    expect(rulesOf(await advise(undefined, { embedding: record }))).toEqual([]);
  });

  it('sees the first 6,000 verses learnt with every word that comes once, and none left out', async () => {
    const options = { dimensions: 50, epochs: 2, minCount: 1, subsample: 0, seed: 20 };
    const record = embeddingRecord(await embeddings.train(verses().slice(0, 6000), options));
    expect(rulesOf(await advise(undefined, { embedding: record }))).toEqual(['I1']);
  });
});

describe.each([
  ['InfoNCE', infoNce()],
  ['SigLIP', sigmoidContrastive()],
  ['the sum of hinges', pairwiseRanking()],
  ['the hardest', pairwiseRanking({ negatives: 'hardest' })],
])('I2: tinted digits and captions by %s', (_, loss) => {
  it.each([20, 21, 22])('seed %i: the advisor is silent', async (seed) => {
    const { train } = tintedDigits(heldOutBy(seed));
    const pairs = pairsOf(train);
    const watch = advisor({ onAdvice: () => undefined });
    const optimizer = adam({ learningRate: 1e-3 });
    const rest = { batchSize: 128, epochs: 5, seed, standardize: false, progress: false, callbacks: [watch] } as const;
    const run = await fit(jointModel(), pairs, { loss, optimizer, ...rest });
    const record = await contrastiveRecord(run, pairs);
    expect((await advise(run, { contrastive: [record] })).map(String)).toEqual([]);
  });
});
