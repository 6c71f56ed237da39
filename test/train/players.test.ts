/** Several players in `fit`: what a step does, what losses are given, what a run says and holds. */
import {
  add,
  batchNorm,
  type DivergenceError,
  dense,
  dropout,
  fit,
  type LossInputs,
  log,
  mean,
  mul,
  neg,
  normal,
  oneHot,
  type PlayersRecord,
  type PlayersRun,
  players,
  sequential,
  sgd,
  square,
  sub,
  type Tensor,
  tap,
  tensor,
  train,
  uniform,
} from 'saddlepoint';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { rejection } from './examples.ts';
import { bitsOf, ring, smallGan, weight, weightOf } from './games.ts';

const inputs = { z: normal([2]) };
const quick = { inputs, epochs: 2, batchSize: 16, progress: false } as const;
const one = { x: [[1], [1]] };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a step', () => {
  it('is what it is by hand: each player moves its own weight, by turns, and sees what was learnt before it', async () => {
    const rate = 0.1;
    const optimizer = sgd({ learningRate: rate });
    const game = players(
      { a: weight(1), b: weight(-2) },
      {
        a: { optimizer, repeat: 2, loss: (m, { x }) => mean(square(sub(m.a(x), mul(m.b(x), 2)))) },
        b: { optimizer, loss: (m, { x }) => mean(mul(m.a(x), m.b(x))) },
      },
    );
    let [a, b] = [1, -2];
    const losses: { a: number; b: number }[] = [];
    for (let step = 0; step < 3; step++) {
      const ofA = [0, 1].map(() => {
        const loss = (a - 2 * b) ** 2;
        a -= rate * 2 * (a - 2 * b);
        return loss;
      });
      losses.push({ a: ((ofA[0] as number) + (ofA[1] as number)) / 2, b: a * b });
      b -= rate * a;
    }
    // Two rows, two a step, twice: an epoch is a step.
    const run = await fit(game, one, { batchSize: 2, epochs: 3, progress: false });
    expect(run.steps).toBe(3);
    // f32 against double.
    expect(weightOf(run.models.a)).toBeCloseTo(a, 5);
    expect(weightOf(run.models.b)).toBeCloseTo(b, 5);
    run.history.forEach((record, i) => {
      expect(record.losses.a).toBeCloseTo(losses[i]?.a as number, 5);
      expect(record.losses.b).toBeCloseTo(losses[i]?.b as number, 5);
    });
  });

  it('of the WGAN-GP is one row of one call, with all turns of the critic', async () => {
    const rows: number[] = [];
    const open = wasmBackend.open.bind(wasmBackend);
    vi.spyOn(wasmBackend, 'open').mockImplementation(async (...args) => {
      const session = await open(...args);
      const ran = session.run.bind(session);
      session.run = (program, count) => {
        rows.push(count);
        return ran(program, count);
      };
      return session;
    });
    // ⌈64 / (16 · 4)⌉ = 1 step an epoch.
    const run = await fit(smallGan(4), ring(64), { ...quick, epochs: 6 });
    expect(run.steps).toBe(6);
    expect(rows).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('gives the same bits in every run, and others for another seed', async () => {
    const bits = bitsOf(await fit(smallGan(), ring(64), { ...quick, seed: 3 }));
    expect(bitsOf(await fit(smallGan(), ring(64), { ...quick, seed: 3 }))).toEqual(bits);
    expect(bitsOf(await fit(smallGan(), ring(64), { ...quick, seed: 4 }))).not.toEqual(bits);
  });

  it('gives the same bits however many steps a call has', async () => {
    const game = (watch: (x: Tensor) => Tensor) =>
      players(
        { a: weight(1), b: weight(-2) },
        {
          a: { loss: (m, { x, z }) => mean(square(sub(m.a(watch(x)), m.b(z)))), repeat: 2 },
          b: { loss: (m, { x, z }) => mean(square(sub(m.b(z), m.a(x)))) },
        },
      );
    const x = Array.from({ length: 300 }, (_, i) => [i / 300]);
    const options = { inputs: { z: uniform([1]) }, epochs: 2, batchSize: 3, progress: false };
    // What is tapped is delivered step by step.
    const single = await fit(
      game((rows) => tap(rows, 'rows')),
      { x },
      { ...options, onTap: () => undefined },
    );
    expect(
      bitsOf(
        await fit(
          game((rows) => rows),
          { x },
          options,
        ),
      ),
    ).toEqual(bitsOf(single));
    expect(single.steps).toBe(100);
  });

  it.each([1, 5])('is the same on both backends, with %s turns of the critic', async (turns) => {
    const wasm = bitsOf(await fit(smallGan(turns), ring(64), { ...quick, device: 'wasm' }));
    const reference = bitsOf(await fit(smallGan(turns), ring(64), { ...quick, device: 'reference' }));
    // f32 against double, over 12 to 16 updates of Adam with a step size of 1e-3.
    for (const [i, x] of reference.entries()) expect(wasm[i], `element ${i}`).toBeCloseTo(x, 4);
    expect(wasm).toHaveLength(reference.length);
  });
});

