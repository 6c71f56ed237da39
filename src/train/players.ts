/** @file `players`: several models, each with a loss and an optimizer of its own, trained against or with each other. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { adam } from '../optim/adam.ts';
import type { Transform } from '../optim/transform.ts';
import type { TrainedModel } from './model.ts';
import type { LossInputs, ModelCalls } from './model-calls.ts';
import { trainPlayers } from './players-fit.ts';

/** What one player does in a step. */
export interface Role<Name extends string = string, Input extends string = string> {
  /**
   * What the player minimizes, by the parameters of its own model alone.
   *
   * @param models every player's model by its name, with its present parameters, in train mode: `models.critic(x)`.
   * @param inputs the minibatch: `x`, and `y` where the data have it, and what the option `inputs` of `fit` draws.
   * @returns a scalar.
   */
  loss(models: ModelCalls<Name>, inputs: LossInputs<Input>): Tensor;
  /** Default: `adam()`, with learning rate 1e-3. */
  readonly optimizer?: Transform;
  /** Turns in each step, one after the other: ≥ 1, default 1. */
  readonly repeat?: number;
  /**
   * The rows of each turn: 'fresh' (default) draws rows for it, 'same' goes on with those of the turn before it, which another
   * player drew. What is drawn from noise is new in every turn.
   */
  readonly batch?: 'fresh' | 'same';
}

/** A role with every default in place. */
export type ResolvedRole = Required<Role>;

/** Several models with their roles: what `players` returns and `fit` trains. */
export interface Players<Name extends string = string> {
  /** @internal */
  readonly models: Readonly<Record<Name, Layer | TrainedModel>>;
  /** @internal In the order of their turns. */
  readonly roles: Readonly<Record<Name, ResolvedRole>>;
  /** @internal What `fit` calls; so who trains one model alone loads nothing of this. */
  readonly play: typeof trainPlayers;
}

/**
 * Several models that are trained together, each by a loss of its own: generative adversarial networks, and games like them.
 *
 * In every step each player takes its turns, in the order of `roles`; all of it is one call into the device. A loss moves the
 * parameters of its own player; running statistics are renewed in their player's own turns, too. If any loss or gradient is not
 * finite, nothing of the step is kept.
 *
 * @param models layers by name, or trained models to go on from.
 * @param roles for every model its loss, optimizer, turns and rows: see `Role`. Inputs other than x, y and z are named in the
 *   type of the argument: `(m, { x, mix }: LossInputs<'x' | 'mix'>) => …`.
 * @returns what `fit` and `train` take in place of a model.
 * @throws SaddlepointError `option` for a model without a role, a role without a model, and options of roles that are not legal.
 * @example
 * const gan = players({ critic, generator }, {
 *   critic: { loss: (m, { x, z }) => wassersteinCritic(m, x, z), optimizer: adam({ learningRate: 1e-4 }), repeat: 5 },
 *   generator: { loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))), optimizer: adam({ learningRate: 1e-4 }) },
 * });
 * const run = await fit(gan, { x }, { inputs: { z: normal([100]) }, epochs: 20 });
 */
export function players<Name extends string, Input extends string = 'x' | 'y' | 'z'>(
  models: Readonly<Record<Name, Layer | TrainedModel>>,
  roles: { readonly [K in NoInfer<Name>]: Role<NoInfer<Name>, Input> },
): Players<Name> {
  checkRecord('players: models', models, 'by name: players({ critic, generator }, roles)');
  checkRecord('players: roles', roles, 'one for each model: { critic: { loss, optimizer }, … }');
  const names = Object.keys(models);
  for (const name of names) {
    if (name === '' || name.includes('/'))
      throw error('players', `${show(name)} is no name of a player`, "a name is not empty and has no '/'");
    const model: Partial<Layer & TrainedModel> | undefined = models[name as Name];
    if (model === null || typeof model !== 'object' || !(typeof model.call === 'function' || 'state' in model))
      throw error(
        `players.${name}`,
        `expected a layer or a trained model, got ${show(model)}`,
        'for example sequential([dense(128, { activation: "relu" }), dense(1)])',
      );
    if (!Object.hasOwn(roles, name))
      throw error('players', `'${name}' has no role`, `every model needs one: ${name}: { loss: (m, { x }) => … }`);
  }
  const resolved = Object.entries<Role<Name, Input>>(roles).map(([name, role]) => {
    if (!Object.hasOwn(models, name)) throw error('players', `the role '${name}' has no model`, suggest(name, names));
    return [name, resolveRole(name, role as Role)] as const;
  });
  if (resolved.length === 0)
    throw error('players', 'there are none', 'players({ critic, generator }, { critic: …, generator: … })');
  return { models, roles: Object.fromEntries(resolved) as Record<Name, ResolvedRole>, play: trainPlayers };
}

function resolveRole(name: string, role: Role): ResolvedRole {
  const at = `players.${name}`;
  checkRecord(at, role, '{ loss: (m, { x }) => …, optimizer: adam() }');
  checkKnownOptions(at, role, ['loss', 'optimizer', 'repeat', 'batch']);
  const { loss, optimizer = adam(), repeat = 1, batch = 'fresh' } = role;
  if (typeof loss !== 'function')
    throw error(
      `${at}.loss`,
      `expected a function, got ${show(loss)}`,
      'of the models and the inputs: (m, { x, z }) => mean(m.critic(m.generator(z)))',
    );
  if (typeof optimizer?.update !== 'function' || typeof optimizer.scalars !== 'function')
    throw error(
      `${at}.optimizer`,
      `expected an optimizer, got ${show(optimizer)}`,
      'call the factory: { optimizer: adam() }',
    );
  return {
    ...{ loss, optimizer },
    repeat: checkNumber(`${at}.repeat`, repeat, { min: 1, max: 1000, integer: true }),
    batch: checkName(`${at}.batch`, batch, ['fresh', 'same']),
  };
}

function checkRecord(what: string, given: unknown, help: string): void {
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw error(what, `expected an object, got ${show(given)}`, help);
}

const error = (where: string, message: string, help: string): SaddlepointError =>
  new SaddlepointError('option', `${where}: ${message}`, help);
