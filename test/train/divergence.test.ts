import {
  adam,
  chain,
  clipByGlobalNorm,
  crossEntropy,
  type DivergenceError,
  dense,
  fit,
  type Loss,
  loadModel,
  log,
  mean,
  meanSquaredError,
  mul,
  type Run,
  relu,
  sequential,
  sgd,
  sub,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, clouds, line, rejection, weightsOf } from './examples.ts';

const fromZero = () => sequential([dense(1, { kernelInitializer: zeros() })]);
/** Full batches, no scaling. */
const raw = { loss: meanSquaredError(), batchSize: 24, standardize: false, progress: false } as const;

const diverged = async (promise: Promise<unknown>): Promise<DivergenceError> =>
  (await rejection(promise)) as DivergenceError;

describe('case 04: a straight line on small integers', () => {
  it('case 04: D3: a, learns with all defaults', async () => {
    const run = await fit(sequential([dense(1)]), line(24), { loss: meanSquaredError(), epochs: 1000 });
    expect(run.history.at(-1)?.loss).toBeLessThan(1e-3);
    expect(Math.abs(((await run.predict([30])) as number) - 32)).toBeLessThan(0.1);
  });

  it.each(['wasm', 'reference'] as const)(
    'case 04: T1: b, stops when rate and scale do not fit, with the step, the cause and the last good parameters (%s)',
    async (device) => {
      const options = { ...raw, device, optimizer: sgd({ learningRate: 0.01 }), epochs: 100 };
      const error = await diverged(fit(fromZero(), line(24), options));
      expect(error).toMatchObject({ name: 'DivergenceError', code: 'divergence' });
      expect(Math.abs(error.step - 37)).toBeLessThanOrEqual(1);
      // An epoch is one step.
      expect(error.epoch).toBe(error.step + 1);
      expect(error.run.history[0]?.loss).toBeCloseTo(258.1667, 3);
      expect(error.run.history).toHaveLength(error.step);
      expect(error.lastLoss).toBe(error.run.history.at(-1)?.loss);
      expect(Number.isFinite(error.lastLoss)).toBe(true);
      expect(error.instruction).toMatchObject({ op: 'square', path: '' });
      expect(error.instruction.value).toBe(Number.POSITIVE_INFINITY);
      expect(error.message).toContain(`training diverged at step ${error.step} (epoch ${error.epoch})`);
      expect(error.message).toContain('Likely cause: learning rate / scale');
      expect(error.help).toContain('lower the learning rate');
    },
  );

  it('case 04: T1: b, the last good parameters are those before the failing step, and can be used', async () => {
    const options = { ...raw, optimizer: sgd({ learningRate: 0.01 }) };
    const error = await diverged(fit(fromZero(), line(24), { ...options, epochs: 100 }));
    const upToThere = await fit(fromZero(), line(24), { ...options, epochs: error.step });
    expect(weightsOf(error.run)).toEqual(weightsOf(upToThere));
    expect(weightsOf(error.run).every(Number.isFinite)).toBe(true);
    expect(error.run).toMatchObject({ ending: 'diverged', steps: error.step });
    const answer = (await error.run.predict([30])) as number;
    expect(Number.isFinite(answer)).toBe(true);
    const chunks: Uint8Array[] = [];
    await error.run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    expect(await (await loadModel(new Blob(chunks as BlobPart[]))).predict([30])).toBe(answer);
  });

  it('case 04: b, is stable only below the rate 2 / 409.866', async () => {
    const lastLoss = async (learningRate: number) =>
      (await fit(fromZero(), line(24), { ...raw, optimizer: sgd({ learningRate }), epochs: 3000 })).history.at(-1)
        ?.loss;
    expect(await lastLoss(0.99 * (2 / 409.866))).toBeLessThan(1);
    expect(await lastLoss(1.0002 * (2 / 409.866))).toBeGreaterThan(300);
  });

  it('case 04: c, reaches w = 1 and b = 2 in 20,000 steps at 0.004', async () => {
    const run = await fit(fromZero(), line(24), { ...raw, optimizer: sgd({ learningRate: 0.004 }), epochs: 20_000 });
    expect(run.steps).toBe(20_000);
    expect(run.parameters.get('0/kernel')?.data[0]).toBeCloseTo(1, 3);
    expect(run.parameters.get('0/bias')?.data[0]).toBeCloseTo(2, 3);
  });
});