describe('the rows of a turn', () => {
  /** What the losses tapped, in order: name, step, values. */
  async function tapped(batch: 'fresh' | 'same', shuffle: boolean, rows = 12) {
    const heard: { name: string; values: number[] }[] = [];
    const game = players(
      { a: weight(1), b: weight(1) },
      {
        a: { loss: (m, { x }) => mean(m.a(tap(x, 'rows'))), repeat: 2 },
        b: { loss: (m, { x }) => mean(m.b(tap(x, 'rows'))), batch },
      },
    );
    const x = Array.from({ length: rows }, (_, i) => [i]);
    await fit(
      game,
      { x },
      {
        ...{ epochs: 2, batchSize: 3, progress: false, shuffle },
        onTap: (name, value) => void heard.push({ name, values: [...value.data] }),
      },
    );
    return heard;
  }
  const valuesOf = (heard: Awaited<ReturnType<typeof tapped>>, name: string): number[] =>
    heard.filter((one) => one.name === name).flatMap(({ values }) => values);
  const sorted = (values: number[]): number[] => [...values].sort((p, q) => p - q);
  const all = Array.from({ length: 12 }, (_, i) => i);

  it('come in passes over all of them, an epoch a pass of the player that draws most', async () => {
    const heard = await tapped('fresh', true);
    const [a, b] = [valuesOf(heard, 'a/rows'), valuesOf(heard, 'b/rows')];
    expect([a.length, b.length]).toEqual([24, 12]);
    for (const pass of [a.slice(0, 12), a.slice(12), b]) expect(sorted(pass)).toEqual(all);
    expect(a.slice(0, 12)).not.toEqual(a.slice(12));
    expect(a.slice(0, 12)).not.toEqual(b);
  });

  it('come in the order of the data without shuffling', async () => {
    expect(valuesOf(await tapped('fresh', false), 'a/rows')).toEqual([...all, ...all]);
  });

  it('go on over the end of a pass where the batches do not divide it', async () => {
    // 10 rows, 6 a step: 2 steps an epoch.
    const heard = valuesOf(await tapped('fresh', true, 10), 'a/rows');
    expect(heard).toHaveLength(24);
    expect(sorted(heard.slice(0, 10))).toEqual(all.slice(0, 10));
    expect(sorted(heard.slice(10, 20))).toEqual(all.slice(0, 10));
  });

  it("are with 'same' those of the last turn before", async () => {
    const heard = await tapped('same', true);
    const [a, b] = [valuesOf(heard, 'a/rows'), valuesOf(heard, 'b/rows')];
    expect(b).toEqual([3, 9, 15, 21].flatMap((from) => a.slice(from, from + 3)));
  });
});

