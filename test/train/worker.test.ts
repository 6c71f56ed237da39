/** `fit` with `worker: true` in Node: the same run as without, heard and stopped from here; and nothing left behind. */
import { readdirSync } from 'node:fs';
import type * as workerThreads from 'node:worker_threads';
import {
  accuracy,
  adam,
  crossEntropy,
  dense,
  fit,
  fitLbfgs,
  mean,
  meanSquaredError,
  neg,
  normal,
  players,
  precompile,
  type Run,
  sequential,
  sub,
  tensor,
  train,
} from 'saddlepoint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf, PARAMETERS_OF_42, scenario } from '../browser/scenario.ts';
import { clouds } from './examples.ts';
import { runScript } from './process/run.ts';

const model = (units = 16) => sequential([dense(units, { activation: 'relu' }), dense(3)]);
const options = { loss: crossEntropy(), optimizer: adam(), epochs: 5, seed: 3, progress: false } as const;
const parametersOf = ({ parameters }: Pick<Run, 'parameters'>) =>
  [...parameters].map(([path, { data }]) => [path, data]);

/** Steps that are worth sharing among threads. */
const wide = {
  x: tensor(
    Float32Array.from({ length: 96 * 784 }, (_, i) => Math.sin(i)),
    [96, 784],
  ),
  y: clouds(96).y,
};
const wideModel = () => sequential([dense(96, { activation: 'relu' }), dense(3)]);

/** The workers that the library started in this process. */
const made: workerThreads.Worker[] = [];
const builtin = process.getBuiltinModule('node:worker_threads');
const { Worker } = builtin;
beforeAll(() => {
  builtin.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      made.push(this);
    }
  };
});
afterAll(() => {
  builtin.Worker = Worker;
});

