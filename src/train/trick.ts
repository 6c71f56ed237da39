/**
 * @file What a trick is: a value that `fit` applies. Tricks are applied kind by kind, in the order of `KINDS`, within a kind in
 * the order of the list; no trick knows another. All of it is traced, so that a step with tricks is one plan.
 */
import type { JsonObject } from '../core/json.ts';
import type { StepScaling } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Trace } from '../graph/trace.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Transform } from '../optim/transform.ts';
import type { TrainedModel } from './model.ts';

/** In the order in which they are applied. */
export const KINDS = ['sampler', 'model', 'augmentation', 'loss', 'regularizer', 'gradient', 'transform'] as const;
export type Kind = (typeof KINDS)[number];

interface Named {
  /** Of the constructor, such as 'mixup'. */
  readonly name: string;
  /** Plain JSON: what the constructor was called with, defaults in place. */
  readonly options: JsonObject;
  /** Whether the options say "do nothing" (rate 0, ε 0, λ 0): `fit` then leaves the trick out, bit for bit. */
  readonly isNeutral?: boolean;
  /** What only one trick of a run may do, such as 'model weights'; two that claim the same are refused, both named. */
  readonly claims?: readonly string[];
  /**
   * Numbers that the host computes for each step, in double precision, such as an ε that ramps: traced code reads them as
   * `context.scalars`. Pure.
   * @param step from 0. @param stepsPerEpoch whole and partial batches of an epoch.
   */
  readonly scalars?: (step: number, stepsPerEpoch: number) => readonly number[];
  /**
   * How many gradients of the loss by the weights a step takes of its minibatch; default 1. Of several tricks, which nest, the
   * numbers multiply. Pure.
   */
  readonly gradientsPerStep?: (step: number, stepsPerEpoch: number) => number;
  /** Whether they depend on `stepsPerEpoch`: such a trick is refused beside a schedule of batch sizes, which changes it. */
  readonly countsEpochs?: boolean;
  /**
   * Where rows of a minibatch have to do with each other, what is done to them, such as 'mixes rows': `last: 'pad'`, whose rows count
   * for nothing by themselves, then refuses the trick.
   */
  readonly meetingRows?: string;
  /** How many they are; default 0. */
  readonly scalarCount?: number;
  /** Blocks that stay from step to step, zeros at the start, saved with checkpoints. By name. */
  state?(shapes: StateShapes): Readonly<Record<string, Spec>>;
}

/** What the shapes of kept blocks may depend on. */
export interface StateShapes {
  /** Rows of a whole batch. The last batch of an epoch may be smaller: `rows` of its program say how much. */
  readonly batchSize: number;
  readonly inputShape: readonly number[];
  /** Of one row's target: [] of class numbers. */
  readonly targetShape: readonly number[];
  /** The trained leaves by path. */
  readonly leaves: ReadonlyMap<string, readonly number[]>;
}

/** A place at which a loss is evaluated. */
export interface Point {
  /** All leaves by path: trained, frozen, states. */
  readonly leaves: ReadonlyMap<string, Tensor>;
  /** The minibatch: `x`, scaled as the model takes it, and `y` as it is stored; weights, where rows have some. */
  readonly batch: Readonly<Record<string, Tensor>>;
  /** 'train' (default), with dropout and statistics of the batch, or 'predict'. */
  readonly mode?: 'train' | 'predict';
  /** Gets new running statistics; left out: they are not kept, as behoves a second pass. */
  readonly updates?: Map<string, Tensor>;
  /**
   * Another key of random numbers, i32 [3], than the step's: the one way to ask for other draws. One of `keysOf(point.key ?? context.key,
   * …)`, so that tricks that do so can be nested.
   */
  readonly key?: Tensor;
  /** The model's output there, where it is known: the loss is then of this, and the model is not applied. */
  readonly output?: Tensor;
  /**
   * Of a minibatch that is taken in parts, its place among them, from 0: what parts measure is put together. Left out: the batch is
   * whole.
   */
  readonly part?: number;
}

/** What is minimized there: the weighted mean of the losses, and what regularizers add. A scalar. */
export type LossFunction = (point: Point) => Tensor;

/** The loss and its gradient by the path of each trained leaf. */
export interface GradientAt {
  readonly loss: Tensor;
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** The sum of the weights of the losses whose mean this is, a scalar; left out: each row counts 1. */
  readonly weight?: Tensor;
}
/** Loss and gradient at a point; gradient tricks wrap one in another. */
export type GradientFunction = (point: Point) => GradientAt;

