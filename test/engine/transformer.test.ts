/** A small transformer on real text: it trains, on both backends alike, in the memory that its plan states beforehand. */
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { planSession } from '../../src/backends/wasm/index.ts';
import { characterEntropy, languageModelStep, textWindows, trainLanguageModel } from './language-model.ts';

const options = { layers: 2, width: 32, heads: 4, tokens: 32, batchSize: 8, learningRate: 3e-3, capacity: 10 };
const WINDOWS = 1000;

describe('a transformer of two layers', () => {
  it('learns from what stands before, not only how often characters occur', async () => {
    const { losses } = await trainLanguageModel(options, 300, WINDOWS);
    const last = losses.slice(-50).reduce((total, loss) => total + loss / 50, 0);
    expect(last).toBeLessThan(characterEntropy(textWindows(WINDOWS, options.tokens)));
  });

  it('holds within 5 % of the bytes that the plan stated', async () => {
    const { program } = languageModelStep(options, WINDOWS);
    const { bytes } = await planSession([program], { capacity: options.capacity });
    const { held, used } = await trainLanguageModel(options, 20, WINDOWS);
    expect(Math.abs(held / bytes - 1)).toBeLessThan(0.05);
    expect(Math.abs(used / bytes - 1)).toBeLessThan(0.05);
  });

  it('takes the steps of the reference', async () => {
    const two = { ...options, batchSize: 2, capacity: 1 };
    const got = await trainLanguageModel(two, 3, 6);
    const expected = await trainLanguageModel(two, 3, 6, referenceBackend);
    expected.losses.forEach((loss, i) => {
      // The steps move every weight by about 3e-3, whatever its gradient: small differences of small gradients count.
      expect(Math.abs((got.losses[i] as number) - loss)).toBeLessThan(i === 0 ? 1e-5 : 1e-2);
    });
  });
});
