/**
 * @file Games of a critic and a generator on the ring of eight Gaussians that cover it, in which the advisor has nothing to say;
 * and what it says of any game by the readings of `ganMonitor`.
 */
import { type Advice, advise, fit, type GanReading, ganMonitor, normal } from 'saddlepoint';
import { GAMES, type Game, POINTS, playersOf, scheduleOf } from '../../../demo/adversarial-networks/games.ts';
import { pointsOf, ring } from '../../../demo/adversarial-networks/mixtures.ts';

/** The set-ups of docs/tricks/adversarial-networks.md. */
export const HEALTHY_GAMES: readonly { readonly name: string; readonly game: Game }[] = [
  { name: 'ring, R1, 3,000 steps', game: GAMES.r1 },
  { name: 'ring, WGAN-GP, 1,500 steps of five turns', game: GAMES.gradientPenalty },
];

/** As `play` of the experiment, with a monitor in place of what it looks at. */
export async function adviceOnGame(
  game: Game,
  seed: number,
): Promise<{ readonly advice: readonly Advice[]; readonly readings: readonly GanReading[] }> {
  const { batch, noise, epochs } = scheduleOf(game);
  const monitor = ganMonitor();
  using run = await fit(
    playersOf(game),
    { x: pointsOf(ring, POINTS, seed) },
    { inputs: { z: normal([noise]) }, batchSize: batch, epochs, seed, progress: false, tricks: [monitor] },
  );
  return { advice: await advise(run, { gan: monitor.readings }), readings: monitor.readings };
}
