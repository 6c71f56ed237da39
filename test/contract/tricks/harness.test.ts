/** @file The contract itself: toy tricks of each kind pass, and each point finds what it is there to find. */
import {
  type Augmentation,
  add,
  type GradientTrick,
  type Layer,
  log,
  mul,
  SaddlepointError,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Trick,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { normalWithKey } from '../../../src/ops/random.ts';
import { TrainedModel } from '../../../src/train/model.ts';
import { POINTS } from './points.ts';
import type { TrickRow } from './row.ts';
import { checkDocumentation, tricksInBundle } from './text-points.ts';

const checked = (name: string, rate: number): number => {
  if (rate >= 0 && rate < 1) return rate;
  throw new SaddlepointError('option', `${name}: rate: expected a number in [0, 1), got ${rate}`);
};
const named = (name: string, rate: number) => ({ name, options: { rate: checked(name, rate) }, isNeutral: rate === 0 });

const makers: Record<string, (rate: number) => Trick> = {
  shrunk: (rate) => ({
    ...named('shrunk', rate),
    kind: 'model',
    prepare: (model) =>
      new TrainedModel({
        ...model.state,
        parameters: new Map(
          [...model.parameters].map(([path, leaf]) => [
            path,
            { ...leaf, data: Float32Array.from(leaf.data, (value) => value * (1 - rate)) },
          ]),
        ),
      }),
  }),
  noise: (rate) => ({
    ...named('noise', rate),
    kind: 'augmentation',
    change: ({ x }, context) => {
      const { key, stream } = context.random();
      return { x: add(x, mul(normalWithKey(key, x.shape, stream), rate)) };
    },
  }),
  halved: (rate) => ({
    ...named('halved', rate),
    kind: 'loss',
    wrap: (loss) => ({ ...loss, call: (prediction, target) => mul(loss.call(prediction, target), 1 - rate) }),
  }),
  decay: (rate) => ({
    ...named('decay', rate),
    kind: 'regularizer',
    penalty: ({ leaves }, { trained }) =>
      trained.map((path) => mul(sum(square(leaves.get(path) as Tensor)), rate / 10)).reduce((a, b) => add(a, b)),
  }),
  // Kept from step to step, and a number of the host's: what checkpoints must hold.
  heavy: (rate) => ({
    ...named('heavy', rate),
    kind: 'gradient',
    scalarCount: 1,
    scalars: (step) => [1 / (1 + step)],
    state: ({ leaves }) => Object.fromEntries([...leaves].map(([path, shape]) => [path, { shape, dtype: 'f32' }])),
    wrap: (gradient, context) => (at) => {
      const { loss, gradients } = gradient(at);
      const scale = context.scalars;
      const changed = [...gradients].map(([path, value]) => {
        const kept = add(mul(context.read(path), rate), mul(value, add(1, sum(scale))));
        context.write(path, kept);
        return [path, kept] as const;
      });
      return { loss, gradients: new Map(changed) };
    },
  }),
  smaller: (rate) => ({
    ...named('smaller', rate),
    kind: 'transform',
    wrap: (optimizer) => ({
      ...optimizer,
      update(input) {
        const made = optimizer.update(input);
        return { ...made, update: mul(made.update, 1 - rate) };
      },
    }),
  }),
};

const rowOf = (name: string, make: (rate: number) => Trick): TrickRow => ({
  ...{ name, file: 'src/tricks/toy.ts', section: 'training' },
  create: () => make(0.3),
  neutral: () => make(0),
  illegal: [[() => make(-1), /rate: expected a number in \[0, 1\), got -1/]],
});

describe.each(Object.entries(makers))('a trick like %s', (name, make) => {
  const row = rowOf(name, make);
  for (const { number, title, check, once } of POINTS)
    for (const device of once ? (['wasm'] as const) : (['wasm', 'reference'] as const))
      it(`passes point ${number}: ${title} (${device})`, () => check(row, device));
});

describe('a broken trick', () => {
  const broken = async (number: number, row: Partial<TrickRow>, device: 'wasm' | 'reference' = 'wasm') => {
    const point = POINTS.find((one) => one.number === number);
    await expect(point?.check({ ...rowOf('broken', makers.noise as never), ...row }, device)).rejects.toThrow();
  };
  let count = 0;
  const scaled = (factor: (step: number) => number): Augmentation => ({
    ...{ kind: 'augmentation', name: 'broken', options: {}, scalarCount: 1 },
    scalars: (step) => [factor(step)],
    change: ({ x }, { scalars }) => ({ x: mul(x, sum(scalars)) }),
  });

  it('is found by 1: numbers of its own from run to run', () =>
    broken(1, { create: () => scaled(() => 1 + 0.01 * count++) }));

  it('is found by 2: neutral options that are not marked, and options that do nothing', async () => {
    await broken(2, { neutral: () => ({ ...(makers.noise as (rate: number) => Trick)(0), isNeutral: false }) });
    await broken(2, { create: () => (makers.noise as (rate: number) => Trick)(0) });
    await broken(2, { create: () => scaled(() => 1) });
  });

  it('is found by 3: a state outside the run', () => {
    const forgetful = (): Trick => {
      let steps = 0;
      return scaled(() => 1 / ++steps);
    };
    return broken(3, { create: forgetful });
  });

  it('is found by 4: code that is not traced at all', () =>
    broken(4, { create: () => (makers.noise as (rate: number) => Trick)(0) }));

  it('is found by 5: arithmetic that f32 does not carry', () =>
    broken(5, {
      // 1 + 1e-8 is 1 in f32: the square root of the rest, times 1e4, is there in double precision alone.
      create: () => ({
        ...scaled(() => 1),
        change: ({ x }) => ({ x: add(x, mul(sqrt(sub(add(mul(x, 0), 1 + 2 ** -25), 1)), 1e4)) }),
      }),
    }));

  it('is found by 6: options that are taken, another error, another message, no row at all', async () => {
    await broken(6, { illegal: [[() => undefined, /./]] });
    await broken(6, { illegal: [[() => (undefined as unknown as Layer).type, /./]] });
    await broken(6, { illegal: [[() => makers.noise?.(-1), /decay/]] });
    await broken(6, { illegal: [] });
  });

  it('is found by 7 and 8: a loss that does not fall, or NaN', async () => {
    const backwards = (): GradientTrick => ({
      ...{ kind: 'gradient', name: 'broken', options: {} },
      wrap: (gradient) => (at) => {
        const { loss, gradients } = gradient(at);
        return { loss, gradients: new Map([...gradients].map(([path, value]) => [path, mul(value, -1)])) };
      },
    });
    const nan = (): Trick => ({ ...scaled(() => 1), change: ({ x }) => ({ x: log(mul(x, -1)) }) });
    for (const number of [7, 8]) for (const create of [backwards, nan]) await broken(number, { create });
  });

  it('is found by 9: a header without paper, place, deviations or kind', () => {
    const text = (header: string) => `/**\n * @file ${header}\n */\n/** @throws x @example y, default 1 */`;
    const row = rowOf('toy', makers.noise as (rate: number) => Trick);
    const whole = 'Noise (Bishop 1995, section 2). Deviations: none. Kind: augmentation.';
    expect(() => checkDocumentation(row, text(whole))).not.toThrow();
    for (const part of ['1995', 'section 2', 'Deviations', 'augmentation'])
      expect(() => checkDocumentation(row, text(whole.replace(part, '…')))).toThrow();
  });

  it('is found by 10: the bundle of a page lists the files of tricks in it', async () => {
    // The one trick that was there first; the library as a whole would name more.
    expect(await tricksInBundle('src/tricks/augment.ts')).toEqual(['src/tricks/augment.ts']);
    expect(await tricksInBundle('src/nn/dense.ts')).toEqual([]);
  });
});
