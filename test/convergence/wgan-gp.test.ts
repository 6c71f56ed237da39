/** A generator that covers the ring: WGAN-GP, some 1,500 generator steps of five critic turns each, three seeds. */
import {
  adam,
  dense,
  fit,
  mean,
  neg,
  normal,
  normalWithKey,
  players,
  randomKey,
  sequential,
  streamOf,
  tensor,
  wassersteinCritic,
} from 'saddlepoint';
import { expect, test } from 'vitest';
import { coverage, ringPoints } from '../engine/ring.ts';

// The set-up of Gulrajani et al. 2017 (Algorithm 1, λ = 0.1 on toys) at the sizes that the ring is usually shown with.
const WIDTH = 128;
const DEPTH = 3;
const ROWS = 256;
const POINTS = 8192;
const CRITIC_TURNS = 5;
const PENALTY = 0.1;
// Of ⌈8,192 / (256 · 5)⌉ = 7 steps: 1,498, the most within 1,500.
const EPOCHS = 214;
const SAMPLES = 2500;

const network = (outputs: number) =>
  sequential([...Array.from({ length: DEPTH }, () => dense(WIDTH, { activation: 'relu' })), dense(outputs)]);

test.each([0, 1, 2])(
  'seed %s: all eight modes have samples within 0.2',
  async (seed) => {
    const optimizer = adam({ learningRate: 1e-3, beta1: 0, beta2: 0.9 });
    const gan = players(
      { critic: network(1), generator: network(2) },
      {
        critic: {
          ...{ optimizer, repeat: CRITIC_TURNS },
          loss: (m, { x, z }) => wassersteinCritic(m, x, z, { gradientPenalty: PENALTY }),
        },
        generator: { optimizer, loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))) },
      },
    );
    const x = tensor(ringPoints(POINTS, seed), [POINTS, 2]);
    const options = { inputs: { z: normal([2]) }, batchSize: ROWS, seed, progress: false };
    using run = await fit(gan, { x }, { ...options, epochs: EPOCHS });
    expect(run.steps).toBe(1498);
    const z = normalWithKey(randomKey(999), [SAMPLES, 2], streamOf('samples'));
    const { modes, share } = coverage((await run.models.generator.predict(z.toArray())) as number[][], 0.2);
    console.log(`seed ${seed}: ${modes} of 8 modes, ${(100 * share).toFixed(1)} % of the samples within 0.2`);
    expect(modes).toBe(8);
  },
  300_000,
);
