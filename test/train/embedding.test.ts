/** @file Embeddings trained by rows, against the whole table's gradient, against loops written out here, and within their memory. */
import {
  adagrad,
  adam,
  cast,
  chain,
  clipByGlobalNorm,
  clipByValue,
  concat,
  crossEntropy,
  dense,
  embedding,
  fit,
  flatten,
  gather,
  gatherDot,
  gatherSum,
  type Layer,
  layer,
  lazyAdam,
  loadModel,
  matmul,
  mean,
  meanSquaredError,
  mul,
  type Run,
  randomUniform,
  reshape,
  sequential,
  sgd,
  slice,
  type Tensor,
  type Transform,
  tanh,
  tensor,
  transpose,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { lines, spread, weightsOf } from './examples.ts';

/** Three ids a row of a vocabulary of `size`, of which some occur often and most never, and a class that depends on the first. */
function sentences(rows: number, size: number): { x: ReturnType<typeof tensor>; y: number[] } {
  const ids = Int32Array.from({ length: rows * 3 }, (_, i) => Math.floor(spread(i, 1) ** 3 * size));
  return { x: tensor(ids, [rows, 3]), y: Array.from({ length: rows }, (_, i) => (ids[i * 3] as number) % 2) };
}

const quiet = { loss: crossEntropy(), epochs: 3, batchSize: 16, progress: false } as const;
const reader = (rows: boolean, size = 50) =>
  sequential([embedding(size, 5, { rows, initializer: randomUniform(0.5) }), flatten(), dense(2)]);

/** The largest difference between the parameters of two runs. */
function difference(a: Pick<Run, 'parameters'>, b: Pick<Run, 'parameters'>): number {
  const [x, y] = [weightsOf(a), weightsOf(b)];
  expect(x).toHaveLength(y.length);
  return Math.max(...x.map((value, i) => Math.abs(value - (y[i] as number))));
}

describe('a table trained by rows', () => {
  /** Sums of one row's gradients run in the same order either way; what is left is the order within fused instructions. */
  const optimizers: readonly [string, () => Transform][] = [
    ['sgd', () => sgd({ learningRate: 0.3 })],
    ['adagrad', () => adagrad({ learningRate: 0.1 })],
    ['adagrad with a start', () => adagrad({ learningRate: 0.1, initialAccumulator: 0.1 })],
    ['clipped sgd', () => chain(clipByGlobalNorm(0.05), sgd({ learningRate: 0.3 }))],
  ];

  it.each(optimizers)('ends with %s where the whole table does', async (_, optimizer) => {
    const data = sentences(60, 50);
    const run = (rows: boolean) => fit(reader(rows), data, { ...quiet, optimizer: optimizer() });
    const [byRows, whole] = await Promise.all([run(true), run(false)]);
    expect(byRows.parameters.get('0/table')?.kind).toBe('rows');
    expect(whole.parameters.get('0/table')?.kind).toBe('trainable');
    expect(difference(byRows, whole)).toBeLessThan(1e-6);
    const start = await fit(reader(true), data, { ...quiet, epochs: 1, optimizer: sgd({ learningRate: 0 }) });
    expect(difference(byRows, start)).toBeGreaterThan(0.01);
  });

  it.each(optimizers)('is trained by %s on the reference backend as on WebAssembly', async (_, optimizer) => {
    const run = (device: 'wasm' | 'reference') =>
      fit(reader(true), sentences(60, 50), { ...quiet, optimizer: optimizer(), device });
    expect(difference(await run('wasm'), await run('reference'))).toBeLessThan(1e-5);
  });

  it('is trained by lazyAdam as by a loop over the rows that occur', async () => {
    const [size, width, rows] = [12, 3, 8];
    const ids = Int32Array.of(3, 3, 7, 0, 3, 7, 11, 3);
    const [rate, beta1, beta2, epsilon] = [0.1, 0.9, 0.999, 1e-8];
    const targets = Array.from({ length: rows }, (_, i) => Array.from({ length: width }, (_, j) => spread(i, j)));
    const model = sequential([embedding(size, width, { initializer: randomUniform(0.5) }), flatten()]);
    const data = { x: tensor(ids, [rows, 1]), y: targets };
    const options = { loss: meanSquaredError(), standardize: false, shuffle: false, progress: false };
    const still = await fit(model, data, { ...options, epochs: 1, optimizer: sgd({ learningRate: 0 }) });
    const epochs = 3;
    const run = await fit(model, data, {
      ...options,
      ...{ epochs, batchSize: 4, optimizer: lazyAdam({ learningRate: rate }) },
    });

    const table = Float64Array.from(still.parameters.get('0/table')?.data ?? []);
    const [m, v] = [new Float64Array(table.length), new Float64Array(table.length)];
    for (let step = 0; step < epochs * 2; step++) {
      const from = (step % 2) * 4;
      const gradients = new Map<number, number[]>();
      for (let i = from; i < from + 4; i++) {
        const id = ids[i] as number;
        const sums = gradients.get(id) ?? new Array<number>(width).fill(0);
        gradients.set(
          id,
          sums.map((g, j) => g + (2 * ((table[id * width + j] as number) - (targets[i]?.[j] as number))) / (4 * width)),
        );
      }
      for (const [id, gradient] of gradients) {
        gradient.forEach((g, j) => {
          const at = id * width + j;
          m[at] = beta1 * (m[at] as number) + (1 - beta1) * g;
          v[at] = beta2 * (v[at] as number) + (1 - beta2) * g * g;
          const t = step + 1;
          const [first, second] = [(m[at] as number) / (1 - beta1 ** t), (v[at] as number) / (1 - beta2 ** t)];
          table[at] = (table[at] as number) - (rate * first) / (Math.sqrt(second) + epsilon);
        });
      }
    }
    const trained = run.parameters.get('0/table')?.data as Float32Array;
    // Six steps of size 0.1 whose relative error is a few roundings of f32.
    table.forEach((expected, i) => {
      expect(Math.abs((trained[i] as number) - expected), `element ${i}`).toBeLessThan(2e-6);
    });
    // Rows that never occur keep every bit.
    expect(trained.slice(width, 3 * width)).toEqual(still.parameters.get('0/table')?.data.slice(width, 3 * width));
  });

  it('may be read at several places, whose gradients are joined', async () => {
    const run = (rows: boolean) =>
      fit(threeWays(rows), sentences(40, 50), { ...quiet, optimizer: sgd({ learningRate: 0.5 }) });
    expect(difference(await run(true), await run(false))).toBeLessThan(1e-6);
  });

  it('counts in the norm of all gradients with the sums of its rows', async () => {
    // One id in all rows: its gradient is the sum over the batch, √16 times what its parts' norm would be.
    const data = { x: tensor(new Int32Array(16).fill(2), [16, 1]), y: Array.from({ length: 16 }, () => [1, -1]) };
    const model = sequential([embedding(4, 2, { initializer: randomUniform(1e-6) }), flatten()]);
    const step = (optimizer: Transform) =>
      fit(model, data, {
        ...{ loss: meanSquaredError(), epochs: 1, batchSize: 16, standardize: false, progress: false, optimizer },
      });
    const moved = (run: Pick<Run, 'parameters'>) => Math.hypot(...weightsOf(run));
    // Each row's loss has the gradient ∓1 in both columns, their mean over the batch too: a norm of √2.
    expect(moved(await step(sgd({ learningRate: 1 })))).toBeCloseTo(Math.SQRT2, 4);
    expect(moved(await step(chain(clipByGlobalNorm(1), sgd({ learningRate: 1 }))))).toBeCloseTo(1, 4);
  });

  it('is predicted from, saved and loaded', async () => {
    const data = sentences(60, 50);
    const run = await fit(reader(true), data, { ...quiet, epochs: 40, optimizer: lazyAdam({ learningRate: 0.03 }) });
    const path = `${process.env.TMPDIR ?? '/tmp'}/saddlepoint-embedding-${process.pid}.safetensors`;
    await run.save(path);
    const loaded = await loadModel(path);
    expect(loaded.parameters.get('0/table')).toEqual(run.parameters.get('0/table'));
    expect(await loaded.predict(data.x)).toEqual(await run.predict(data.x));
    expect(run.history.at(-1)?.loss).toBeLessThan((run.history[0]?.loss as number) / 3);
  });

  it('keeps the best weights with validation, and trains a loaded model on', async () => {
    const run = await fit(reader(true), sentences(60, 50), { ...quiet, validation: 0.2, optimizer: adagrad() });
    const on = await fit(run, sentences(60, 50), { ...quiet, optimizer: adagrad() });
    expect(on.parameters.get('0/table')?.kind).toBe('rows');
  });
});

/** A table of which rows are read by three gathers and by both products. */
const threeWays = (rows: boolean): Layer =>
  layer('threeWays', {}, (x, context) => {
    const create = rows ? context.table : context.parameter;
    const table = create('table', [50, 4], randomUniform(0.5));
    const [first, second, third] = [0, 1, 2].map((i) => cast(slice(x, [0, i], [x.shape[0] as number, 1]), 'i32'));
    const column = (index: Tensor | undefined) => reshape(gather(table, index as Tensor), [-1, 4]);
    const dots = gatherDot(table, third as Tensor, column(first));
    const sums = gatherSum(table, cast(x, 'i32'), tanh(x));
    return concat([dots, mean(mul(column(second), sums), 1, { keepDims: true })], 1);
  });

describe('what cannot be done by rows', () => {
  const refused: readonly [string, Transform, string][] = [
    ['adam', adam(), 'adam: cannot update row tables (embeddings): it changes every row at every step'],
    ['momentum', sgd({ momentum: 0.9 }), 'sgd with momentum: cannot update row tables (embeddings): a velocity moves'],
    ['weight decay', lazyAdam({ weightDecay: 0.1 }), 'lazyAdam with weightDecay: cannot update row tables'],
    ['clipping by value', chain(clipByValue(1), sgd()), 'clipByValue: cannot update row tables'],
    [
      'a transform behind an optimizer',
      chain(sgd(), clipByGlobalNorm(1)),
      'clipByGlobalNorm stands behind an optimizer',
    ],
    ['clipping alone', clipByGlobalNorm(1), 'it does not end with an optimizer'],
  ];

  it.each(refused)('is refused with a cure: %s', async (_, optimizer, message) => {
    const [said, help] = await lines(fit(reader(true), sentences(20, 50), { ...quiet, optimizer }));
    expect(said).toContain(message);
    expect(help).toContain('use lazyAdam(), adagrad(), or sgd() without momentum');
  });

  it('is a use of the whole table', async () => {
    const tied = layer('tied', {}, (x, context) => {
      const table = context.table('table', [50, 4], randomUniform());
      return matmul(
        reshape(gather(table, cast(slice(x, [0, 0], [x.shape[0] as number, 1]), 'i32')), [-1, 4]),
        transpose(table),
      );
    });
    const [said, help] = await lines(fit(tied, sentences(20, 50), { ...quiet, optimizer: sgd() }));
    expect(said).toBe("row table 'table': its gradient comes from transpose, which needs the whole table");
    expect(help).toContain('use it by gather, gatherDot and gatherSum alone');
  });

  it.each(['wasm', 'reference'] as const)(
    'case 05: D7: is an id outside the table, on %s: nothing is changed',
    async (device) => {
      const ids = Int32Array.of(0, 3, 1, 4);
      const model = sequential([embedding(4, 2), flatten()]);
      const options = {
        ...{ loss: meanSquaredError(), standardize: false, shuffle: false, progress: false, device },
        ...{ epochs: 1, batchSize: 2, optimizer: sgd({ learningRate: 0.5 }) },
      };
      const y = [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ];
      const [said] = await lines(fit(model, { x: tensor(ids, [4, 1]), y }, options));
      expect(said).toContain("gather: index 4 at position 1 is outside 0 … 3 (in layer '0')");
      for (const bad of [-1, 1.5]) {
        const [fraction] = await lines(fit(model, { x: [[0], [bad], [1], [2]], y }, options));
        expect(fraction).toContain('gather: index -1 at position 1 is outside 0 … 3');
      }
    },
  );
});

describe('the memory of a large table', () => {
  it.each([
    ['sgd', sgd, 0],
    ['adagrad', adagrad, 1],
    ['lazyAdam', lazyAdam, 2],
  ] as const)('is the table and the slots of %s, and at most a twentieth more', async (_, optimizer, slots) => {
    const [size, width] = [50_000, 64];
    const ids = Int32Array.from({ length: 256 * 4 }, (_id, i) => Math.floor(spread(i, 0) * size));
    const run = await fit(
      sequential([embedding(size, width, { initializer: zeros() }), flatten(), dense(2)]),
      { x: tensor(ids, [256, 4]), y: Array.from({ length: 256 }, (_y, i) => i % 2) },
      { ...quiet, epochs: 1, batchSize: 32, optimizer: optimizer() },
    );
    expect(run.bytes).toBeLessThan(1.05 * (1 + slots) * 4 * size * width);
    expect(run.bytes).toBeGreaterThan((1 + slots) * 4 * size * width);
  });
});

it('M7: costs what its rows cost: of 100,000 × 64, 20 in a step take less than a tenth of the whole', async () => {
  const ids = Int32Array.from({ length: 20 * 40 }, (_, i) => Math.floor(spread(i, 0) * 100_000));
  const data = { x: tensor(ids, [160, 5]), y: Array.from({ length: 160 }, (_, i) => i % 2) };
  /** The quickest epoch of 40 steps, the first left out. */
  const secondsOf = async (rows: boolean): Promise<number> => {
    const model = sequential([embedding(100_000, 64, { rows, initializer: zeros() }), flatten(), dense(2)]);
    const run = await fit(model, data, { ...quiet, epochs: 4, batchSize: 4, optimizer: lazyAdam() });
    return Math.min(...run.history.slice(1).map(({ seconds }) => seconds));
  };
  expect(await secondsOf(true)).toBeLessThan((await secondsOf(false)) / 10);
});
