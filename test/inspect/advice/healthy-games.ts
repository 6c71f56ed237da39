/**
 * @file Games of a critic and a generator on the ring of eight Gaussians that cover it, in which the advisor has nothing to say;
 * and what it says of any game by the readings of `ganMonitor`.
 */
import {
  type Advice,
  add,
  advise,
  chain,
  dense,
  fit,
  type GanReading,
  ganLosses,
  ganMonitor,
  normal,
  players,
  sequential,
  wassersteinCritic,
  weightEma,
} from 'saddlepoint';
import { GAMES, type Game } from '../../../demo/adversarial-networks/games.ts';
import { pointsOf, ring } from '../../../demo/adversarial-networks/mixtures.ts';

/** The set-ups of docs/tricks/adversarial-networks.md. */
export const HEALTHY_GAMES: readonly { readonly name: string; readonly game: Game }[] = [
  { name: 'ring, R1, 3,000 steps', game: GAMES.r1 },
  { name: 'ring, WGAN-GP, 1,500 steps of five turns', game: GAMES.gradientPenalty },
];

const POINTS = 25_600;

/** Steps and points as `play` of the experiment has them, with a monitor in place of what it looks at. */
export async function adviceOnGame(
  game: Game,
  seed: number,
): Promise<{ readonly advice: readonly Advice[]; readonly readings: readonly GanReading[] }> {
  const { loss, turns = 1, noise = 2, batch = 256 } = game;
  const network = (outputs: number, widths: readonly number[] = [128, 128, 128]) =>
    sequential([...widths.map((width) => dense(width, { activation: 'relu' })), dense(outputs)]);
  const gan = players(
    { critic: network(1, game.criticWidths), generator: network(2, game.generatorWidths) },
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
        optimizer: chain(game.generatorOptimizer, weightEma(0.995)),
        loss: (m, { z }) => loss.generator(m.critic(m.generator(z))),
      },
    },
  );
  const epochs = Math.round(game.steps / Math.ceil(POINTS / (batch * turns)));
  const monitor = ganMonitor();
  using run = await fit(
    gan,
    { x: pointsOf(ring, POINTS, seed) },
    { inputs: { z: normal([noise]) }, batchSize: batch, epochs, seed, progress: false, tricks: [monitor] },
  );
  return { advice: await advise(run, { gan: monitor.readings }), readings: monitor.readings };
}
