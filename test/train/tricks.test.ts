import {
  adam,
  add,
  batchSchedule,
  type Callback,
  chain,
  clipByGlobalNorm,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  fit,
  mean,
  meanSquaredError,
  mul,
  type Run,
  sequential,
  sgd,
  square,
  sum,
  svrg,
  type Trick,
  weightEma,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { randomUniform } from '../../src/core/philox.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { uniformWithKey } from '../../src/ops/random.ts';
import { rejection, weightsOf } from './examples.ts';

const ROWS = 48;
const x = new Float32Array(ROWS * 4);
randomUniform(x, 1, 2);
const data = { x, y: Array.from({ length: ROWS }, (_, i) => Number((x[i * 4] as number) > 0.5)) };
const rows = { ...data, x: Array.from({ length: ROWS }, (_, i) => x.subarray(i * 4, i * 4 + 4)) };
const model = () => sequential([dense(8, { activation: 'tanh' }), dropout(0.2), dense(2)]);
const run = (tricks: FitOptions['tricks'], options: Partial<FitOptions> = {}): Promise<Run> =>
  fit(model(), rows, {
    ...{ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), epochs: 3, batchSize: 20, progress: false },
    ...options,
    ...(tricks && { tricks }),
  });
const parametersOf = weightsOf;

const weightPenalty = (rate: number): Trick => ({
  kind: 'regularizer',
  name: 'weightPenalty',
  options: { rate },
  isNeutral: rate === 0,
  penalty: ({ leaves }, { trained }) =>
    trained.map((path) => mul(sum(square(leaves.get(path) as never)), rate)).reduce((a, b) => add(a, b)),
});
/** The gradient somewhere else, as SAM takes it. */
const ascend = (radius: number): Trick => ({
  kind: 'gradient',
  name: 'ascend',
  options: { radius },
  wrap:
    (gradient, { trained }) =>
    (at) => {
      const here = gradient(at);
      const leaves = new Map(at.leaves);
      for (const path of trained)
        leaves.set(path, add(leaves.get(path) as never, mul(here.gradients.get(path) as never, radius)));
      const there = gradient({ leaves, batch: at.batch });
      return { loss: here.loss, gradients: there.gradients };
    },
});

