/** @file Tricks of a run of players: what changes a player's optimizer, and what looks on. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Players, ResolvedRole } from './players.ts';
import type { PlayersCallback } from './players-callback.ts';
import type { TransformTrick, Trick } from './trick.ts';

/**
 * A callback, or a trick of kind 'transform', which changes everybody's optimizer, or by `forPlayer` that of one.
 */
export type PlayersTrick = PlayersCallback | TransformTrick;

/**
 * A trick for one player: it changes the optimizer of that player alone.
 *
 * @param player its name among the models.
 * @param trick of kind 'transform'.
 * @example fit(gan, { x }, { inputs: { z: normal([100]) }, tricks: [forPlayer('generator', ema(0.999))] })
 */
export const forPlayer = (player: string, trick: TransformTrick): TransformTrick => ({
  ...trick,
  options: { ...trick.options, player },
});

/** @throws SaddlepointError `option` for what is neither, and for tricks that change more than an optimizer. */
export function checkPlayersTricks(tricks: readonly PlayersTrick[]): void {
  if (!Array.isArray(tricks))
    throw new SaddlepointError('option', `fit: tricks: expected a list, got ${show(tricks)}`, '[ganMonitor()]');
  tricks.forEach((trick: unknown, i) => {
    if (trick === null || typeof trick !== 'object')
      throw new SaddlepointError(
        'option',
        `fit: tricks[${i}]: expected a trick or a callback, got ${show(trick)}`,
        'call the factory: ganMonitor(), not ganMonitor',
      );
    const { kind, name } = trick as Partial<Trick>;
    if (kind !== undefined && kind !== 'transform')
      throw new SaddlepointError(
        'option',
        `fit: tricks[${i}]: '${name}' is a trick of kind '${kind}', and players have losses of their own`,
        'several players take tricks of kind transform, and callbacks; write the rest into the loss of its player',
      );
  });
}

/** The game with the optimizers that its tricks make. */
export function withTricks(game: Players, tricks: readonly PlayersTrick[]): Players {
  const names = Object.keys(game.roles);
  const changes = tricks.filter((trick): trick is TransformTrick => 'kind' in trick);
  if (changes.length === 0) return game;
  const roles: Record<string, ResolvedRole> = { ...game.roles };
  for (const trick of changes) {
    if (trick.isNeutral === true) continue;
    const { player } = trick.options;
    if (player !== undefined && !names.includes(String(player)))
      throw new SaddlepointError(
        'option',
        `fit: tricks: '${trick.name}' is for ${show(player)}, and there is no such player`,
        suggest(String(player), names),
      );
    for (const name of player === undefined ? names : [String(player)]) {
      const role = roles[name] as ResolvedRole;
      roles[name] = { ...role, optimizer: trick.wrap(role.optimizer) };
    }
  }
  return { ...game, roles };
}

/** The callbacks among them, then the others. */
export const callbacksOf = (
  tricks: readonly PlayersTrick[],
  callbacks: readonly PlayersCallback[],
): readonly PlayersCallback[] => [
  ...tricks.filter((trick): trick is PlayersCallback => !('kind' in trick)),
  ...callbacks,
];