/** Until they have left: a worker that was told to end needs a moment for it. */
async function areGone(): Promise<boolean> {
  for (let i = 0; i < 200 && made.some(({ threadId }) => threadId !== -1); i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return made.every(({ threadId }) => threadId === -1);
}

describe('fit in a worker', () => {
  test('T4: sync, async and worker training give the same parameters for a seed, to the bit', async () => {
    expect(await hashOf(await scenario(42, { worker: true }))).toBe(PARAMETERS_OF_42);
    const runs = [
      await fit(model(), clouds(200), options),
      await fit(model(), clouds(200), { ...options, worker: true }),
    ];
    const epochs = train(model(), clouds(200), { ...options, worker: true });
    for (;;) {
      const { done, value } = await epochs.next();
      if (!done) continue;
      runs.push(value);
      break;
    }
    for (const run of runs) expect(parametersOf(run)).toEqual(parametersOf(runs[0] as Run));
    expect(runs.map(({ device }) => device.reason)).toEqual([
      'WebAssembly SIMD is available',
      'WebAssembly SIMD is available; in a worker',
      'WebAssembly SIMD is available; in a worker',
    ]);
  });

  test('case 36: in a worker, with several threads and with one, the parameters are the same', async () => {
    const run = (more: object) => fit(wideModel(), wide, { ...options, epochs: 30, deterministic: true, ...more });
    const alone = await run({});
    for (const more of [{ threads: 4 }, { worker: true, threads: 4 }, { worker: true }]) {
      const other = await run(more);
      expect(other.device.threads).toBe('threads' in more ? 4 : 1);
      expect(parametersOf(other)).toEqual(parametersOf(alone));
    }
  });

  test('callbacks, metrics, validation, checkpoints and progress stay here', async () => {
    const heard: number[] = [];
    const more = { metrics: [accuracy()], validation: 0.2, resumable: true, batchSize: 20 };
    const given = (worker: boolean) => ({
      ...{ ...options, ...more, worker },
      callbacks: [{ every: 1, onStep: ({ step }: { step: number }) => void heard.push(step) }],
    });
    const [here, there] = [await fit(model(), clouds(200), given(false)), await fit(model(), clouds(200), given(true))];
    expect(heard).toEqual([...Array(40).keys(), ...Array(40).keys()]);
    const withoutTime = ({ history }: Run<'accuracy'>) => history.map(({ seconds, ...rest }) => rest);
    expect(withoutTime(there)).toEqual(withoutTime(here));
    const go = (run: Run<'accuracy'>, worker: boolean) =>
      fit(model(), clouds(200), { ...given(worker), epochs: 7, resume: run.checkpoint() });
    expect(parametersOf(await go(there, true))).toEqual(parametersOf(await go(here, false)));
    expect(await there.evaluate(clouds(90), { worker: true })).toEqual(await here.evaluate(clouds(90)));
  });

  test('players and L-BFGS run there too', async () => {
    const game = () =>
      players(
        { generator: dense(2), critic: dense(1) },
        {
          critic: { loss: (m, { x, z }) => sub(mean(m.critic(m.generator(z))), mean(m.critic(x))) },
          generator: { loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))) },
        },
      );
    const x = clouds(60).x;
    const play = (worker: boolean) =>
      fit(game(), { x }, { inputs: { z: normal([4]) }, epochs: 2, worker, progress: false });
    const [here, there] = [await play(false), await play(true)];
    expect(there.device.reason).toMatch(/in a worker$/);
    for (const name of ['generator', 'critic'] as const)
      expect(parametersOf(there.models[name])).toEqual(parametersOf(here.models[name]));
    const lowest = (worker: boolean) =>
      fitLbfgs(dense(1), { x: [[1], [2], [3]], y: [2, 4, 7] }, { loss: meanSquaredError(), worker });
    expect(parametersOf(await lowest(true))).toEqual(parametersOf(await lowest(false)));
  });

  test('an abort is heard within one call, and the weights of then are kept', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 150);
    const began = performance.now();
    const more = { epochs: 1_000_000, signal: controller.signal, worker: true };
    const run = await fit(model(), clouds(3000), { ...options, ...more });
    expect(run.ending).toBe('aborted');
    // A call takes milliseconds; the rest is for a machine that is busy with other tests.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await run.predict([0.5, 0.5])).toHaveProperty('label');
  });

  test('a loss that is not finite is reported as without a worker', async () => {
    const diverge = (worker: boolean) =>
      fit(model(), clouds(60), { ...options, optimizer: adam({ learningRate: 1e30 }), worker }).catch((error) => error);
    const [here, there] = [await diverge(false), await diverge(true)];
    expect(there).toMatchObject({ name: 'DivergenceError', code: 'divergence', message: here.message });
  });

  test('a worker that is killed ends the run with an error, at once', async () => {
    let running: Promise<unknown> = Promise.resolve();
    // On a busy machine it may take any time to begin.
    await new Promise<void>((begun) => {
      const callbacks = [{ onStep: () => begun() }];
      running = fit(model(), clouds(3000), { ...options, epochs: 1_000_000, worker: true, callbacks }).catch(
        (error) => error,
      );
    });
    await made.at(-1)?.terminate();
    expect(await running).toMatchObject({
      code: 'internal',
      message: expect.stringMatching(
        /^the worker of the run has ended: it ended with code 1\n {2}help: the run cannot go on/,
      ),
    });
  });

  test('after a run no worker is left, nor any thread of one', async () => {
    expect(await areGone()).toBe(true);
    const tasks = async (): Promise<number> => {
      using run = await fit(wideModel(), wide, { ...options, epochs: 3, worker: true, threads: 3 });
      expect([run.device.threads, await areGone()]).toEqual([3, true]);
      return readdirSync('/proc/self/task').length;
    };
    const [first, , , fourth] = [await tasks(), await tasks(), await tasks(), await tasks()] as [
      number,
      number,
      number,
      number,
    ];
    // A run has three; the engine starts and ends helpers of its own.
    expect(fourth - first).toBeLessThan(3);
  });

  test('runs that nobody disposes of do not keep the process', async () => {
    expect(await runScript('left')).toBe('WebAssembly SIMD is available; in a worker; threads: 2, asked for, 2');
  });

  test.each([
    [{ worker: 'yes' as never }, /^worker: expected true or false, got 'yes'/],
    [{ worker: true, device: 'reference' as const }, /^worker: true goes with WebAssembly, and device is 'reference'/],
    [{ worker: true, workerUrl: 3 as never }, /^workerUrl: expected an address, got 3/],
  ])('refuses %o', async (more, message) => {
    await expect(fit(model(), clouds(30), { ...options, ...more })).rejects.toThrow(message);
  });
});

describe('precompile', () => {
  test('B4: opens, steps and frees what fit would, tells the times apart, and keeps a worker for the next run', async () => {
    const given = { ...options, worker: true };
    const built = model();
    const times = await precompile(built, clouds(96), { ...given, callbacks: [() => expect.unreachable('not told')] });
    expect(times.device).toMatchObject({ name: 'wasm', reason: 'WebAssembly SIMD is available; in a worker' });
    for (const seconds of [times.openSeconds, times.firstStepSeconds, times.stepSeconds]) {
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(60);
    }
    const alive = () => made.filter(({ threadId }) => threadId !== -1).length;
    expect(alive()).toBeGreaterThanOrEqual(1);
    const count = made.length;
    const run = await fit(built, clouds(96), given);
    expect(made.length).toBe(count);
    expect(parametersOf(run)).toEqual(parametersOf(await fit(model(), clouds(96), options)));
    expect(await areGone()).toBe(true);
  });
});
