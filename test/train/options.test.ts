import {
  accuracy,
  adam,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  type Metric,
  meanAbsoluteError,
  meanSquaredError,
  sequential,
  sgd,
  zeros,
} from 'saddlepoint';
import { describe, expect, it, vi } from 'vitest';
import { classes, classifier, clouds, identity, rejection, still, weightsOf } from './examples.ts';

const quiet = { loss: crossEntropy(), progress: false };

describe('D9: an option outside its legal values', () => {
  it.each<[what: string, options: object | undefined, message: string, help?: string]>([
    ['epochs 0', { epochs: 0 }, 'fit: epochs: expected an integer ≥ 1, got 0'],
    ['epochs 2.5', { epochs: 2.5 }, 'fit: epochs: expected an integer ≥ 1, got 2.5'],
    ['infinite epochs', { epochs: Number.POSITIVE_INFINITY }, 'fit: epochs: expected an integer ≥ 1, got Infinity'],
    ['epochs as text', { epochs: '5' }, "fit: epochs: expected an integer ≥ 1, got '5'"],
    ['batchSize 0', { batchSize: 0 }, 'fit: batchSize: expected an integer ≥ 1, got 0'],
    ['batchSize −1', { batchSize: -1 }, 'fit: batchSize: expected an integer ≥ 1, got -1'],
    ['batchSize 2.5', { batchSize: 2.5 }, 'fit: batchSize: expected an integer ≥ 1, got 2.5'],
    ['batchSize NaN', { batchSize: Number.NaN }, 'fit: batchSize: expected an integer ≥ 1, got NaN'],
    ['seed −1', { seed: -1 }, 'fit: seed: expected an integer ≥ 0 and ≤ 4294967295, got -1'],
    ['seed 1.5', { seed: 1.5 }, 'fit: seed: expected an integer ≥ 0 and ≤ 4294967295, got 1.5'],
    ['seed 2^32', { seed: 2 ** 32 }, 'fit: seed: expected an integer ≥ 0 and ≤ 4294967295, got 4294967296'],
    ['validation 1.5', { validation: 1.5 }, 'fit: validation: expected a finite number > 0 and < 1, got 1.5'],
    [
      'an unknown split',
      { split: 'tme' },
      "fit: split: unknown value 'tme'",
      "did you mean 'time'? legal: shuffle, time",
    ],
    [
      'an unknown device',
      { device: 'cuda' },
      "fit: device: unknown value 'cuda'",
      'legal: auto, wasm, webgl, webgpu, reference',
    ],
    ['a memory limit of 0', { memoryLimit: 0 }, 'fit: memoryLimit: expected a finite number ≥ 1, got 0'],
    ['shuffle as text', { shuffle: 'no' }, "fit: shuffle: expected true or false, got 'no'"],
    ['standardize as a number', { standardize: 1 }, 'fit: standardize: expected true or false, got 1'],
    ['progress as text', { progress: 'bar' }, "fit: progress: expected true or false, or 'auto', got 'bar'"],
    ['a signal that is none', { signal: {} }, 'fit: signal: expected an AbortSignal, got {  }'],
    [
      'a misspelt name',
      { epoch: 3 },
      "fit: unknown option 'epoch'",
      "did you mean 'epochs'? legal: loss, optimizer, metrics,",
    ],
    ['a name of a peer', { batch_size: 8 }, "fit: unknown option 'batch_size'", 'batchSize'],
    [
      'a loss by name',
      { loss: 'crossEntropy' },
      "fit: loss: expected a loss, got 'crossEntropy'",
      'for example { loss: crossEntropy() }',
    ],
    ['a loss not called', { loss: crossEntropy }, 'fit: loss: expected a loss, got function crossEntropy'],
    ['no loss', { loss: undefined }, 'fit: loss: expected a loss, got undefined'],
    [
      'an optimizer not called',
      { optimizer: adam },
      'fit: optimizer: expected an optimizer, got function adam',
      'call the factory: { optimizer: adam() }',
    ],
    ['an optimizer by name', { optimizer: 'adam' }, "fit: optimizer: expected an optimizer, got 'adam'"],
    [
      'a metric outside a list',
      { metrics: accuracy() },
      'fit: metrics: expected a list, got { name, targets, call }',
      'for example { metrics: [accuracy()] }',
    ],
    [
      'a metric not called',
      { metrics: [accuracy] },
      'fit: metrics: element 0 is no metric: function accuracy',
      'call the factory: [accuracy()], not [accuracy]',
    ],
    ['a metric by name', { metrics: ['accuracy'] }, "fit: metrics: element 0 is no metric: 'accuracy'"],
    [
      'two metrics of one name',
      { metrics: [accuracy(), accuracy()] },
      "fit: metrics: the name 'accuracy' is taken",
      'each metric needs a name of its own',
    ],
    ['a metric called loss', { metrics: [{ ...accuracy(), name: 'loss' }] }, "fit: metrics: the name 'loss' is taken"],
    [
      'a metric called epoch',
      { metrics: [{ ...accuracy(), name: 'epoch' }] },
      "fit: metrics: the name 'epoch' is taken",
    ],
  ])('%s is refused by name and value', async (_, options, message, help) => {
    const error = await rejection(fit(classifier(), clouds(30), { ...quiet, ...options } as never));
    expect(error.message.split('\n')[0]).toBe(message);
    expect(error.code).toBe('option');
    if (help !== undefined) expect(error.help).toContain(help);
  });

  it.each([undefined, null, 5])('options that are %s are refused', async (options) => {
    expect((await rejection(fit(classifier(), clouds(3), options as never))).message).toMatch(
      new RegExp(`^fit: expected options, got ${options}\n.*at least \\{ loss \\}`),
    );
  });

  it.each<[what: string, model: unknown, message: string]>([
    ['nothing', undefined, 'fit: expected a layer or a trained model, got undefined'],
    ['a list of layers', [dense(3)], 'fit: expected a layer or a trained model, got [{ type, options, call }]'],
    ['a factory', dense, 'fit: expected a layer or a trained model, got function dense'],
  ])('%s for a model is refused', async (_, model, message) => {
    const error = await rejection(fit(model as never, clouds(3), quiet));
    expect(error.message.split('\n')[0]).toBe(message);
    expect(error.help).toContain('sequential([dense(');
  });

  it('is refused before the data are read', async () => {
    const data = {
      get x(): never {
        throw new Error('x was read');
      },
      y: [],
    };
    expect((await rejection(fit(classifier(), data, { ...quiet, batchSize: 0 }))).message).toMatch(/^fit: batchSize/);
  });
});

