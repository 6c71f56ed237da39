/** @file The options of a run of players. */
import { DEVICE_OPTIONS, type DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, SaddlepointError, show } from '../core/errors.ts';
import { playerLoss } from '../nn/losses/player.ts';
import type { Noise } from './noise.ts';
import { type FitOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import type { PlayersCallback } from './players-callback.ts';
import { checkPlayersTricks, type PlayersTrick } from './players-tricks.ts';

/** Those of `FitOptions` that do not belong to a role, and the inputs that are drawn. */
export interface PlayersOptions
  extends DeviceOptions,
    Pick<FitOptions, 'shuffle' | 'seed' | 'progress' | 'signal' | 'onTap'> {
  /** Inputs of the losses beside x and y, drawn anew for every row: `{ z: normal([100]) }`. Default: none. */
  readonly inputs?: Readonly<Record<string, Noise>>;
  /**
   * ≥ 1, default 10. An epoch has as many steps as it takes for the player that draws the most rows to draw each once:
   * rows / (batchSize · repeat), rounded up. Rows come in passes over the data, which go on from epoch to epoch.
   */
  readonly epochs?: number;
  /** Rows of every turn: 1 to the number of rows, default 32. */
  readonly batchSize?: number;
  /** Tricks that change a player's optimizer, and callbacks: `[forPlayer('generator', ema(0.999)), ganMonitor()]`. Default: none. */
  readonly tricks?: readonly PlayersTrick[];
  /** Called on the way, after those among the tricks. Default: none. */
  readonly callbacks?: readonly PlayersCallback[];
}

export interface ResolvedPlayersOptions
  extends Pick<
    ResolvedOptions<never>,
    'shuffle' | 'seed' | 'place' | 'progress' | 'signal' | 'onTap' | 'epochs' | 'batchSize'
  > {
  readonly inputs: Readonly<Record<string, Noise>>;
  readonly tricks: readonly PlayersTrick[];
  readonly callbacks: readonly PlayersCallback[];
}

const OWN: readonly (keyof PlayersOptions)[] = [
  ...(['inputs', 'epochs', 'batchSize', 'shuffle', 'seed'] as const),
  ...(['progress', 'signal', 'onTap', 'tricks', 'callbacks'] as const),
  ...DEVICE_OPTIONS,
];
/** Options of `fit` that are a role's, or that players cannot have. */
const OTHERS: Readonly<Record<string, string>> = {
  loss: 'each player has its own: players(models, { critic: { loss } })',
  optimizer: 'each player has its own: players(models, { critic: { optimizer } })',
  metrics: 'the history has the losses of all players',
  validation: 'players have no loss of rows and targets; look at what their models predict',
  standardize: 'what players make is in the units of the data: give data of a fit scale',
};

/** @throws SaddlepointError `option` with the option's name, the value given and the legal values. */
export async function resolvePlayersOptions(options: PlayersOptions = {}): Promise<ResolvedPlayersOptions> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `fit: expected options, got ${show(options)}`);
  for (const name of Object.keys(options)) {
    const why = Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined;
    if (why !== undefined) throw new SaddlepointError('option', `fit: several players have no option '${name}'`, why);
  }
  checkKnownOptions('fit', options, OWN);
  const { inputs = {}, tricks = [], callbacks = [], ...shared } = options;
  checkInputs(inputs);
  checkPlayersTricks(tricks);
  checkPlayersTricks(callbacks);
  return { ...(await resolveOptions({ ...shared, loss: playerLoss() })), inputs, tricks, callbacks };
}

function checkInputs(inputs: Readonly<Record<string, Noise>>): void {
  if (inputs === null || typeof inputs !== 'object')
    throw new SaddlepointError(
      'option',
      `fit: inputs: expected an object, got ${show(inputs)}`,
      '{ z: normal([100]) }',
    );
  for (const [name, noise] of Object.entries(inputs)) {
    if (name === 'x' || name === 'y') {
      throw new SaddlepointError(
        'option',
        `fit: inputs.${name}: the name is that of the data`,
        'give what is drawn another name, such as z',
      );
    }
    const isNoise =
      (noise?.distribution === 'normal' || noise?.distribution === 'uniform') && Array.isArray(noise.shape);
    if (!isNoise) {
      throw new SaddlepointError(
        'option',
        `fit: inputs.${name}: expected normal(shape) or uniform(shape), got ${show(noise)}`,
        `for example { ${name}: normal([100]) }`,
      );
    }
  }
}
