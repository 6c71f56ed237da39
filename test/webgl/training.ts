/** @file Training on the device 'webgl', whatever stands behind it: against the same run on WebAssembly. */
import {
  accuracy,
  activation,
  adam,
  averagePool2d,
  batchNorm,
  type Checkpoint,
  compile,
  conv2d,
  crossEntropy,
  type DivergenceError,
  dense,
  dropout,
  embedding,
  fit,
  flatten,
  hvp,
  lazyAdam,
  lstm,
  maxPool2d,
  meanSquaredError,
  normal,
  randomUniform,
  sequential,
  sgd,
  sum,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds, line, rejection, spread } from '../train/examples.ts';
import { bitsOf, ring, smallGan } from '../train/games.ts';
import { resumable } from '../train/resumable.ts';

interface Trained {
  readonly parameters: ReadonlyMap<string, { readonly data: ArrayLike<number> }>;
}

const numbersOf = ({ parameters }: Trained): number[] =>
  [...parameters.values()].flatMap(({ data }) => Array.from(data));

/**
 * Both run the same steps on the same rows with the same random numbers; sums are taken in another order, so that a gradient
 * differs by some 10⁻⁶ of itself, and after some twenty steps of Adam a weight by as much as a step of 10⁻² turns it.
 */
function expectNear(actual: readonly number[], expected: readonly number[], within = 2e-3): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] as number))));
  expect(largest).toBeLessThan(within);
}

const both = async <R>(train: (device: 'webgl' | 'wasm') => Promise<R>): Promise<[R, R]> => [
  await train('webgl'),
  await train('wasm'),
];

const images = (rows: number) => ({
  x: tensor(
    Uint8Array.from({ length: rows * 64 }, (_, i) => Math.floor(spread(i, 0) * 256)),
    [rows, 8, 8, 1],
  ),
  y: Int32Array.from({ length: rows }, (_, i) => i % 3),
});

