import {
  accumulate,
  adam,
  asam,
  batchNorm,
  chain,
  crossEntropy,
  dense,
  ema,
  type FitOptions,
  fit,
  gradientNoise,
  l1,
  l2,
  labelSmoothing,
  lookahead,
  maxNorm,
  meanSquaredError,
  type Run,
  reestimateStatistics,
  sam,
  sequential,
  sgd,
  swa,
  tensor,
  weightAverage,
  weightEma,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { lookahead as lookaheadAround } from '../../src/optim/lookahead.ts';
import { clouds, rejection, weightsOf } from '../train/examples.ts';

const data = clouds(48);
const run = (options: Partial<FitOptions> = {}): Promise<Run> =>
  fit(sequential([dense(6, { activation: 'tanh' }), dense(3)]), data, {
    ...{ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.2 }), epochs: 3, batchSize: 16, progress: false },
    ...options,
  });
/** y = w x at x = 1, 2 with targets 0: the loss is 2.5 w². */
const line = (tricks: FitOptions['tricks'], epochs = 1): Promise<Run> =>
  fit(
    sequential([dense(1, { bias: false })]),
    { x: tensor(new Float32Array([1, 2]), [2, 1]), y: [0, 0] },
    {
      ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }), epochs, batchSize: 2 },
      ...{ standardize: false, progress: false },
      ...(tricks && { tricks }),
    },
  );
const slopes = async (tricks: FitOptions['tricks']) => weightsOf(await line(tricks));
/** The weight before the step: the plain step is w (1 − 0.1 · 5). */
const start = async (): Promise<number> => (await slopes([]))[0]! / 0.5;

describe('sam', () => {
  it('takes the gradient ρ further up', async () => {
    const w = await start();
    const [found] = await slopes([sam(0.3)]);
    expect(found).toBeCloseTo(w - 0.1 * 5 * (w + 0.3 * Math.sign(w)), 5);
  });

  it('asam goes as far as T² says', async () => {
    const w = await start();
    const reach = Math.abs(w) + 0.05;
    const [found] = await slopes([asam(0.3, { eta: 0.05 })]);
    expect(found).toBeCloseTo(w - 0.1 * 5 * (w + 0.3 * reach * Math.sign(w)), 5);
  });

  it('stays where the gradient is 0, and reports the loss at the weights themselves', async () => {
    const flat = await fit(
      sequential([dense(1, { bias: false })]),
      { x: tensor(new Float32Array(4), [4, 1]), y: [1, 1, 1, 1] },
      { loss: meanSquaredError(), epochs: 1, standardize: false, progress: false, tricks: [sam(0.1)] },
    );
    expect(weightsOf(flat).every(Number.isFinite)).toBe(true);
    expect((await line([sam(0.3)])).history[0]?.loss).toBe((await line([])).history[0]?.loss);
  });

  it('refuses to stand beside asam', async () => {
    await expect(rejection(run({ tricks: [sam(), asam()] }))).resolves.toMatchObject({
      message: expect.stringContaining('sam and asam clash: both set the place of the gradient'),
    });
  });
});

describe('penalties', () => {
  it('l2 is the weight decay of sgd', async () => {
    const [penalty, decay] = [
      weightsOf(await run({ tricks: [l2(0.01)] })),
      weightsOf(await run({ optimizer: sgd({ learningRate: 0.2, weightDecay: 0.01 }) })),
    ];
    penalty.forEach((value, i) => {
      expect(value).toBeCloseTo(decay[i] as number, 5);
    });
  });

  it('l1 moves a weight by the rate, toward 0', async () => {
    const w = await start();
    const [found] = await slopes([l1(0.2)]);
    expect(found).toBeCloseTo(w - 0.1 * (5 * w + 0.2 * Math.sign(w)), 5);
  });

  it('spare the leaves that are not meant', async () => {
    const biases = (one: Run) =>
      [...one.parameters].filter(([path]) => path.endsWith('bias')).map(([, { data: b }]) => b);
    const first = { epochs: 1, batchSize: 48 };
    expect(biases(await run({ ...first, tricks: [l2(5, { of: 'matrices' })] }))).toEqual(biases(await run(first)));
    await expect(rejection(run({ ...first, tricks: [l2(5, { of: /never/ })] }))).resolves.toMatchObject({
      message: expect.stringContaining('l2.of: none of the trained leaves is meant'),
    });
  });
});

