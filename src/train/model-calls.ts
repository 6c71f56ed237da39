/** @file What a player's loss gets: all models as functions, and the inputs by name. Names that are not there are refused. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { applyModel, type Layer } from '../nn/layer.ts';

/** Every player's model as a function of rows [n, …]. Calls of one turn draw their random numbers apart. */
export type ModelCalls<Name extends string = string> = { readonly [K in Name]: (x: TensorLike) => Tensor };

/** The minibatch by name: data [rows, …], and noise [rows, …]. */
export type LossInputs<Input extends string = string> = { readonly [K in Input]: Tensor };

/** Where the models of a loss keep the key of the turn, for losses of this library that draw numbers of their own. */
const KEY = Symbol('key');

/** i32 [seed, step, turn] of the turn that these models are called in; undefined if they are not the models of a loss. */
export const keyOf = (models: object): Tensor | undefined => (models as { readonly [KEY]?: Tensor })[KEY];

/**
 * A model under its player's name: paths begin with it, so that leaves of several models keep apart, start from numbers of
 * their own, and draw numbers of their own.
 */
export function underName(name: string, model: Layer): Layer {
  return { type: 'player', options: {}, call: (x, context) => context.child({ ...model, name }, 0, x) };
}

export interface CallsOptions {
  /** By player, each under its name. */
  readonly models: ReadonlyMap<string, Layer>;
  readonly key: Tensor;
  /** The leaves of a model that is about to be called with x. */
  leavesOf(player: string, x: Tensor): ReadonlyMap<string, Tensor>;
  /** Gets the new values of states by path. */
  readonly updates: Map<string, Tensor>;
  /** Whose loss it is. */
  readonly player: string;
  /** Default 'train'. */
  readonly mode?: 'train' | 'predict';
}

export function modelCalls({ models, key, leavesOf, updates, player, mode = 'train' }: CallsOptions): ModelCalls {
  const calls = [...models].map(([name, model]) => {
    let count = 0;
    const call = (x: TensorLike): Tensor => {
      const rows = tensor(x);
      const options = { mode, key, updates: name === player ? updates : new Map<string, Tensor>() };
      return applyModel(apart(model, count++), leavesOf(name, rows), rows, options);
    };
    return [name, call] as const;
  });
  return strict(Object.fromEntries([...calls, [KEY, key]]) as unknown as ModelCalls, (name) => {
    const help = suggest(name, [...models.keys()]);
    return new SaddlepointError('option', `players.${player}.loss: there is no model '${name}'`, help);
  });
}

/** The inputs of a player's loss; `read` hears which ones it asks for. */
export function lossInputs(
  player: string,
  batch: Readonly<Record<string, Tensor>>,
  read: (name: string) => void = () => undefined,
): LossInputs {
  return strict(
    batch,
    (name) =>
      new SaddlepointError(
        'option',
        `players.${player}.loss: there is no input '${name}'`,
        name === 'y'
          ? 'give targets with the data: { x, y }'
          : `name it in the options of fit: { inputs: { ${name}: normal([100]) } }; ${suggest(name, Object.keys(batch))}`,
      ),
    read,
  );
}

/** The object, but a name that it lacks is an error, not undefined. */
function strict<T extends object>(target: T, missing: (name: string) => Error, read?: (name: string) => void): T {
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === 'string') {
        if (!Object.hasOwn(target, name)) throw missing(name);
        read?.(name);
      }
      return target[name as keyof T];
    },
  });
}

/** A model whose random numbers are those of its n-th call in a turn. */
function apart<In, Out>(model: Layer<In, Out>, n: number): Layer<In, Out> {
  if (n === 0) return model;
  return {
    ...model,
    call: (x, context) =>
      model.call(x, {
        ...context,
        random() {
          const { key, stream } = context.random();
          return { key, stream: streamOf(String(stream), n) };
        },
        child: (part, index, input) => context.child(apart(part, n), index, input),
      }),
  };
}

/** What the loss of a player gives. */
export function callLoss(
  player: string,
  loss: (models: ModelCalls, inputs: LossInputs) => Tensor,
  models: ModelCalls,
  inputs: LossInputs,
): Tensor {
  const result: unknown = loss(models, inputs);
  if (isTensor(result)) return result;
  throw new SaddlepointError(
    'option',
    `players.${player}.loss: expected a tensor, got ${show(result)}`,
    'return the scalar to be minimized: (m, { z }) => neg(mean(m.critic(m.generator(z))))',
  );
}