describe('tricks', () => {
  it('is bit for bit absent when there are none, or all are neutral', async () => {
    const plain = parametersOf(await run(undefined));
    expect(parametersOf(await run([]))).toEqual(plain);
    expect(parametersOf(await run([weightPenalty(0)]))).toEqual(plain);
    expect(parametersOf(await run([weightPenalty(0.1)]))).not.toEqual(plain);
  });

  it('adds a penalty to what is minimized, but not to what is reported', async () => {
    const [plain, with_] = [await run(undefined, { epochs: 1 }), await run([weightPenalty(0.1)], { epochs: 1 })];
    const steps = async (tricks: readonly Trick[]) => {
      const losses: number[] = [];
      const watch: Callback = { onStep: ({ loss }) => void losses.push(loss) };
      await run([...tricks, watch], { epochs: 1 });
      return losses;
    };
    const [without, penalized] = [await steps([]), await steps([weightPenalty(0.1)])];
    expect(penalized[0]).toBe(without[0]);
    expect(penalized[1]).not.toBe(without[1]);
    const size = (one: Run) => parametersOf(one).reduce((total, value) => total + value ** 2, 0);
    expect(size(with_)).toBeLessThan(size(plain));
  });

  it('takes the gradient where a trick says, with the same draws of dropout and the loss of the step itself', async () => {
    // Of a quadratic loss ½ a w² with w' = w + r a w, the gradient there is a (1 + r a) w: as a larger learning rate.
    const one = tensor(new Float32Array([1, 1, 1, 1]), [4, 1]);
    const line = (tricks: FitOptions['tricks'], learningRate: number) =>
      fit(
        sequential([dense(1, { bias: false })]),
        { x: one, y: [0, 0, 0, 0] },
        {
          ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate }), epochs: 2, batchSize: 4 },
          ...{ standardize: false, progress: false },
          ...(tricks && { tricks }),
        },
      );
    const [near, far] = [await line(undefined, 0.1 * (1 + 0.5 * 2)), await line([ascend(0.5)], 0.1)];
    expect(parametersOf(far)[0]).toBeCloseTo(parametersOf(near)[0] as number, 6);
    const [a, b] = [await run([ascend(0.05)]), await run([ascend(0.05)], { device: 'reference' })];
    expect(parametersOf(a).every((value, i) => Math.abs(value - (parametersOf(b)[i] as number)) < 1e-4)).toBe(true);
  });

  it('mixes targets: with the weight 1 a row learns what its partner is', async () => {
    const swap = (weight: number): Trick => ({
      kind: 'augmentation',
      name: 'swap',
      options: { weight },
      change: ({ x: batch }, { rows: n }) => ({
        x: batch,
        mixed: [
          {
            partner: tensor(
              Int32Array.from({ length: n }, (_, i) => n - 1 - i),
              [n],
              'i32',
            ),
            weight: tensor(new Float32Array(n).fill(weight), [n]),
          },
        ],
      }),
    });
    const options = { epochs: 1, batchSize: ROWS, shuffle: false };
    const swapped = await run([swap(1)], options);
    const reversed = await fit(
      model(),
      { x: rows.x, y: [...rows.y].reverse() },
      { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), progress: false, ...options },
    );
    expect(swapped.history[0]?.loss).toBeCloseTo(reversed.history[0]?.loss as number, 6);
    const half = await run([swap(0.5)], options);
    const none = await run([swap(0)], options);
    const average = ((swapped.history[0]?.loss as number) + (none.history[0]?.loss as number)) / 2;
    expect(half.history[0]?.loss).toBeCloseTo(average, 6);
    expect(none.history[0]?.loss).toBeCloseTo((await run(undefined, options)).history[0]?.loss as number, 6);
  });

  it('draws the same for a trick beside any others, and other numbers for a second of its kind', async () => {
    const draw = (): Trick => ({
      kind: 'augmentation',
      name: 'draw',
      options: {},
      change(batch, { random, reading }) {
        const { key, stream } = random();
        const drawn = uniformWithKey(key, [1], stream);
        reading(`drawn ${stream}`, mean(drawn));
        return batch;
      },
    });
    const readings = async (tricks: readonly Trick[]) => {
      const seen: (Readonly<Record<string, number>> | undefined)[] = [];
      await run([...tricks, { onStep: (step) => void seen.push(step.readings) }], { epochs: 1 });
      return seen;
    };
    const [alone, two] = [await readings([draw()]), await readings([draw(), draw(), weightPenalty(0.1)])];
    const first = Object.keys(alone[0] ?? {})[0] as string;
    expect(Object.keys(two[0] ?? {})).toHaveLength(2);
    expect(two.map((step) => step?.[first])).toEqual(alone.map((step) => step?.[first]));
    expect(new Set(alone.map((step) => step?.[first])).size).toBe(3);
    expect(new Set(Object.values(two[0] ?? {})).size).toBe(2);
  });

  it('tells traced code the numbers that the host computes for each step', async () => {
    const ramp: Trick = {
      kind: 'gradient',
      name: 'ramp',
      options: {},
      scalarCount: 2,
      scalars: (step, stepsPerEpoch) => [step, stepsPerEpoch],
      wrap: (gradient, context) => (at) => {
        context.reading('step', sum(mul(context.scalars, tensor([1, 0]))));
        context.reading('stepsPerEpoch', sum(mul(context.scalars, tensor([0, 1]))));
        return gradient(at);
      },
    };
    const seen: unknown[] = [];
    const watch: Callback = { onStep: (step) => void seen.push(step.readings) };
    const ramped = await run([ramp, watch], { optimizer: adam({ learningRate: 0.01 }), epochs: 2 });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((step) => ({ step, stepsPerEpoch: 3 })));
    expect(parametersOf(ramped)).toEqual(
      parametersOf(await run(undefined, { optimizer: adam({ learningRate: 0.01 }), epochs: 2 })),
    );
  });

  it('keeps blocks from step to step, through a checkpoint bit for bit', async () => {
    /** Gradient plus half of the one before. */
    const remember: Trick = {
      kind: 'gradient',
      name: 'remember',
      options: {},
      state: ({ leaves }) =>
        Object.fromEntries([...leaves].map(([path, shape]) => [path, { shape, dtype: 'f32' as const }])),
      wrap:
        (gradient, { read, write, trained }) =>
        (at) => {
          const { loss, gradients } = gradient(at);
          const joined = new Map(
            trained.map((path) => {
              const now = gradients.get(path) as never;
              const value = add(now, mul(read(path), 0.5));
              write(path, value);
              return [path, value] as const;
            }),
          );
          return { loss, gradients: joined };
        },
    };
    const momentum = parametersOf(await run(undefined, { optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }) }));
    const whole = parametersOf(await run([remember]));
    whole.forEach((value, i) => {
      expect(value).toBeCloseTo(momentum[i] as number, 5);
    });
    const first = await run([remember], { epochs: 1, resumable: true });
    expect(parametersOf(await run([remember], { resume: first.checkpoint() }))).toEqual(whole);
    await expect(rejection(run([], { resume: first.checkpoint() }))).resolves.toMatchObject({
      message: expect.stringContaining('tricks'),
    });
  });

  it("wraps the loss to learn by, and validates by the run's own", async () => {
    const halved: Trick = {
      kind: 'loss',
      name: 'halved',
      options: {},
      wrap: (loss) => ({ ...loss, call: (prediction, target) => mul(loss.call(prediction, target), 0.5) }),
    };
    const options = { epochs: 1, batchSize: 40, validation: rows, shuffle: false } as const;
    const half = await run([halved], options);
    const full = await run(undefined, { ...options, optimizer: sgd({ learningRate: 0.05 }) });
    expect(half.history[0]?.loss).toBeCloseTo((full.history[0]?.loss as number) / 2, 6);
    expect(half.history[0]?.validation?.loss).toBeCloseTo(full.history[0]?.validation?.loss as number, 6);
  });

  it('prepares the model on rows that are trained on, and wraps the optimizer', async () => {
    let seen: readonly number[] = [];
    const tricks: Trick[] = [
      {
        kind: 'model',
        name: 'look',
        options: {},
        prepare(trained, { x: sample }) {
          seen = sample.shape;
          return trained;
        },
      },
      { kind: 'transform', name: 'average', options: {}, wrap: (optimizer) => chain(optimizer, weightEma(0.9)) },
    ];
    const averaged = await run(tricks);
    expect(seen).toEqual([ROWS, 4]);
    expect(parametersOf(averaged)).toEqual(
      parametersOf(await run(undefined, { optimizer: chain(sgd({ learningRate: 0.1 }), weightEma(0.9)) })),
    );
    const clipped: Trick = {
      kind: 'transform',
      name: 'clipped',
      options: {},
      wrap: (optimizer) => chain(clipByGlobalNorm(0.01), optimizer),
    };
    expect(parametersOf(await run([clipped]))).toEqual(
      parametersOf(await run(undefined, { optimizer: chain(clipByGlobalNorm(0.01), sgd({ learningRate: 0.1 })) })),
    );
  });

  it('composes kinds in their own order, whatever the order of the list', async () => {
    const list = [ascend(0.05), weightPenalty(0.01)];
    expect(parametersOf(await run(list))).toEqual(parametersOf(await run([...list].reverse())));
  });

  it('refuses a trick that counts epochs beside batches that change', async () => {
    const batchSize = batchSchedule.grow({ from: 4, factor: 2, every: 'epoch', max: 16 });
    await expect(rejection(run([svrg()], { batchSize }))).resolves.toMatchObject({
      code: 'option',
      message: expect.stringContaining('svrg counts epochs by their steps'),
    });
    await expect(run([svrg()], { batchSize: 16 })).resolves.toMatchObject({ ending: 'completed' });
  });

  it('refuses what is no trick, one that was not called, and two that clash, naming both', async () => {
    const claim = (name: string): Trick => ({ ...weightPenalty(1), name, claims: ['rows of a batch'] });
    await expect(rejection(run([3 as never]))).resolves.toMatchObject({
      code: 'option',
      message: expect.stringContaining('fit: tricks[0]: expected a trick or a callback object, got 3'),
    });
    await expect(rejection(run([weightPenalty as never]))).resolves.toMatchObject({
      message: expect.stringContaining('call it: weightPenalty(…)'),
    });
    await expect(rejection(run([claim('first'), claim('second')]))).resolves.toMatchObject({
      message: expect.stringContaining('first and second clash: both set the rows of a batch'),
    });
    await expect(rejection(run('mixup' as never))).resolves.toMatchObject({ code: 'option' });
  });
});