describe('labelSmoothing', () => {
  it('is the option of crossEntropy while training', async () => {
    const [trick, option] = [
      await run({ tricks: [labelSmoothing(0.2)] }),
      await run({ loss: crossEntropy({ labelSmoothing: 0.2 }) }),
    ];
    expect(weightsOf(trick)).toEqual(weightsOf(option));
  });

  it('refuses other losses, and to smooth twice', async () => {
    await expect(
      rejection(run({ loss: crossEntropy({ labelSmoothing: 0.1 }), tricks: [labelSmoothing(0.2)] })),
    ).resolves.toMatchObject({ message: expect.stringContaining('smooths already, by 0.1') });
    await expect(rejection(line([labelSmoothing(0.2)]))).resolves.toMatchObject({
      message: expect.stringContaining('expected the loss crossEntropy(), got meanSquaredError'),
    });
  });
});

describe('transforms as tricks', () => {
  const inner = sgd({ learningRate: 0.2 });
  it.each([
    ['ema', ema(0.8), chain(inner, weightEma(0.8))],
    ['swa', swa({ from: 2, every: 2 }), chain(inner, weightAverage({ from: 2, every: 2 }))],
    ['lookahead', lookahead({ every: 2, share: 0.3 }), lookaheadAround(inner, { every: 2, share: 0.3 })],
    ['accumulate', accumulate(3), accumulate(3, inner)],
  ] as const)('%s is the optimizer it stands for', async (_, trick, optimizer) => {
    const found = weightsOf(await run({ tricks: [trick] }));
    expect(found).toEqual(weightsOf(await run({ optimizer })));
    expect(found).not.toEqual(weightsOf(await run()));
  });

  it('accumulate is one step of the whole', async () => {
    const [parts, whole] = [
      weightsOf(await run({ shuffle: false, tricks: [accumulate(3)] })),
      weightsOf(await run({ shuffle: false, batchSize: 48 })),
    ];
    parts.forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i] as number, 5);
    });
  });

  it('lookahead takes an optimizer, as before', async () => {
    expect(weightsOf(await run({ optimizer: lookahead(adam(), { every: 2 }) }))).toEqual(
      weightsOf(await run({ optimizer: lookaheadAround(adam(), { every: 2 }) })),
    );
  });

  it('refuse an order in which an average would count what is not there', async () => {
    await expect(rejection(run({ tricks: [ema(0.9), maxNorm(1)] }))).resolves.toMatchObject({
      message: expect.stringContaining('put the average behind it'),
    });
    await expect(rejection(run({ tricks: [ema(0.9), swa({ from: 0 })] }))).resolves.toMatchObject({
      message: expect.stringContaining('ema and swa clash: both set the weights of evaluation'),
    });
  });
});

describe('maxNorm', () => {
  it('keeps every column within the limit, and changes nothing below it', async () => {
    const columns = (one: Run): number[] =>
      [...one.parameters].flatMap(([, { data: leaf, shape }]) => {
        const units = shape.at(-1) as number;
        return shape.length < 2
          ? []
          : Array.from({ length: units }, (_, unit) => Math.hypot(...leaf.filter((_, i) => i % units === unit)));
      });
    const limited = columns(await run({ tricks: [maxNorm(0.5)] }));
    expect(Math.max(...limited)).toBeLessThan(0.5 * (1 + 1e-5));
    expect(Math.max(...columns(await run()))).toBeGreaterThan(0.6);
    const [far, none] = [weightsOf(await run({ tricks: [maxNorm(100)] })), weightsOf(await run())];
    far.forEach((value, i) => {
      expect(value).toBeCloseTo(none[i] as number, 6);
    });
  });
});