/** Runs that cost one or two small programs each. */
export function trainingOnWebgl(): void {
  it('trains a classifier with dropout as WebAssembly does, evaluates and predicts', async () => {
    const model = () => sequential([dense(8, { activation: 'relu' }), dropout(0.25), dense(3)]);
    const options = { loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 0.02 }) };
    const more = { ...options, epochs: 4, batchSize: 20, validation: 0.2, seed: 1, progress: false } as const;
    const [run, expected] = await both((device) => fit(model(), clouds(100), { ...more, device }));
    expect(run.device).toMatchObject({ name: 'webgl', reason: 'asked for', build: 'tfjs' });
    expectNear(numbersOf(run), numbersOf(expected));
    expectNear(
      run.history.flatMap(({ loss, validation }) => [loss, validation?.loss as number]),
      expected.history.flatMap(({ loss, validation }) => [loss, validation?.loss as number]),
    );
    const [measured, wanted] = [await run.evaluate(clouds(60)), await expected.evaluate(clouds(60))];
    expectNear([measured.loss, measured.accuracy], [wanted.loss, wanted.accuracy]);
    expect(await run.predict([4.5, 0.5], { device: 'webgl' })).toMatchObject({ label: '1' });
  });

  it('trains convolutions, pooling and batch normalization, whose statistics are kept (case 25)', async () => {
    const model = () =>
      sequential([
        conv2d(4, 3, { bias: false }),
        batchNorm(),
        activation('relu'),
        maxPool2d(2),
        conv2d(4, 2, { activation: 'relu', padding: 'same' }),
        averagePool2d(3),
        flatten(),
        dense(3),
      ]);
    const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 3e-3 }), seed: 3, progress: false };
    const [run, expected] = await both((device) =>
      fit(model(), images(32), { ...options, epochs: 2, batchSize: 16, device }),
    );
    expect([...run.parameters.keys()]).toEqual([...expected.parameters.keys()]);
    expectNear(numbersOf(run), numbersOf(expected));
  });

  it.each([
    ['sgd', sgd({ learningRate: 0.2 })],
    ['lazyAdam', lazyAdam({ learningRate: 0.02 })],
  ] as const)('trains the rows of an embedding by %s', async (_, optimizer) => {
    const model = () => sequential([embedding(20, 4, { initializer: randomUniform(0.5) }), flatten(), dense(2)]);
    const ids = Int32Array.from({ length: 40 * 3 }, (_id, i) => Math.floor(spread(i, 1) * 20));
    const data = { x: tensor(ids, [40, 3]), y: Int32Array.from({ length: 40 }, (_row, i) => i % 2) };
    const options = { loss: crossEntropy(), optimizer, epochs: 2, batchSize: 10, seed: 2, progress: false };
    const [run, expected] = await both((device) => fit(model(), data, { ...options, device }));
    expectNear(numbersOf(run), numbersOf(expected));
  });

  it('trains a recurrent layer, turn by turn', async () => {
    const x = tensor(
      Float32Array.from({ length: 24 * 4 * 2 }, (_, i) => spread(i, 2)),
      [24, 4, 2],
    );
    const y = Float32Array.from({ length: 24 }, (_, i) => spread(i, 3));
    const options = { loss: meanSquaredError(), epochs: 2, batchSize: 12, seed: 2, progress: false };
    const [run, expected] = await both((device) =>
      fit(sequential([lstm(3), dense(1)]), { x, y }, { ...options, device }),
    );
    expectNear(numbersOf(run), numbersOf(expected));
  });

  it('plays the Wasserstein game with gradient penalty, a critic of two turns and a generator', async () => {
    const options = { inputs: { z: normal([2]) }, epochs: 1, batchSize: 16, seed: 4, progress: false };
    const [run, expected] = await both((device) => fit(smallGan(2), ring(48), { ...options, device }));
    expectNear(bitsOf(run), bitsOf(expected));
  });

  it('goes on from a checkpoint as if it had not been interrupted', async () => {
    const device = 'webgl';
    const half = (await resumable({ epochs: 2, resumable: true, device })).checkpoint() as Checkpoint;
    const rest = await resumable({ epochs: 3, resume: half, device });
    // The same kernels on the same numbers.
    expect(numbersOf(rest)).toEqual(numbersOf(await resumable({ epochs: 3, device })));
  });

  describe('stops', () => {
    const raw = {
      loss: meanSquaredError(),
      batchSize: 24,
      standardize: false,
      progress: false,
      device: 'webgl',
    } as const;

    it('case 04: where the loss diverges, with the step, the op and the last good parameters', async () => {
      const model = () => sequential([dense(1, { kernelInitializer: zeros() })]);
      const options = { ...raw, optimizer: sgd({ learningRate: 0.01 }) };
      const error = (await rejection(fit(model(), line(24), { ...options, epochs: 100 }))) as DivergenceError;
      expect(error).toMatchObject({ name: 'DivergenceError', code: 'divergence' });
      expect(Math.abs(error.step - 37)).toBeLessThanOrEqual(1);
      // Sums are taken in singles here, and may overflow before their terms do.
      expect(['square', 'mean']).toContain(error.instruction.op);
      expect(error.instruction.value).toBe(Number.POSITIVE_INFINITY);
      const upToThere = await fit(model(), line(24), { ...options, epochs: error.step });
      expect(numbersOf(error.run)).toEqual(numbersOf(upToThere));
    });

    it('case 05: D7: at an id outside a table, with its layer', async () => {
      const model = sequential([embedding(4, 2), flatten()]);
      const y = [0, 1, 2, 3].map(() => [1, 1]);
      const options = { ...raw, shuffle: false, epochs: 1, batchSize: 2, optimizer: sgd({ learningRate: 0.5 }) };
      const said = async (x: unknown) => (await rejection(fit(model, { x, y } as never, options))).message;
      expect(await said(tensor(Int32Array.of(0, 3, 1, 4), [4, 1]))).toContain(
        "gather: index 4 at position 1 is outside 0 … 3 (in layer '0')",
      );
      for (const bad of [-1, 1.5])
        expect(await said([[0], [bad], [1], [2]])).toContain('gather: index -1 at position 1 is outside 0 … 3');
    });
  });

  it('case 24: the second derivative of tanh is there', async () => {
    const second = await compile((p: Tensor, v: Tensor) => hvp((q: Tensor) => sum(tanh(q)), p, v), { device: 'webgl' })(
      [0.5, 1.5],
      [1, 1],
    );
    expect(second.data[0]).toBeCloseTo(-0.726862, 5);
    expect(second.data[1]).toBeCloseTo(-0.3271326, 5);
  });
}
