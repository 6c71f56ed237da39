/** @file The games that are played on the mixtures, in the set-ups of the table. */
import {
  adam,
  add,
  chain,
  clipWeights,
  dense,
  fit,
  ganLosses,
  normal,
  normalWithKey,
  type PlayersCallback,
  players,
  quality,
  randomKey,
  rmsprop,
  sequential,
  spectralNorm,
  streamOf,
  type TrainedModel,
  type Transform,
  wassersteinCritic,
  weightEma,
} from 'saddlepoint';
import { type Mixture, pointsOf } from './mixtures.ts';

/** Points of each data set: with batches of 256, an epoch of one turn a step has 100 steps. */
export const POINTS = 25_600;
const BATCH = 256;
const SAMPLES = 2500;
const AVERAGE = 0.995;

const network = (outputs: number, widths: readonly number[], isSpectral = false) => {
  const layers = [...widths.map((width) => dense(width, { activation: 'relu' })), dense(outputs)];
  return sequential(isSpectral ? layers.map((layer) => spectralNorm(layer)) : layers);
};

export interface Game {
  readonly loss: ganLosses.GanLoss;
  readonly criticOptimizer: Transform;
  readonly generatorOptimizer: Transform;
  /** Steps of the generator. */
  readonly steps: number;
  /** Turns of the critic a step; default 1. */
  readonly turns?: number;
  /** λ of WGAN-GP. */
  readonly gradientPenalty?: number;
  /** γ of R1. */
  readonly r1?: number;
  /** Whether all weights of the critic are spectrally normalized. */
  readonly spectral?: boolean;
  readonly noise?: number;
  readonly generatorWidths?: readonly number[];
  readonly criticWidths?: readonly number[];
  readonly batch?: number;
}

const usual = adam({ learningRate: 1e-3, beta1: 0.5 });
const withoutMomentum = adam({ learningRate: 1e-3, beta1: 0, beta2: 0.9 });
const both = (optimizer: Transform) => ({ criticOptimizer: optimizer, generatorOptimizer: optimizer });

export const GAMES = {
  nonSaturating: { loss: ganLosses.nonSaturating(), ...both(usual), steps: 3000 },
  minimax: { loss: ganLosses.minimax(), ...both(usual), steps: 3000 },
  r1: { loss: ganLosses.nonSaturating(), ...both(usual), steps: 3000, r1: 1 },
  gradientPenalty: {
    ...{ loss: ganLosses.wasserstein(), ...both(withoutMomentum), steps: 1500, turns: 5 },
    gradientPenalty: 0.1,
  },
  clipping: {
    ...{ loss: ganLosses.wasserstein(), steps: 1500, turns: 5 },
    criticOptimizer: chain(rmsprop({ learningRate: 5e-4 }), clipWeights(0.1)),
    generatorOptimizer: rmsprop({ learningRate: 5e-4 }),
  },
  // Miyato et al. 2018: hinges, a turn of the critic for each of the generator's, as many steps as the other games of one turn.
  spectral: { loss: ganLosses.hinge(), ...both(withoutMomentum), steps: 3000, spectral: true },
  weak: {
    ...{ loss: ganLosses.nonSaturating(), steps: 4000, batch: 512 },
    criticOptimizer: adam({ learningRate: 1e-4, beta1: 0.5 }),
    generatorOptimizer: adam({ learningRate: 1e-3, beta1: 0.5 }),
    ...{ noise: 256, generatorWidths: [128, 128], criticWidths: [128] },
  },
} as const satisfies Record<string, Game>;

/** What a generator covers. */
export interface Coverage {
  /** Within three deviations. */
  readonly strict: quality.Modes;
  readonly loose: quality.Modes;
  readonly samples: readonly (readonly number[])[];
}

export interface Played {
  readonly plain: Coverage;
  /** Of the averaged weights of the generator. */
  readonly averaged: Coverage;
  /** The loose share after each 1,000 steps. */
  readonly shares: readonly number[];
  readonly seconds: number;
}

async function coverage(generator: TrainedModel<never>, noise: number, mixture: Mixture): Promise<Coverage> {
  const z = normalWithKey(randomKey(999), [SAMPLES, noise], streamOf('samples'));
  const samples = (await generator.predict(z.toArray())) as number[][];
  const { centers, deviation, near } = mixture;
  return {
    strict: quality.modes(samples, centers, { deviation }),
    loose: quality.modes(samples, centers, { within: near }),
    samples,
  };
}

/** The players of a game, untrained: a critic, and a generator whose average is kept besides. */
export function playersOf(game: Game) {
  const { loss, turns = 1 } = game;
  const generator = network(2, game.generatorWidths ?? [128, 128, 128]);
  const critic = network(1, game.criticWidths ?? [128, 128, 128], game.spectral);
  return players(
    { critic, generator },
    {
      critic: {
        ...{ optimizer: game.criticOptimizer, repeat: turns },
        loss(m, { x, z }) {
          if (game.gradientPenalty !== undefined)
            return wassersteinCritic(m, x, z, { gradientPenalty: game.gradientPenalty });
          const value = loss.critic(m.critic(x), m.critic(m.generator(z)));
          return game.r1 === undefined ? value : add(value, ganLosses.r1(m.critic, x, { gamma: game.r1 }));
        },
      },
      generator: {
        optimizer: chain(game.generatorOptimizer, weightEma(AVERAGE)),
        loss: (m, { z }) => loss.generator(m.critic(m.generator(z))),
      },
    },
  );
}

/** How `fit` is to play it. */
export function scheduleOf({ turns = 1, noise = 2, batch = BATCH, steps }: Game) {
  const stepsPerEpoch = Math.ceil(POINTS / (batch * turns));
  return { batch, noise, stepsPerEpoch, epochs: Math.round(steps / stepsPerEpoch) };
}

/** Plays a game, and looks at its generator at the end, plain and averaged. */
export async function play(game: Game, mixture: Mixture, seed: number): Promise<Played> {
  const { batch, noise, stepsPerEpoch, epochs } = scheduleOf(game);
  const shares: number[] = [];
  let plain: Coverage | undefined;
  const watch: PlayersCallback = {
    async onEpoch({ epoch }, control) {
      const thousands = Math.floor((epoch * stepsPerEpoch) / 1000);
      if (thousands === shares.length && epoch < epochs) return;
      const models = await control.models({ averages: false });
      const found = await coverage(models.generator as TrainedModel<never>, noise, mixture);
      if (thousands > shares.length) shares.push(found.loose.share);
      if (epoch === epochs) plain = found;
    },
  };
  const began = performance.now();
  using run = await fit(
    playersOf(game),
    { x: pointsOf(mixture, POINTS, seed) },
    { inputs: { z: normal([noise]) }, batchSize: batch, epochs, seed, progress: false, callbacks: [watch] },
  );
  const seconds = (performance.now() - began) / 1000;
  return {
    ...{ plain: plain as Coverage, averaged: await coverage(run.models.generator, noise, mixture), shares, seconds },
  };
}