describe('a loss', () => {
  /** What a loss is given, by name, in its first step. */
  async function given(data: { x: unknown; y?: unknown }, look: (inputs: Record<'x' | 'y' | 'z', Tensor>) => Tensor[]) {
    const seen: Tensor[] = [];
    const game = players(
      { a: weight(0) },
      {
        a: {
          loss(m, all) {
            look(all).forEach((value, i) => void tap(value, String(i)));
            return mean(m.a([[1]]));
          },
        },
      },
    );
    await fit(game, data, {
      ...{ inputs: { z: uniform([4]) }, epochs: 1, batchSize: 8, shuffle: false, progress: false },
      onTap: (_, value) => void seen.push(value),
    });
    return seen;
  }

  it('gets bytes divided by 255, and all else as it is', async () => {
    const [bytes] = await given({ x: [Uint8Array.of(0, 51), Uint8Array.of(255, 102)] }, ({ x }) => [x]);
    const scaled = (byte: number): number => Math.fround(byte * Math.fround(1 / 255));
    expect(bytes?.toArray()).toEqual([
      [0, scaled(51)],
      [1, scaled(102)],
    ]);
    const [numbers] = await given({ x: [1, 20, 300] }, ({ x }) => [x]);
    expect(numbers?.toArray()).toEqual([[1], [20], [300]]);
  });

  it('gets whole numbers and names of y as classes, values as rows', async () => {
    const x = [1, 2, 3];
    const [numbers, hot] = await given({ x, y: [2, 0, 1] }, ({ y }) => [y, oneHot(y, 3)]);
    expect(numbers).toMatchObject({ dtype: 'i32', shape: [3] });
    expect(hot?.toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const [names] = await given({ x, y: ['cat', 'ant', 'cat'] }, ({ y }) => [y]);
    expect(names?.toArray()).toEqual([1, 0, 1]);
    const [values] = await given({ x, y: [0.5, -1, 2] }, ({ y }) => [y]);
    expect(values?.toArray()).toEqual([[0.5], [-1], [2]]);
    const [whole] = await given({ x, y: [3, -1, 2] }, ({ y }) => [y]);
    expect(whole?.toArray()).toEqual([[3], [-1], [2]]);
    const [images] = await given({ x, y: [[[0, 1]], [[2, 3]], [[4, 5]]] }, ({ y }) => [y]);
    expect(images?.shape).toEqual([3, 1, 2]);
  });

  it('gets noise of its own for every row and every turn', async () => {
    const draws: number[][] = [];
    const game = players(
      { a: weight(0), b: weight(0) },
      {
        a: { loss: (m, { z }) => mean(m.a(tap(z, 'z'))), repeat: 3 },
        b: { loss: (m, { z }) => mean(m.b(tap(z, 'z'))) },
      },
    );
    await fit(game, one, {
      ...{ inputs: { z: uniform([50]) }, epochs: 2, batchSize: 2, progress: false },
      onTap: (_, value) => void draws.push([...value.data]),
    });
    const values = draws.flat();
    // Two steps of four turns of two rows of fifty, 24 bits each: by chance some four pairs of 400 would be alike in 2^24.
    expect(values).toHaveLength(800);
    expect(new Set(values).size).toBeGreaterThan(790);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    const average = values.reduce((total, value) => total + value, 0) / values.length;
    // Five standard deviations of a mean of 800.
    expect(Math.abs(average - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 800));
  });

  it('calls a model twice with masks of dropout that differ', async () => {
    const masks: string[] = [];
    const game = players(
      { a: sequential([dropout(0.5), weight(1)]), b: sequential([dropout(0.5), weight(1)]) },
      {
        a: { loss: (m, { x }) => mean(add(tap(m.a(x), 'first'), tap(m.a(x), 'second'))) },
        b: { loss: (m, { x }) => mean(add(tap(m.b(x), 'own'), tap(m.a(x), 'other'))) },
      },
    );
    await fit(
      game,
      { x: new Float32Array(64).fill(1) },
      {
        ...{ epochs: 1, batchSize: 64, progress: false },
        onTap: (_, { data }) => void masks.push([...data].map((value) => (value === 0 ? 0 : 1)).join('')),
      },
    );
    expect(masks).toHaveLength(4);
    expect(new Set(masks).size).toBe(4);
  });

  it('names inputs of its own in the type of its argument', async () => {
    const game = players(
      { a: weight(2), b: weight(1) },
      {
        a: { loss: (m, { x, mix }: LossInputs<'x' | 'mix'>) => mean(m.a(mul(x, mix))) },
        b: { loss: (m, { mix }: LossInputs<'x' | 'mix'>) => mean(m.b(mix)) },
      },
    );
    const run = await fit(game, one, { inputs: { mix: uniform([1]) }, epochs: 1, batchSize: 2, progress: false });
    // 2 · mix, and mix: the losses are means of two numbers in [0, 1).
    expect(run.history[0]?.losses.a).toBeGreaterThan(0);
    expect(run.history[0]?.losses.a).toBeLessThan(2);
    expect(run.history[0]?.losses.b).toBeLessThan(1);
  });

  it('renews running statistics in the turns of their own player', async () => {
    const statistics = async (other: (a: Tensor, b: Tensor) => Tensor) => {
      const optimizer = sgd({ learningRate: 0 });
      const game = players(
        { a: batchNorm(), b: weight(1) },
        {
          a: { optimizer, loss: (m, { x }) => mean(m.a(x)) },
          b: { optimizer, loss: (m, { x }) => mean(other(m.a(x), m.b(x))) },
        },
      );
      const run = await fit(game, { x: [1, 5] }, { batchSize: 2, epochs: 2, progress: false });
      return ['mean', 'variance'].map((name) => run.models.a.parameters.get(name)?.data[0]);
    };
    // 0.9 of the old and 0.1 of the batch's 3 and 4, twice.
    const [center, variance] = await statistics((_, b) => b);
    expect(center).toBeCloseTo(3 * (1 - 0.81), 5);
    expect(variance).toBeCloseTo(0.81 + 4 * 0.19, 5);
    expect(await statistics((a, b) => add(a, b))).toEqual([center, variance]);
  });

  it('taps values, in a player with several turns all turns at once', async () => {
    const heard: [name: string, shape: readonly number[], step: number][] = [];
    const game = players(
      { a: sequential([weight(1)]), b: weight(1) },
      {
        a: { loss: (m, { x }) => mean(tap(m.a(x), 'scores')), repeat: 3 },
        b: { loss: (m, { x }) => mean(tap(m.b(x), 'scores')) },
      },
    );
    await fit(
      game,
      { x: [1, 2, 3, 4, 5, 6] },
      {
        ...{ epochs: 2, batchSize: 2, progress: false },
        onTap: (name, { shape }, step) => void heard.push([name, shape, step]),
      },
    );
    const both = (step: number) => [
      ['a/scores', [3, 2, 1], step],
      ['b/scores', [2, 1], step],
    ];
    expect(heard).toEqual([...both(0), ...both(1)]);
  });
});

describe('a run', () => {
  it('has the losses of each epoch by player, frozen, and yields them', async () => {
    const seen: PlayersRecord<'critic' | 'generator'>[] = [];
    for await (const record of train(smallGan(), ring(160), quick)) seen.push(record);
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(seen.map(({ losses }) => Object.keys(losses))).toEqual([
      ['critic', 'generator'],
      ['critic', 'generator'],
    ]);
    expect(seen.every((record) => Object.isFrozen(record) && Object.isFrozen(record.losses))).toBe(true);
    const run = await fit(smallGan(), ring(160), quick);
    expectTypeOf(run.history[0]?.losses).toEqualTypeOf<
      { readonly [K in 'critic' | 'generator']: number } | undefined
    >();
    expect(run.history.map(({ losses }) => losses)).toEqual(seen.map(({ losses }) => losses));
    expect(run).toMatchObject({ ending: 'completed', steps: 4, device: { name: 'wasm', threads: 1 } });
  });

  it('learns: a generator that begins at 0 comes to the mean of the data', async () => {
    // A critic of one weight w and a generator that adds a bias: the Wasserstein game of Mescheder et al. 2018, with a penalty.
    const rate = sgd({ learningRate: 0.1 });
    const game = players(
      { critic: weight(0), generator: dense(1) },
      {
        critic: {
          ...{ optimizer: rate, repeat: 5 },
          loss: (m, { x, z }) => {
            const gap = sub(mean(m.critic(m.generator(z))), mean(m.critic(x)));
            return add(gap, mul(0.5, square(mean(m.critic([[1]])))));
          },
        },
        generator: { optimizer: rate, loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))) },
      },
    );
    const x = Array.from({ length: 200 }, (_, i) => 3 + Math.sin(i));
    const run = await fit(game, { x }, { inputs: { z: uniform([1]) }, batchSize: 50, epochs: 400, progress: false });
    const made = (await run.models.generator.predict([[0], [0.25], [0.5], [0.75], [1]])) as number[];
    const average = made.reduce((total, value) => total + value, 0) / made.length;
    // The data's mean is 3.00; minibatches of 50 leave some 0.1 of noise.
    expect(average).toBeGreaterThan(2.5);
    expect(average).toBeLessThan(3.5);
  });

  it('has models that predict: with x itself in the units of the data, else as a loss gave it', async () => {
    const still = { optimizer: sgd({ learningRate: 0 }) };
    const game = players(
      { a: weight(510), b: weight(3) },
      {
        a: { ...still, loss: (m, { x }) => mean(m.a(x)) },
        b: { ...still, loss: (m, { x, z }) => mean(m.b(add(x, z))) },
      },
    );
    const x = tensor(Uint8Array.of(0, 1, 2, 3), [4, 1]);
    const run = await fit(game, { x }, { inputs: { z: normal([1]) }, epochs: 1, progress: false });
    expect(await run.models.a.predict(2)).toBeCloseTo(4, 5);
    expect(await run.models.b.predict(2)).toBeCloseTo(6, 5);
    expect(run.notes).toEqual([
      'x: bytes are divided by 255',
      expect.stringContaining('batchSize: 32 is more than the 4'),
    ]);
    const error = await rejection(run.models.a.evaluate({ x: [1], y: [1] }));
    expect(error.message).toContain('a model that was trained as a player has no loss of rows and targets');
  });

  it('goes on from the models of another', async () => {
    const first = await fit(smallGan(), ring(64), quick);
    const still = sgd({ learningRate: 0 });
    const game = players(first.models, {
      critic: { optimizer: still, loss: (m, { x }) => mean(m.critic(x)) },
      generator: { optimizer: still, loss: (m, { z }) => mean(m.generator(z)) },
    });
    expect(bitsOf(await fit(game, ring(64), quick))).toEqual(bitsOf(first));
  });

  it('stops by a signal and returns what it has', async () => {
    const controller = new AbortController();
    const epochs = train(smallGan(), ring(64), { ...quick, epochs: 50, signal: controller.signal });
    await epochs.next();
    controller.abort();
    const { done, value } = await epochs.next();
    expect(done).toBe(true);
    expect(value).toMatchObject({ ending: 'aborted', steps: 1 });
    const aborted = rejection(fit(smallGan(), ring(64), { ...quick, signal: AbortSignal.abort() }));
    expect((await aborted).message).toBe('fit: the signal was aborted before the run began');
  });

  it('frees its session when its loop is left, and at its end', async () => {
    const freed: boolean[] = [];
    const open = wasmBackend.open.bind(wasmBackend);
    vi.spyOn(wasmBackend, 'open').mockImplementation(async (...args) => {
      const session = await open(...args);
      const dispose = session.dispose.bind(session);
      session.dispose = () => {
        freed.push(true);
        dispose();
      };
      return session;
    });
    for await (const _ of train(smallGan(), ring(64), quick)) break;
    expect(freed).toHaveLength(1);
    await fit(smallGan(), ring(64), quick);
    expect(freed).toHaveLength(2);
  });

  it('shows its progress with the losses of the players', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    await fit(smallGan(), ring(64), { ...quick, epochs: 1, progress: true });
    const written = write.mock.calls.map(([text]) => String(text)).join('');
    expect(written).toMatch(/epoch 1\/1 {2}critic -?\d.*generator -?\d/);
    expect(written).not.toContain('loss');
  });

  it('passes threads on, with the same bits', async () => {
    const alone = await fit(smallGan(), ring(64), quick);
    const shared = await fit(smallGan(), ring(64), { ...quick, threads: 2 });
    expect(shared.device.reason.length).toBeGreaterThan(alone.device.reason.length);
    expect(bitsOf(shared)).toEqual(bitsOf(alone));
  });

  it('that would need too much memory is told the batch size that fits', async () => {
    const options = { ...quick, batchSize: 4000, memoryLimit: 2 ** 20 };
    const error = await rejection(fit(smallGan(), ring(4000), options));
    const named = Number(/help: batchSize (\d+) would fit; or raise memoryLimit$/.exec(error.message)?.[1]);
    expect(named).toBeGreaterThan(1);
    using run = await fit(smallGan(), ring(4000), { ...options, batchSize: named, epochs: 1 });
    expect(run.steps).toBe(Math.ceil(4000 / (named * 5)));
  });
});

