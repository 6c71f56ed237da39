/** @file Small games of players, and what tests look at in them. */
import {
  adam,
  constant,
  dense,
  mean,
  neg,
  type PlayersRun,
  players,
  sequential,
  type TrainedModel,
  tensor,
  wassersteinCritic,
} from 'saddlepoint';
import { ringPoints } from '../engine/ring.ts';

export const ring = (rows: number) => ({ x: tensor(ringPoints(rows, 1), [rows, 2]) });

const network = (outputs: number) => sequential([dense(16, { activation: 'tanh' }), dense(outputs)]);

/** The WGAN-GP with small networks. */
export function smallGan(repeat = 5) {
  const optimizer = adam({ learningRate: 1e-3, beta1: 0, beta2: 0.9 });
  return players(
    { critic: network(1), generator: network(2) },
    {
      critic: { optimizer, repeat, loss: (m, { x, z }) => wassersteinCritic(m, x, z, { gradientPenalty: 0.1 }) },
      generator: { optimizer, loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))) },
    },
  );
}

/** A model of one weight and no bias: rows [n, 1] times the weight. */
export const weight = (start: number) => dense(1, { bias: false, kernelInitializer: constant(start) });

export const weightOf = (model: TrainedModel<never>): number => model.parameters.get('kernel')?.data[0] as number;

/** All parameters of all players, one after the other. */
export const bitsOf = (run: PlayersRun): number[] =>
  Object.values(run.models).flatMap((model) => [...model.parameters.values()].flatMap(({ data }) => [...data]));