describe('options that are left out or undefined', () => {
  it('have their defaults: ten epochs in batches of 32 by Adam, seed 0', async () => {
    const data = clouds(70);
    const run = await fit(classifier(), data, { loss: crossEntropy() });
    expect(run).toMatchObject({ steps: 30, ending: 'completed' });
    const spelled: FitOptions = {
      loss: crossEntropy(),
      ...{ epochs: 10, batchSize: 32, optimizer: adam({ learningRate: 1e-3 }), metrics: [], seed: 0 },
      ...{ device: 'auto', shuffle: true, split: 'shuffle', standardize: true, progress: 'auto' },
    };
    expect(weightsOf(await fit(classifier(), data, spelled))).toEqual(weightsOf(run));
    const absent = { epochs: undefined, signal: undefined, validation: undefined, memoryLimit: undefined };
    expect(weightsOf(await fit(classifier(), data, { loss: crossEntropy(), ...(absent as object) }))).toEqual(
      weightsOf(run),
    );
  });
});

describe('memoryLimit', () => {
  it('G6: refuses a run before it begins, and names the largest users', async () => {
    const x = new Float32Array(1000 * 1000);
    const y = Array.from({ length: 1000 }, (_, i) => i % 3);
    const error = await rejection(fit(classifier(), { x, y }, { ...classes, memoryLimit: 2 ** 20 }));
    expect(error.code).toBe('memory');
    expect(error.message).toMatch(/^the run needs \d+\.\d MiB, the limit is 1\.0 MiB; the largest users: x 3\.8 MiB, /);
  });
});

describe('progress', () => {
  const linesOf = async (progress: boolean | 'auto'): Promise<string[]> => {
    const written: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    try {
      await fit(classifier(), clouds(30), { ...classes, epochs: 2, validation: 0.2, progress });
    } finally {
      spy.mockRestore();
    }
    return written;
  };

  it('off writes nothing, and auto nothing where there is no terminal', async () => {
    expect(await linesOf(false)).toEqual([]);
    expect(await linesOf('auto')).toEqual([]);
  });

  it('on writes a line an epoch where there is no terminal', async () => {
    const pattern = (epoch: number) =>
      expect.stringMatching(
        new RegExp(
          `^epoch ${epoch}/2  loss \\d\\.\\d{4}  accuracy [01]\\.\\d{4}  validation: loss \\d\\.\\d{4}  accuracy [01]\\.\\d{4}  \\(\\d+\\.\\d s\\)\n$`,
        ),
      );
    expect(await linesOf(true)).toEqual([pattern(1), pattern(2)]);
  });

  it('gives very small and very large numbers with four digits', async () => {
    const lines: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    const metric: Metric<'tiny'> = { name: 'tiny', call: meanAbsoluteError().call };
    const data = { x: [[0]], y: [1.5e-5] };
    await fit(identity(), data, { ...still, loss: meanAbsoluteError(), metrics: [metric], progress: true });
    await fit(identity(), { x: [[2e7]], y: [0] }, { ...still, loss: meanAbsoluteError(), progress: true });
    spy.mockRestore();
    expect(lines[0]).toMatch(/^epoch 1\/1 {2}loss 0\.00001500 {2}tiny 0\.00001500 {2}\(/);
    expect(lines[1]).toMatch(/^epoch 1\/1 {2}loss 2\.000e\+7 {2}\(/);
  });
});

describe('shuffle', () => {
  it('off takes the rows as they come, on takes them in another order each epoch', async () => {
    // One row a step: the last step's row decides a bias trained at rate 0.5.
    const model = () => sequential([dense(1, { kernelInitializer: zeros() })]);
    const data = { x: Array.from({ length: 50 }, () => [0]), y: Array.from({ length: 50 }, (_, i) => i) };
    const options = {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.5 }),
      batchSize: 1,
      epochs: 1,
      standardize: false,
      progress: false,
    };
    const last = async (shuffle: boolean, epochs: number) =>
      (await fit(model(), data, { ...options, shuffle, epochs })).parameters.get('0/bias')?.data[0];
    expect(await last(false, 1)).toBe(49);
    const ends = await Promise.all([1, 2, 3, 4].map((epochs) => last(true, epochs)));
    expect(new Set(ends).size).toBeGreaterThan(1);
  });
});
