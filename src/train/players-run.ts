/** @file What `fit` returns for players: their trained models, and the record of how they came about. */
import type { DeviceRecord } from '../backends/select.ts';
import type { WriteTarget } from '../io/place.ts';
import type { TrainedModel } from './model.ts';
import type { Ending, RunRecord } from './run.ts';

/** What an epoch of players showed. Frozen: keep it as long as you like. */
export interface PlayersRecord<Name extends string = string> {
  /** From 1. */
  readonly epoch: number;
  /** By player: the mean of its loss over all its turns of the epoch. */
  readonly losses: { readonly [K in Name]: number };
  /** By player: the mean of the norms of its last gradients of each step, before any clipping. */
  readonly gradientNorms: { readonly [K in Name]: number };
  /** Wall time of the epoch. */
  readonly seconds: number;
}

export interface PlayersRunRecord<Name extends string>
  extends Pick<RunRecord<never>, 'ending' | 'steps' | 'device' | 'notes' | 'bytes'> {
  readonly history: readonly PlayersRecord<Name>[];
}

/** The trained models of several players with the record of their training. */
export class PlayersRun<Name extends string = string> implements PlayersRunRecord<Name>, Disposable {
  /**
   * By player; each predicts and saves like any trained model. One that a loss called with `x` itself takes rows as the data
   * have them; every other takes what its losses gave it, such as noise. Where an optimizer keeps an average for evaluation
   * (`chain(adam(), weightEma(0.999))`), a model has that.
   */
  readonly models: { readonly [K in Name]: TrainedModel<never> };
  readonly history: readonly PlayersRecord<Name>[];
  readonly ending: Ending;
  /** Steps taken; each has all turns of all players. */
  readonly steps: number;
  readonly device: DeviceRecord;
  readonly notes: readonly string[];
  readonly bytes: number;

  /** @internal */
  constructor(models: PlayersRun<Name>['models'], record: PlayersRunRecord<Name>) {
    this.models = Object.freeze({ ...models });
    this.history = Object.freeze([...record.history]);
    this.ending = record.ending;
    this.steps = record.steps;
    this.device = Object.freeze({ ...record.device });
    this.notes = Object.freeze([...record.notes]);
    this.bytes = record.bytes;
  }

  /**
   * Writes all models as one safetensors file, which `loadModels` reads; names of tensors begin with the player's. A single one:
   * `run.models.generator.save(…)`.
   *
   * @param target as of `TrainedModel.save`.
   */
  async save(target: WriteTarget): Promise<void> {
    const [{ writeBytes }, { modelsToBytes }] = await Promise.all([
      import('../io/place.ts'),
      import('./models-file.ts'),
    ]);
    await writeBytes(target, modelsToBytes(this.models));
  }

  /** Frees what predictions of the models hold on the device. */
  dispose(): void {
    for (const model of Object.values<TrainedModel<never>>(this.models)) model.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
