/** @file What a run of players tells while it goes on, and what may be done about it. */
import type { TensorsOf } from '../autodiff/grad.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LossInputs, ModelCalls } from './model-calls.ts';
import type { PlayersRecord, PlayersRun } from './players-run.ts';

/** What a step of all players showed. */
export interface PlayersStep<Name extends string = string> {
  /** From 0, since the run began. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** By player: the mean of its loss over its turns of the step. */
  readonly losses: { readonly [K in Name]: number };
  /** By player: the L2 norm of the gradient of its last turn, before any clipping. */
  readonly gradientNorms: { readonly [K in Name]: number };
}

/** A run of players in the hands of a callback. */
export interface PlayersControl<Name extends string = string> {
  /** Steps taken. */
  readonly step: number;
  readonly epochs: number;
  readonly history: readonly PlayersRecord<Name>[];
  /** Ends the run after this callback; `reason` goes into `run.notes`. */
  stop(reason: string): void;
  /**
   * The models as they are now, copied.
   *
   * @param options averages: true (default): where an optimizer keeps averages for evaluation, with those, as at the end of the
   *   run; false: with the parameters that are being trained.
   */
  models(options?: { readonly averages?: boolean }): Promise<PlayersRun<Name>['models']>;
  /**
   * Computes something of the models, as they are being trained and in predict mode, and of a minibatch drawn for the purpose:
   * other rows and other noise than any turn has had, so the run stays what it is.
   *
   * @param f of what a loss gets; gives a tensor, or an object of tensors. Compiled once, so hand on the same function.
   * @example await control.look((m, { x, z }) => ({ real: m.critic(x), fake: m.critic(m.generator(z)) }))
   */
  look<R extends Tensor | Readonly<Record<string, Tensor>>>(
    f: (models: ModelCalls<Name>, inputs: LossInputs<'x' | 'y' | 'z'>) => R,
  ): Promise<TensorsOf<R>>;
}

/** Something to call on the way, as `Callback` for one model. All hooks are optional, and each is awaited. */
export interface PlayersCallback {
  /** What errors call it. */
  readonly name?: string;
  /** For each step in order, though several may have run before the first is told. */
  onStep?(step: PlayersStep, control: PlayersControl): void | Promise<void>;
  onEpoch?(record: PlayersRecord, control: PlayersControl): void | Promise<void>;
  /** However the run ended, unless by an error. */
  onEnd?(run: PlayersRun): void | Promise<void>;
}
