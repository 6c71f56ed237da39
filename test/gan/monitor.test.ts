/** What a monitor reads of games whose numbers are known, and what a critic without bounds does. */
import {
  chain,
  clipWeights,
  constant,
  type DivergenceError,
  dense,
  fit,
  ganLosses,
  ganMonitor,
  normal,
  players,
  rmsprop,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { rejection } from '../train/examples.ts';
import { bitsOf, ring, smallGan } from '../train/games.ts';

const quick = { inputs: { z: normal([2]) }, epochs: 4, batchSize: 16, progress: false } as const;
const still = sgd({ learningRate: 0 });

describe('ganMonitor', () => {
  it('reads the critic and the spread of samples, by hand', async () => {
    // Data are 1 and 3, samples all 0; the critic says x − 0.5.
    const critic = dense(1, { kernelInitializer: constant(1), biasInitializer: constant(-0.5) });
    const generator = dense(1, { bias: false, kernelInitializer: constant(0) });
    const loss = ganLosses.wasserstein();
    const game = players(
      { critic, generator },
      {
        critic: { optimizer: still, loss: (m, { x, z }) => loss.critic(m.critic(x), m.critic(m.generator(z))) },
        generator: { optimizer: still, loss: (m, { z }) => loss.generator(m.critic(m.generator(z))) },
      },
    );
    const monitor = ganMonitor();
    await fit(
      game,
      { x: [[1], [3]] },
      { inputs: { z: normal([1]) }, batchSize: 2, epochs: 1, progress: false, tricks: [monitor] },
    );
    expect(monitor.readings).toHaveLength(1);
    expect(monitor.readings[0]).toMatchObject({
      ...{ epoch: 1, step: 1, criticAccuracy: 1, criticLoss: -2, generatorLoss: 0.5, lossRatio: -4, wasserstein: 2 },
      ...{ fakeDistance: 0, realDistance: 2, spread: 0 },
    });
    // The norm of the generator's gradient is that of the mean of z.
    expect(monitor.readings[0]?.generatorGradientNorm).toBeGreaterThan(0);
  });

  it('changes no number of the run, and reads every second epoch where it is asked to', async () => {
    const monitor = ganMonitor({ every: 2 });
    const plain = await fit(smallGan(), ring(64), quick);
    const watched = await fit(smallGan(), ring(64), { ...quick, tricks: [monitor] });
    expect(bitsOf(watched)).toEqual(bitsOf(plain));
    expect(monitor.readings.map(({ epoch }) => epoch)).toEqual([2, 4]);
    expect(monitor.readings[0]?.criticGradientNorm).toBeCloseTo(watched.history[1]?.gradientNorms.critic as number, 10);
  });

  it('says which players there are where it finds none of its names', async () => {
    const game = players(
      { a: dense(1), b: dense(1) },
      {
        a: { loss: (m, { x }) => ganLosses.wasserstein().generator(m.a(x)) },
        b: { loss: (m, { x }) => ganLosses.wasserstein().generator(m.b(x)) },
      },
    );
    const error = await rejection(
      fit(game, { x: [[1], [2]] }, { batchSize: 2, epochs: 1, progress: false, tricks: [ganMonitor()] }),
    );
    expect(error.message).toContain("ganMonitor: there is no player 'critic', but a, b");
    expect(() => ganMonitor({ every: 0 })).toThrow('ganMonitor.every: expected an integer ≥ 1, got 0');
  });
});

describe('a Wasserstein critic', () => {
  /** Layers of squares would do at once what a long run does: the learning rate is far too large on purpose. */
  const game = (isClipped: boolean) => {
    const network = (outputs: number) => sequential([dense(16, { activation: 'relu' }), dense(outputs)]);
    const loss = ganLosses.wasserstein();
    const wild = sgd({ learningRate: 1e4 });
    return players(
      { critic: network(1), generator: network(2) },
      {
        critic: {
          optimizer: isClipped ? chain(rmsprop({ learningRate: 1e4 }), clipWeights(0.1)) : wild,
          loss: (m, { x, z }) => loss.critic(m.critic(x), m.critic(m.generator(z))),
          repeat: 5,
        },
        generator: {
          optimizer: sgd({ learningRate: 1e-3 }),
          loss: (m, { z }) => loss.generator(m.critic(m.generator(z))),
        },
      },
    );
  };

  it('that nothing bounds diverges, and the error names it', async () => {
    const error = (await rejection(fit(game(false), ring(64), quick))) as DivergenceError;
    expect(error.code).toBe('divergence');
    expect(error.player).toBe('critic');
    expect(error.message).toContain('critic');
  });

  it('with clipped weights goes on at the same rate, and no weight is beyond the limit', async () => {
    const run = await fit(game(true), ring(64), quick);
    expect(run.ending).toBe('completed');
    const weights = [...run.models.critic.parameters.values()].flatMap(({ data }) => [...data]);
    // The update is rounded once more when it is added: one unit in the last place.
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(0.1 + 1e-7);
  });
});