describe('gradientNoise', () => {
  it('has the variance η / (1 + t)^γ', () => {
    const { scalars } = gradientNoise(0.3, { gamma: 0.55 });
    expect(scalars?.(0, 1)[0]).toBeCloseTo(Math.sqrt(0.3), 12);
    expect(scalars?.(99, 1)[0]).toBeCloseTo(Math.sqrt(0.3 / 100 ** 0.55), 12);
  });

  it('is added to the gradient', async () => {
    const width = 4000;
    const noisy = await fit(
      sequential([dense(1, { bias: false })]),
      { x: tensor(new Float32Array(width), [1, width]), y: [0] },
      {
        ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate: 1 }), epochs: 1, batchSize: 1 },
        ...{ standardize: false, progress: false, tricks: [gradientNoise(0.25)] },
      },
    );
    const still = await fit(
      sequential([dense(1, { bias: false })]),
      { x: tensor(new Float32Array(width), [1, width]), y: [0] },
      { loss: meanSquaredError(), optimizer: sgd(), epochs: 1, batchSize: 1, standardize: false, progress: false },
    );
    const before = weightsOf(still);
    const noise = weightsOf(noisy).map((value, i) => value - (before[i] as number));
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value ** 2, 0) / width);
    expect(Math.abs(deviation - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(2 * width));
  });
});

describe('reestimateStatistics', () => {
  const normalized = () => sequential([dense(6), batchNorm(), dense(3)]);
  const options = { loss: crossEntropy(), epochs: 3, batchSize: 16, progress: false } as const;

  it('takes the statistics of the weights that evaluation reads', async () => {
    const averaged = await fit(normalized(), data, { ...options, tricks: [ema(0.9)] });
    const renewed = await reestimateStatistics(averaged, data, { batchSize: 48 });
    const kernel = averaged.parameters.get('0/kernel')?.data as Float32Array;
    const bias = averaged.parameters.get('0/bias')?.data as Float32Array;
    // By hand: the columns standardized, times the kernel.
    const columns = [0, 1].map((j) => data.x.map((row) => row[j] as number));
    const scaled = columns.map((column) => {
      const mean = column.reduce((a, b) => a + b, 0) / 48;
      const deviation = Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / 48);
      return column.map((value) => (value - mean) / deviation);
    });
    for (let unit = 0; unit < 6; unit++) {
      const outputs = data.x.map(
        (_, i) =>
          (scaled[0]?.[i] as number) * (kernel[unit] as number) +
          (scaled[1]?.[i] as number) * (kernel[6 + unit] as number) +
          (bias[unit] as number),
      );
      const mean = outputs.reduce((a, b) => a + b, 0) / 48;
      const variance = outputs.reduce((a, b) => a + (b - mean) ** 2, 0) / 48;
      expect(renewed.parameters.get('1/mean')?.data[unit]).toBeCloseTo(mean, 4);
      expect(renewed.parameters.get('1/variance')?.data[unit]).toBeCloseTo(variance, 4);
    }
    expect(renewed.parameters.get('1/gamma')).toEqual(averaged.parameters.get('1/gamma'));
    expect(renewed.parameters.get('1/mean')).not.toEqual(averaged.parameters.get('1/mean'));
  });

  it('refuses a model without any, and batches of no size', async () => {
    const plain = await run();
    await expect(rejection(reestimateStatistics(plain, data))).resolves.toMatchObject({
      message: expect.stringContaining('the model has no batch normalization'),
    });
    await expect(rejection(reestimateStatistics(plain, data, { batchSize: 0 }))).resolves.toMatchObject({
      message: expect.stringContaining('reestimateStatistics.batchSize'),
    });
  });
});
