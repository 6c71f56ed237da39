/** @file Rule I2 on models of pairs that were trained: sick ones, and sound ones with each loss beside them. */
import {
  adam,
  advise,
  advisor,
  bagEmbedding,
  contrastiveRecord,
  dense,
  fit,
  infoNce,
  type Loss,
  meanSquaredError,
  multimodal,
  pairwiseRanking,
  randomNormal,
  sequential,
  sigmoidContrastive,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { randomNormal as fillNormal, randomPermutation, streamOf } from '../../../src/core/philox.ts';

const [COLORS, THINGS, PIXELS, ROWS] = [6, 10, 40, 960];
const normals = (count: number, part: string): Float32Array => {
  const values = new Float32Array(count);
  fillNormal(values, 3, streamOf(part));
  return values;
};

/** Pictures are the sum of what a color and a thing look like, and noise; captions are two words. */
function pairsOf(textOf: (row: number) => number = (row) => row) {
  const [looks, noise] = [normals((COLORS + THINGS) * PIXELS, 'looks'), normals(ROWS * PIXELS, 'noise')];
  const words = (row: number) => [row % COLORS, COLORS + (Math.floor(row / COLORS) % THINGS)] as const;
  const image = Float32Array.from({ length: ROWS * PIXELS }, (_, i) => {
    const [color, thing] = words(Math.floor(i / PIXELS));
    const pixel = i % PIXELS;
    return (
      (looks[color * PIXELS + pixel] as number) + (looks[thing * PIXELS + pixel] as number) + 0.3 * (noise[i] as number)
    );
  });
  return multimodal.pairs({
    image: tensor(image, [ROWS, PIXELS]),
    text: Array.from({ length: ROWS }, (_, row) => [...words(textOf(row))]),
  });
}

async function trained(loss: Loss, pairs = pairsOf(), { learningRate = 1e-3, epochs = 10 } = {}) {
  const joint = multimodal.dualEncoder({
    image: sequential([dense(64, { activation: 'relu' }), dense(16)]),
    text: bagEmbedding(COLORS + THINGS, 16, { mode: 'sum', rows: false, initializer: randomNormal(0.1) }),
  });
  const watch = advisor({ onAdvice: () => undefined });
  const options = {
    loss,
    optimizer: adam({ learningRate }),
    batchSize: 64,
    epochs,
    seed: 100,
    progress: false,
  } as const;
  const run = await fit(joint, pairs, { ...options, callbacks: [watch] });
  const record = await contrastiveRecord(run, pairs);
  return {
    record,
    during: watch.advice.map(({ rule }) => rule),
    after: await advise(run, { contrastive: [record] }),
    run,
  };
}

/** Every picture with the caption of another: nothing can be learnt. */
const shuffled = () => {
  const other = randomPermutation(ROWS, 5, streamOf('other'));
  return pairsOf((row) => other[row] as number);
};

describe('I2: a model of pairs', () => {
  it.each([
    ['infoNce', infoNce()],
    ['sigmoidContrastive', sigmoidContrastive()],
    ['pairwiseRanking', pairwiseRanking()],
    ['pairwiseRanking of the hardest', pairwiseRanking({ negatives: 'hardest' })],
  ])('that learns by %s is not spoken of', async (_, loss) => {
    const { record, during, after } = await trained(loss);
    expect(record.loss).toBeLessThan(0.1 * (record.guess as number));
    expect(Math.max(Math.abs(record.meanCosine), record.sideCosine as number)).toBeLessThan(0.2);
    expect([during, after.map(String)]).toEqual([[], []]);
  });

  it('whose captions are those of other pictures is seen to guess, though duplicates make that less than ln(batch)', async () => {
    const { record, during, after } = await trained(infoNce(), shuffled());
    // Of 64 captions one or two are the same: less to choose from.
    expect(record.guess).toBeLessThan(Math.log(64));
    expect([during, after.map(({ rule }) => rule)]).toEqual([['I2'], ['I2']]);
  });

  it('whose temperature is far too high is seen to guess: whatever it learns, its loss cannot say', async () => {
    const { during, after } = await trained(infoNce({ temperature: 100 }));
    expect([during, after.map(({ rule }) => rule)]).toEqual([['I2'], ['I2']]);
  });

  it('collapses where hardest negatives tell nothing: each side to a vector of its own (Faghri et al. 2018)', async () => {
    const hardest = pairwiseRanking({ negatives: 'hardest' });
    const { record, during, after } = await trained(hardest, shuffled(), { learningRate: 1e-2 });
    expect(record.sideCosine).toBeGreaterThan(0.9);
    // Pictures and captions are far from each other: cosines between the sides alone would not show it.
    expect(Math.abs(record.meanCosine)).toBeLessThan(0.2);
    expect([during, after.map(({ rule }) => rule)]).toEqual([['I2'], ['I2']]);
  });

  it('is asked for, and rows to compare', async () => {
    const run = await fit(dense(1), { x: [[1], [2], [3]], y: [1, 2, 3] }, { loss: meanSquaredError(), epochs: 1 });
    await expect(contrastiveRecord(run, pairsOf())).rejects.toThrow(/expected a dual encoder that was trained/);
    const { run: joint } = await trained(infoNce(), pairsOf(), { epochs: 1 });
    await expect(contrastiveRecord(joint, pairsOf(), { batchSize: 1 })).rejects.toThrow(/batchSize.*2/);
    await expect(contrastiveRecord(joint, pairsOf(), { rows: 3 } as never)).rejects.toThrow(/rows/);
    expect((await contrastiveRecord(joint, pairsOf(), { batchSize: 5000 })).batchSize).toBe(ROWS);
  });
});
