/** @file What a run tells while it goes on, and what may be done about it. Plain objects; early stopping and its kin are made of it. */
import type { Json } from '../core/json.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { EpochRecord, Measures } from './history.ts';
import type { Prepared } from './prepare.ts';
import type { Run } from './run.ts';
import type { Parameter } from './state.ts';

/** What a training step showed. */
export interface StepRecord {
  /** From 0, since the run began. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** The mean over the step's rows, before its update. */
  readonly loss: number;
  /** The L2 norm of the gradient, before any clipping. */
  readonly gradientNorm: number;
  /** Of its minibatch. */
  readonly rows: number;
  /**
   * Rows times the gradients of the loss by the weights that the step took of them: 1, or what the run's tricks say (`sam` takes 2).
   * Those by the inputs, as attacks take them, are not counted.
   */
  readonly gradientEvaluations: number;
  /** What the run's tricks show of the step, by name. */
  readonly readings?: Readonly<Record<string, number>>;
}

/** A run in the hands of a callback. */
export interface Control {
  /** Steps taken. */
  readonly step: number;
  /** The epoch under way, or just over, from 1; and how many there will be. */
  readonly epoch: number;
  readonly epochs: number;
  readonly history: readonly EpochRecord[];
  /** @internal What the run was made of. */
  readonly prepared: Prepared;
  /**
   * The learning rate of the next step. Setting it scales the optimizer's schedule from here on, so that it begins at this value
   * and goes on in proportion.
   */
  learningRate: number;
  /**
   * Rows of the next step. It can be set where `fit` has a schedule as `batchSize`, to one of its sizes: each has a plan, made
   * before the first step. What is set stays, whatever the schedule says.
   */
  batchSize: number;
  /** The numbers of the rows that are trained on. Not to be changed. */
  readonly rows: Int32Array;
  /**
   * The mean loss of some rows and its gradient at the parameters as they are, all leaves in one block (0 between them), without
   * a step. Of the loss alone: tricks play no part. Running statistics stay.
   *
   * @param rows numbers of rows, as many as the callback declares in `gradientRows`.
   */
  gradient(rows: Int32Array): Promise<{ readonly loss: number; readonly gradient: Float32Array }>;
  /**
   * As `gradient`, with ‖gᵢ‖² of each row's own gradient gᵢ, whose mean is `gradient`: tr Σ, the variance of the gradient of a row, is
   * n / (n − 1) · (mean ‖gᵢ‖² − ‖gradient‖²). (Where rows have weights, gᵢ has n times the row's share of them as a factor.)
   *
   * Dense layers take one backward pass, as `gradient` does, and the squares of what it has computed (Goodfellow 2015); a model with
   * trained leaves of other layers takes a pass a row, in one plan: exact, but as slow as minibatches of one. There layers that draw
   * (dropout) draw for each row anew.
   *
   * @param rows numbers of rows, as many as the callback declares in `rowGradientRows`.
   * @throws SaddlepointError `option` for losses that compare rows; before the first step for batch normalization (unless frozen) and
   *   other layers with running statistics, where a row has no gradient of its own, and for tables that are trained by rows.
   * @see Goodfellow 2015, "Efficient per-example gradient computations", section 4.
   */
  rowGradients(rows: Int32Array): Promise<{
    readonly loss: number;
    readonly gradient: Float32Array;
    readonly squaredNorms: Float32Array;
  }>;
  /**
   * Loss and metrics over the rows held out, by the weights that a record's `validation` goes by, as they are now: between two
   * steps of an epoch, too. It changes nothing; the best weights are chosen among ends of epochs alone.
   *
   * @throws SaddlepointError `option` for a run without validation.
   */
  validate(): Promise<Measures>;
  /** Ends the run after this callback; the best weights stay. `reason` goes into `run.notes`. */
  stop(reason: string): void;
  /** All that is needed to go on from here, bit for bit. */
  checkpoint(): Promise<Checkpoint>;
  /** The parameters as they are now, copied. */
  parameters(): Promise<ReadonlyMap<string, Parameter>>;
}

/**
 * Something to call on the way. All hooks are optional; those of a list are called in its order, and each is awaited. What
 * happens in one never changes the numbers of the run, unless it uses `control`.
 *
 * @example
 * const watch: Callback = { name: 'watch', every: 1, onStep: ({ loss }) => draw(loss) };
 */
export interface Callback {
  /** What errors and checkpoints call it. */
  readonly name?: string;
  /**
   * Steps between two calls of `onStep` at most; default: as many as one call into the device has (up to 256). With 1 what
   * `onStep` changes is in force for the very next step. It may be a getter: it is asked before each call.
   */
  readonly every?: number;
  /** How many rows it asks `control.gradient` for at a time: a plan is made for each number. */
  readonly gradientRows?: readonly number[];
  /** The same for `control.rowGradients`. */
  readonly rowGradientRows?: readonly number[];
  onBegin?(control: Control): void | Promise<void>;
  /** For each step in order, though several may have run before the first is told. */
  onStep?(step: StepRecord, control: Control): void | Promise<void>;
  onEpoch?(record: EpochRecord, control: Control): void | Promise<void>;
  /** However the run ended, unless by an error. */
  onEnd?(run: Run): void | Promise<void>;
  /** What a checkpoint keeps of it, and how it takes it up again; needs a `name`. */
  state?(): Json;
  restore?(state: Json): void;
}

/** The short form: called after each epoch. */
export type EpochCallback = (record: EpochRecord, control: Control) => void | Promise<void>;