describe('divergence', () => {
  /** b's loss is log(1 − a) in the end: a falls short of 1 by a tenth less each step, b's turn then has log of 0 or less. */
  const diverging = (repeat: number) =>
    players(
      { a: weight(0.5), b: weight(1) },
      {
        a: { optimizer: sgd({ learningRate: 0.2 }), loss: (m, { x }) => neg(mean(m.a(x))) },
        b: {
          ...{ optimizer: sgd({ learningRate: 0 }), repeat },
          loss: (m, { x }) => add(mean(log(sub(1, m.a(x)))), mean(m.b(x))),
        },
      },
    );

  it.each([1, 3])(
    'names the player, the step and the op, and keeps the last good weights: %s turns',
    async (repeat) => {
      const error = (await rejection(
        fit(diverging(repeat), { x: [1, 1, 1, 1, 1, 1] }, { batchSize: 2, epochs: 4, progress: false }),
      )) as DivergenceError;
      expect(error).toMatchObject({ code: 'divergence', player: 'b', step: 2, instruction: { op: 'log' } });
      expect(error.message).toContain('training diverged in the turn of b at step 2 (epoch ');
      expect(error.message).toContain('log outside its domain');
      const run = error.run as unknown as PlayersRun<'a' | 'b'>;
      expect(run).toMatchObject({ ending: 'diverged', steps: 2 });
      // Two steps of 0.2, not three.
      expect(weightOf(run.models.a)).toBeCloseTo(0.9, 5);
      expect(error.lastLoss).toBeCloseTo(Math.log(1 - 0.9) + 1, 4);
    },
  );
});
