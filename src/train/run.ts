/** @file What `fit` returns: the trained model, and the record of how it came about. */
import type { DeviceRecord } from '../backends/select.ts';
import type { DType } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Spec } from '../graph/node.ts';
import type { Transform } from '../optim/transform.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { EpochRecord } from './history.ts';
import { TrainedModel } from './model.ts';
import type { ModelState } from './state.ts';

/** How a run came to its end: after all its epochs, by its signal, by a callback or its time, or by a loss that is not finite. */
export type Ending = 'completed' | 'aborted' | 'stopped' | 'diverged';

/** How a run went: what stands in it beside the model. */
export interface RunRecord<Name extends string> {
  readonly history: readonly EpochRecord<Name>[];
  /** The epoch, from 1, whose weights the run holds; the last one without validation. 0: the weights it began with. */
  readonly bestEpoch: number;
  readonly ending: Ending;
  /** Steps taken. */
  readonly steps: number;
  /** Where it ran, on how many threads, by which build of the machine, and why so. */
  readonly device: DeviceRecord;
  /** What was done to the data and the options, for people to read. */
  readonly notes: readonly string[];
  /** Bytes that training held on the device. */
  readonly bytes: number;
}

/** What a step of the run was, but for the data: enough to build it again and look at it. */
export interface Recipe {
  readonly optimizer: Transform;
  readonly batchSize: number;
  /** How rows were stored. */
  readonly inputType: DType;
  /** The type of one row's target. */
  readonly target: Spec;
}

/** A trained model with the record of its training. */
export class Run<Name extends string = string> extends TrainedModel<Name> implements RunRecord<Name> {
  readonly history: readonly EpochRecord<Name>[];
  readonly bestEpoch: number;
  readonly ending: Ending;
  readonly steps: number;
  readonly device: DeviceRecord;
  readonly notes: readonly string[];
  readonly bytes: number;
  /** @internal */
  readonly recipe: Recipe;
  readonly #end: Checkpoint | undefined;

  /** @internal */
  constructor(state: ModelState, record: RunRecord<Name>, recipe: Recipe, end?: Checkpoint) {
    super(state);
    this.recipe = recipe;
    this.#end = end;
    this.history = Object.freeze([...record.history]);
    this.bestEpoch = record.bestEpoch;
    this.ending = record.ending;
    this.steps = record.steps;
    this.device = Object.freeze({ ...record.device });
    this.notes = Object.freeze([...record.notes]);
    this.bytes = record.bytes;
  }

  /** @internal Where the run ended, if it kept that. */
  get end(): Checkpoint | undefined {
    return this.#end;
  }

  /**
   * Where the run ended, for `fit(…, { resume })`: its last parameters, not its best, and its optimizer.
   *
   * @throws SaddlepointError `option` unless the run was `resumable`.
   * @example await (await run.checkpoint()).save('run.checkpoint');
   */
  checkpoint(): Checkpoint {
    if (this.#end !== undefined) return this.#end;
    throw new SaddlepointError(
      'option',
      'run.checkpoint: the run did not keep its optimizer',
      'train with { resumable: true }, or save on the way with callbacks: [checkpointEvery({ path })]',
    );
  }
}
