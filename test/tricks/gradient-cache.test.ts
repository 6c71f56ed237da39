import fc from 'fast-check';
import {
  abs,
  bagEmbedding,
  batchNorm,
  concat,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  gradientCache,
  infoNce,
  type Loss,
  l2,
  layer,
  mul,
  multimodal,
  ones,
  pairwiseRanking,
  type Run,
  reshape,
  sam,
  sequential,
  sgd,
  sigmoidContrastive,
  slice,
  sub,
  type Trick,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { randomUniform } from '../../src/core/philox.ts';
import { uniformWithKey } from '../../src/ops/random.ts';
import { rejection } from '../train/examples.ts';

const PIXELS = 6;
const WORDS = 7;

/** Pairs of pictures and captions of two words, some of them twice. */
function pairsOf(rows: number): ReturnType<typeof multimodal.pairs> {
  const image = new Float32Array(rows * PIXELS);
  randomUniform(image, 5, 3);
  return multimodal.pairs({
    image: tensor(image, [rows, PIXELS]),
    text: Array.from({ length: rows }, (_, i) => [i % 5, 5 + (i % 2)]),
  });
}

const joint = (hidden = 10) =>
  multimodal.dualEncoder({
    image: sequential([dense(hidden, { activation: 'tanh' }), dense(4)]),
    text: bagEmbedding(WORDS, 4, { mode: 'sum', rows: false }),
  });

/** One step over all rows: what the parameters moved by is the gradient. */
const step = (rows: number, loss: Loss, tricks: readonly Trick[], options: Partial<FitOptions> = {}): Promise<Run> =>
  fit(joint(), pairsOf(rows), {
    ...{ loss, optimizer: sgd({ learningRate: 0.5 }), batchSize: rows, epochs: 1, seed: 2, progress: false },
    ...{ device: 'reference', ...options, tricks },
  });

const numbersOf = ({ parameters }: Run): number[] => [...parameters.values()].flatMap(({ data }) => Array.from(data));

/** The largest difference of two runs' parameters. */
function apart(one: Run, other: Run): number {
  const others = numbersOf(other);
  return Math.max(...numbersOf(one).map((value, i) => Math.abs(value - (others[i] as number))));
}

const LOSSES = [
  ['pairwiseRanking', pairwiseRanking()],
  ['pairwiseRanking, hardest', pairwiseRanking({ negatives: 'hardest' })],
  ['infoNce', infoNce()],
  ['sigmoidContrastive', sigmoidContrastive()],
] as const;

describe('gradientCache', () => {
  it.each(LOSSES)('gives %s the gradient of the whole minibatch, however it is cut', async (_, loss) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 13 }), fc.integer({ min: 1, max: 13 }), async (count, rows) => {
        const [whole, cut] = [await step(count, loss, []), await step(count, loss, [gradientCache(rows)])];
        // In double precision sums of a dozen numbers in another order differ by 1e-15, and are handed out as the same singles.
        expect(apart(whole, cut)).toBeLessThan(1e-12);
        expect(cut.history[0]?.loss).toBeCloseTo(whole.history[0]?.loss as number, 12);
      }),
      { numRuns: 12 },
    );
  });

  it('is the same in f32 on WebAssembly, to its rounding, over many steps', async () => {
    const options = { device: 'wasm', epochs: 4, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) } as const;
    const [whole, cut] = [
      await step(40, infoNce(), [], options),
      await step(40, infoNce(), [gradientCache(5)], options),
    ];
    // Twelve steps, each with a few roundings of 6e-8 of numbers up to 1.
    expect(apart(whole, cut)).toBeLessThan(1e-5);
    expect(apart(whole, await step(40, infoNce(), [], { ...options, epochs: 1 }))).toBeGreaterThan(1e-3);
  });

  it('needs little more memory than the parts that the model sees, by what the plan states', async () => {
    const [rows, part, hidden] = [128, 8, 4000];
    const bytes = async (batchSize: number, tricks: readonly Trick[]): Promise<number> => {
      const options = { loss: infoNce(), optimizer: sgd({ learningRate: 0.1 }), epochs: 1, progress: false } as const;
      return (await fit(joint(hidden), pairsOf(rows), { ...options, batchSize, tricks, device: 'wasm' })).bytes;
    };
    const [large, cached, small] = [
      await bytes(rows, []),
      await bytes(rows, [gradientCache(part)]),
      await bytes(part, []),
    ];
    // What is left out: activations of the hidden layer and their gradients, of all rows but a part. A page is 64 KiB.
    const page = 2 ** 16;
    expect(large - cached).toBeGreaterThan(2 * 4 * hidden * (rows - part) - 4 * page);
    // What there is beside the small batch: sums of gradients with their copies, scores, vectors.
    const parameters = 4 * (hidden * (PIXELS + 1 + 4) + 4 + WORDS * 4 + 2);
    expect(cached - small).toBeLessThan(3 * parameters + 4 * (4 * rows * rows + 4 * rows * (10 + PIXELS)) + 4 * page);
  });

  it('is bit for bit absent of Infinity, and of no fewer rows than the minibatch has', async () => {
    expect(gradientCache(Number.POSITIVE_INFINITY).isNeutral).toBe(true);
    const whole = numbersOf(await step(12, infoNce(), [], { device: 'wasm' }));
    for (const rows of [Number.POSITIVE_INFINITY, 12])
      expect(numbersOf(await step(12, infoNce(), [gradientCache(rows)], { device: 'wasm' }))).toEqual(whole);
    expect(numbersOf(await step(12, infoNce(), [gradientCache(5)], { device: 'wasm' }))).not.toEqual(whole);
  });

  it('keeps penalties, and lets other gradient tricks take its gradients', async () => {
    for (const beside of [[l2(0.1)], [sam(0.1)]] as const) {
      const [whole, cut] = [
        await step(11, infoNce(), beside),
        await step(11, infoNce(), [gradientCache(4), ...beside]),
      ];
      expect(apart(whole, cut)).toBeLessThan(1e-12);
      expect(apart(whole, await step(11, infoNce(), []))).toBeGreaterThan(1e-4);
    }
  });

  it('refuses to stand behind a gradient trick, which it would undo', async () => {
    await expect(rejection(step(11, infoNce(), [sam(0.1), gradientCache(4)]))).resolves.toMatchObject({
      code: 'option',
      message: expect.stringContaining('gradientCache computes the gradient itself, and would undo sam'),
    });
  });

  it('refuses layers with running statistics', async () => {
    const data = { x: [[1], [2], [3], [4]], y: [0, 1, 0, 1] };
    const model = sequential([dense(3), batchNorm(), dense(2)]);
    const options = { loss: crossEntropy(), batchSize: 4, epochs: 1, progress: false } as const;
    await expect(rejection(fit(model, data, { ...options, tricks: [gradientCache(2)] }))).resolves.toMatchObject({
      message: expect.stringMatching(/gradientCache: '1\/.*' is a running statistic/),
    });
    await expect(fit(model, data, { ...options, tricks: [gradientCache(4)] })).resolves.toBeDefined();
  });

  it('draws other numbers for each part, and the same in both passes', async () => {
    const [rows, part] = [6, 2];
    const noisy = layer('noisy', {}, (x, context) => {
      const factor = context.parameter('factor', [1], ones());
      if (context.mode === 'predict') return mul(x, factor);
      const { key, stream } = context.random();
      return mul(uniformWithKey(key, x.shape, stream), factor);
    });
    // How far each row is from the one that has its place in the next part.
    const spread: Loss = {
      ...{ name: 'spread', options: {}, target: 'value' },
      call(y) {
        const next = concat([slice(y, [part, 0], [rows - part, 1]), slice(y, [0, 0], [part, 1])], 0);
        return reshape(abs(sub(y, next)), [rows]);
      },
    };
    const data = { x: Array.from({ length: rows }, () => [1]), y: new Float32Array(rows) };
    const run = await fit(noisy, data, {
      ...{ loss: spread, optimizer: sgd({ learningRate: 1 }), batchSize: rows, epochs: 1, progress: false },
      ...{ standardize: false, device: 'reference', tricks: [gradientCache(part)] },
    });
    const loss = run.history[0]?.loss as number;
    // Of numbers that are all the same it would be 0.
    expect(loss).toBeGreaterThan(0.05);
    // The loss is the factor, 1, times what was drawn: so is its slope, where the second pass draws the same.
    // Parameters are handed out in singles.
    expect(run.parameters.get('factor')?.data[0]).toBeCloseTo(1 - loss, 6);
  });
});