describe('a run that diverges', () => {
  it('names the layer and the op that went wrong first', async () => {
    const huge = { x: clouds(12).x.map((row) => row.map((value) => value * 1e30)), y: clouds(12).y };
    const model = sequential([dense(4, { name: 'first' }), dense(3, { name: 'second' })]);
    const options = { ...classes, optimizer: sgd({ learningRate: 1e9 }), standardize: false, epochs: 50 };
    const error = await diverged(fit(model, huge, options));
    expect(error.instruction.path).toMatch(/^(first|second)$/);
    expect(error.message).toMatch(/, from (matmul|linear|add) in layer '(first|second)'/);
  });

  it('says that a logarithm left its domain, not that the rate is wrong', async () => {
    const loss: Loss = {
      ...meanSquaredError(),
      name: 'logarithmic',
      call: (prediction, target) => mean(mul(log(prediction), sub(prediction, target)), 1),
    };
    const error = await diverged(fit(fromZero(), { x: [[1]], y: [1] }, { ...raw, loss }));
    expect(error).toMatchObject({ step: 0, epoch: 1, lastLoss: Number.NaN });
    expect(error.instruction.op).toBe('log');
    expect(error.message).toMatch(/no loss was finite before\. Likely cause: log outside its domain/);
    expect(error.help).toMatch(/add a small epsilon/);
    expect(error.run.bestEpoch).toBe(0);
  });

  it('T2: is not hidden by relu: NaN comes through to the guard', async () => {
    const loss: Loss = {
      ...meanSquaredError(),
      call: (prediction, target) => relu(mean(mul(log(sub(prediction, 1)), sub(prediction, target)), 1)),
    };
    expect((await diverged(fit(fromZero(), { x: [[1]], y: [1] }, { ...raw, loss }))).instruction.op).toBe('log');
  });

  it('stops in the middle of a call of many steps at the very step', async () => {
    const options = { ...raw, optimizer: sgd({ learningRate: 0.01 }), batchSize: 6, shuffle: false };
    const errors = await Promise.all(
      [1, 2].map((epochs) => diverged(fit(fromZero(), line(24), { ...options, epochs: epochs * 100 }))),
    );
    expect(errors[0]?.step).toBe(errors[1]?.step);
    expect(errors[0]?.run.steps).toBe(errors[0]?.step);
    expect(weightsOf(errors[0]?.run as Run)).toEqual(weightsOf(errors[1]?.run as Run));
  });

  it('is cured by clipping, and by scaling', async () => {
    const optimizer = chain(clipByGlobalNorm(1), sgd({ learningRate: 0.01 }));
    const clipped = await fit(fromZero(), line(24), { ...raw, optimizer, epochs: 500 });
    expect(clipped.history.at(-1)?.loss).toBeLessThan(30);
    const scaled = await fit(fromZero(), line(24), {
      ...raw,
      standardize: true,
      optimizer: sgd({ learningRate: 0.01 }),
      epochs: 500,
    });
    expect(scaled.history.at(-1)?.loss).toBeLessThan(1);
  });

  it('can be followed by another on the same model', async () => {
    await diverged(fit(fromZero(), line(24), { ...raw, optimizer: sgd({ learningRate: 1 }), epochs: 100 }));
    const run = await fit(fromZero(), line(24), { ...raw, optimizer: adam({ learningRate: 0.1 }), epochs: 500 });
    expect(run.ending).toBe('completed');
  });

  it('with large logits does not diverge at all: cross-entropy stays finite', async () => {
    const data = {
      x: [
        [1e6, 0],
        [0, 1e6],
      ],
      y: [1, 0],
    };
    const model = sequential([dense(2, { bias: false })]);
    const run = await fit(model, data, {
      ...raw,
      loss: crossEntropy(),
      batchSize: 2,
      optimizer: sgd({ learningRate: 0.1 }),
      epochs: 20,
    });
    expect(run.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});