/** What traced code of a trick may use. */
export interface TrickContext {
  readonly trace: Trace;
  /** Rows of this program's batch. */
  readonly rows: number;
  /** A key and a stream of random numbers of this trick's own: the same trick draws the same beside any others. */
  random(): { readonly key: Tensor; readonly stream: number };
  /** This step's numbers of `scalars`, [scalarCount]. */
  readonly scalars: Tensor;
  /** A kept block of `state`, as the last step left it. */
  read(name: string): Tensor;
  /** Its new value; once a step. */
  write(name: string, value: Tensor): void;
  /** Shows a scalar to callbacks, as `step.readings[name]`. */
  reading(name: string, value: Tensor): void;
}

/** What of a run the loss depends on. */
export interface LossContext extends TrickContext {
  /** The step's key of random numbers, i32 [seed, step, 0]. */
  readonly key: Tensor;
  /** Paths of the trained leaves. */
  readonly trained: readonly string[];
  /** The loss, with the regularizers before this one. */
  readonly loss: LossFunction;
  /** The model's output, before softmax and scaling back. */
  predict(point: Point): Tensor;
  /** Of scalars: the gradients by tensors, zeros where there is no path. */
  gradients(of: Tensor, by: readonly Tensor[]): readonly Tensor[];
  /** (x − shift) · scale made the data what the model takes: one number each, or one a column. Bytes have scale 1 / 255. */
  readonly inputScaling: StepScaling;
}

/** A minibatch that an augmentation changes. */
export interface Augmented {
  /** [n, …], scaled as the model takes it. */
  readonly x: Tensor;
  /**
   * Further targets for the rows: those of row `partner[i]` (i32 [n]) count with `weight[i]` (f32 [n], in [0, 1]), all before
   * it with the rest.
   */
  readonly mixed?: readonly { readonly partner: Tensor; readonly weight: Tensor }[];
}

/** What a sampler may know of the rows. */
export interface SampledRows {
  /** The numbers of the rows that are trained on. */
  readonly rows: Int32Array;
  /** The class of each row by its number, where targets are classes, one a row. */
  readonly labels: Int32Array | undefined;
  /** How many rows there are with those held out. */
  readonly count: number;
  /** Of whole batches; with a schedule of batch sizes the first. */
  readonly batchSize: number;
  readonly isScheduled: boolean;
  readonly seed: number;
  /** Whether `fit` shuffles. */
  readonly shuffle: boolean;
}

/** Another order of the rows of an epoch. */
export interface Sampler extends Named {
  readonly kind: 'sampler';
  /**
   * Called once, before the first step.
   *
   * @returns the rows of an epoch (from 0) in order, as many as `rows` has, though some may come twice and others not at all.
   *   Pure, so that a run goes on from a checkpoint at any step.
   * @throws SaddlepointError `data` for rows that it cannot order.
   */
  open(rows: SampledRows): (epoch: number) => Int32Array;
}

/** Changes the rows of a minibatch, and may mix their targets. */
export interface Augmentation extends Named {
  readonly kind: 'augmentation';
  change(batch: Augmented, context: TrickContext): Augmented;
}

/** Changes the model before the first step; a run that goes on (`resume`) is left alone. */
export interface ModelTrick extends Named {
  readonly kind: 'model';
  /** @param sample the first rows that are trained on, at most 256: as the data gave them. */
  prepare(
    model: TrainedModel,
    sample: { readonly x: Tensor; readonly y: Tensor },
    seed: number,
  ): Promise<TrainedModel> | TrainedModel;
}

/** Another loss to learn by: what is reported of training is this one, validation reports the run's own. */
export interface LossTrick extends Named {
  readonly kind: 'loss';
  wrap(loss: Loss): Loss;
}

/** Adds a penalty to what is minimized. */
export interface Regularizer extends Named {
  readonly kind: 'regularizer';
  /** A scalar that is added to what is minimized; reported losses are without it. */
  penalty(at: Point, context: LossContext): Tensor;
}

/** Another gradient: at another place, of another minibatch, with a correction. */
export interface GradientTrick extends Named {
  readonly kind: 'gradient';
  /** Whether it computes the gradient itself, and so has to stand before all other gradient tricks. */
  readonly isInnermost?: boolean;
  wrap(gradient: GradientFunction, context: LossContext): GradientFunction;
}

/** Another optimizer around the run's own. */
export interface TransformTrick extends Named {
  readonly kind: 'transform';
  wrap(optimizer: Transform): Transform;
}

/** What stands in `fit(…, { tricks })`. */
export type Trick = Sampler | ModelTrick | Augmentation | LossTrick | Regularizer | GradientTrick | TransformTrick;
