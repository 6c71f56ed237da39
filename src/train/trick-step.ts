/** @file A training step with tricks, traced: augmentations, then the loss with its penalties, then its gradient. */
import { vjp } from '../autodiff/grad.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { BLOCKS, type Measured, type StepEnd, type StepStart, weighed } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { applyModel } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import { concat } from '../ops/concat.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { broadcastTo } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import { scalarsOf } from '../optim/transform.ts';
import { describeStep, type ModelParts } from './describe.ts';
import type {
  Augmented,
  GradientFunction,
  LossContext,
  LossFunction,
  Point,
  StateShapes,
  Trick,
  TrickContext,
} from './trick.ts';

/** A trick of a run: under a name of its own, with its place among the tricks' scalars. */
export interface Placed<T extends Trick = Trick> {
  readonly trick: T;
  /** Its name, numbered from the second of the same name on: what its random numbers and blocks go by. */
  readonly id: string;
  readonly scalarsAt: number;
}

export type OfKind<K extends Trick['kind']> = Extract<Trick, { readonly kind: K }>;

/** The tricks of one kind. */
export const ofKind = <K extends Trick['kind']>(placed: readonly Placed[], kind: K): readonly Placed<OfKind<K>>[] =>
  placed.filter((one): one is Placed<OfKind<K>> => one.trick.kind === kind);

/** What the loss is while a training step is traced; evaluation takes the run's own. */
interface Live {
  readonly loss: Loss;
  readonly mixed: NonNullable<Augmented['mixed']>;
}

/** The step of a run with these tricks. */
export class TrickStep {
  /** Names of the scalars that callbacks are shown. */
  readonly readings: string[] = [];
  readonly #placed: readonly Placed[];
  readonly #batchSize: number;
  readonly #scalarsFrom: number;
  #parts: ModelParts | undefined;
  #live: Live | undefined;
  /** What the model gives, where a trick has computed it. */
  #output: Tensor | undefined;

  /** @param scalarsFrom where the tricks' scalars begin: behind the optimizer's. */
  constructor(placed: readonly Placed[], batchSize: number, scalarsFrom: number) {
    this.#placed = placed;
    this.#scalarsFrom = scalarsFrom;
    this.#batchSize = batchSize;
  }

  /** As `describeStep`, with a loss, and an output, that change while training steps are traced. */
  describe = (parts: ModelParts): ReturnType<typeof describeStep> => {
    this.#parts = parts;
    const { loss, layer } = parts;
    const call = (prediction: Tensor, target: Tensor): Tensor =>
      this.#live ? lossOfMixed(this.#live, prediction, target) : loss.call(prediction, target);
    const apply: typeof layer.call = (x, context) => this.#output ?? layer.call(x, context);
    return describeStep({ ...parts, layer: { ...layer, call: apply }, loss: { ...loss, call } });
  };

  /** What is minimized; see `trainingProgram`. */
  method = (start: StepStart): StepEnd => {
    const parts = must(this.#parts, 'a description');
    const readings = new Map<string, Tensor>();
    const written = new Map<string, Tensor>();
    const contexts = new Map(
      this.#placed.map((one) => [one.id, this.#contextOf(one, start, { readings, written })] as const),
    );
    const contextOf = ({ id }: Placed): TrickContext => must(contexts.get(id), 'a context');
    let augmented: Augmented = { x: must(start.batch[BLOCKS.source], 'x') };
    for (const one of ofKind(this.#placed, 'augmentation')) augmented = one.trick.change(augmented, contextOf(one));
    this.#live = {
      loss: ofKind(this.#placed, 'loss').reduce((loss, { trick }) => trick.wrap(loss), parts.loss),
      mixed: augmented.mixed ?? [],
    };
    try {
      return this.#minimized(start, parts, augmented.x, contextOf, readings);
    } finally {
      this.#live = undefined;
      for (const [name, value] of written) start.builder.commit(name, value);
    }
  };

  #minimized(
    start: StepStart,
    parts: ModelParts,
    x: Tensor,
    contextOf: (one: Placed) => TrickContext,
    readings: ReadonlyMap<string, Tensor>,
  ): StepEnd {
    const { description, parameters, key, updates, builder } = start;
    const { trace } = builder;
    const trained = [...parameters.leaves.keys()];
    let measured: readonly Measured[] = [];
    let weights: Tensor | undefined;
    /** What a pass besides the step's own taps is not shown. */
    const untapped = <T>(call: () => T): T => {
      const tapped = trace.taps.length;
      const value = call();
      trace.taps.length = tapped;
      return value;
    };
    const forwardOptions = ({ mode = 'train', updates: own, key: other }: Point) =>
      mode === 'train' ? { mode, key: other ?? key, ...(own && { updates: own }) } : { mode };
    const plain: LossFunction = (point) => {
      const measure = () =>
        this.#knowing(point.output, () => description.measure(point.leaves, point.batch, forwardOptions(point)));
      const isOwn = point.updates === updates;
      const made = isOwn ? measure() : untapped(measure);
      // The pass that renews the statistics is the one that is reported.
      if (isOwn || measured.length === 0) measured = isOwn && point.part ? [...measured, made] : [made];
      weights = made.weights;
      return weighed(made.losses, made.weights);
    };
    const predict = (point: Point): Tensor =>
      untapped(() =>
        applyModel(parts.layer, point.leaves, must(point.batch[BLOCKS.source], 'x'), forwardOptions(point)),
      );
    const lossContext = (one: Placed, loss: LossFunction): LossContext => ({
      ...contextOf(one),
      ...{ key, trained, loss, predict, gradients, inputScaling: parts.inputScaling },
    });
    // An attack or a look at predictions is of the loss alone.
    const loss = ofKind(this.#placed, 'regularizer').reduce<LossFunction>(
      (inner, one) => (point) =>
        point.mode === 'predict' ? inner(point) : add(inner(point), one.trick.penalty(point, lossContext(one, inner))),
      plain,
    );
    const at: Point = { leaves: start.leaves, batch: { ...start.batch, [BLOCKS.source]: x }, updates };
    const wrappers = ofKind(this.#placed, 'gradient');
    const end = (value: Tensor, by?: ReadonlyMap<string, Tensor>): StepEnd => ({
      ...{ measured: joined(measured), loss: value, readings: this.#shown(readings) },
      ...(by && { gradients: trained.map((path) => by.get(path)) }),
    });
    if (wrappers.length === 0) return end(loss(at));
    if (description.groups.rows.length > 0)
      throw new SaddlepointError(
        'option',
        `fit: tricks: ${wrappers[0]?.id} changes the gradient, but '${description.groups.rows[0]?.segments[0]?.path}' is a table whose gradient is kept by rows`,
        'make it an ordinary parameter (embedding: rows: false)',
      );
    const gradient = wrappers.reduce<GradientFunction>(
      (inner, one) => one.trick.wrap(inner, lossContext(one, loss)),
      (point) => {
        const value = loss(point);
        const leaves = trained.map((path) => must(point.leaves.get(path), `leaf ${path}`));
        const found = gradients(value, leaves);
        return {
          ...{ loss: value, gradients: new Map(trained.map((path, i) => [path, found[i] as Tensor])) },
          ...(weights && point.part !== undefined && { weight: sum(weights) }),
        };
      },
    );
    const made = gradient(at);
    return end(made.loss, made.gradients);
  }

  /** Runs f, for which the model gives `output`. */
  #knowing<T>(output: Tensor | undefined, f: () => T): T {
    this.#output = output;
    try {
      return f();
    } finally {
      this.#output = undefined;
    }
  }

  /** All programs of a run show the same. */
  #shown(readings: ReadonlyMap<string, Tensor>): readonly Tensor[] {
    if (this.readings.length === 0) this.readings.push(...readings.keys());
    return this.readings.map((name) => must(readings.get(name), `reading ${name}`));
  }

  #contextOf(
    { trick, id, scalarsAt }: Placed,
    { builder, scalars, key, rows }: StepStart,
    { readings, written }: { readings: Map<string, Tensor>; written: Map<string, Tensor> },
  ): TrickContext {
    let draws = 0;
    const blocks = new Map<string, Tensor>();
    const shapes = this.#shapes();
    const from = this.#scalarsFrom;
    const specOf = (name: string): Spec => must(trick.state?.(shapes)[name], `state ${name} of ${trick.name}`);
    const blockOf = (name: string): string => `trick ${id} ${name}`;
    const read = (name: string): Tensor => {
      const block = blocks.get(name) ?? builder.block(blockOf(name), specOf(name));
      blocks.set(name, block);
      return block;
    };
    return {
      ...{ trace: builder.trace, rows, read },
      random: () => ({ key, stream: streamOf(`tricks/${id}`, draws++) }),
      get scalars() {
        return scalarsOf(scalars, from + scalarsAt, trick.scalarCount ?? 0);
      },
      write(name, value) {
        read(name);
        if (written.has(blockOf(name)))
          throw new SaddlepointError(
            'option',
            `fit: tricks: ${id} keeps '${name}' from step to step, but is asked several times a step`,
            'put it behind the trick that asks (sam, microBatches): tricks are nested in their order',
          );
        written.set(blockOf(name), value);
      },
      reading(name, value) {
        readings.set(name, value);
      },
    };
  }

  #shapes(): StateShapes {
    const { groups, source, targets } = must(this.#parts, 'a description');
    return {
      batchSize: this.#batchSize,
      inputShape: source.rowShape,
      targetShape: targets.shape.slice(1),
      leaves: new Map(groups.parameters.segments.map(({ path, shape }) => [path, shape])),
    };
  }
}

/** The gradients of a scalar, in the trace that it is of. */
function gradients(of: Tensor, by: readonly Tensor[]): readonly Tensor[] {
  const { trace } = must(of.traced, 'a traced scalar');
  const found = vjp(trace, [of], [tensor(1)], by);
  return by.map(({ shape }, i) => found[i] ?? broadcastTo(tensor(0), shape));
}

/** What the parts of a minibatch measured, as the minibatch would have. */
function joined(parts: readonly Measured[]): Measured {
  const [first, ...others] = parts;
  const whole = must(first, 'a loss');
  if (others.length === 0) return whole;
  const rows = (of: (part: Measured) => Tensor): Tensor => concat(parts.map(of), 0);
  const { reported, weights, sums } = whole;
  return {
    losses: rows((part) => part.losses),
    reported: reported && (() => rows((part) => must(part.reported, 'reported losses')())),
    ...(weights && { weights: rows((part) => must(part.weights, 'weights')) }),
    sums: sums.map((own, i) => others.reduce((total, part) => add(total, must(part.sums[i], 'a sum')), own)),
  };
}

/** Losses against a row's own target and those of its partners, each by its weight. */
function lossOfMixed({ loss, mixed }: Live, prediction: Tensor, target: Tensor): Tensor {
  return mixed.reduce(
    (losses, { partner, weight }) => {
      if (partner.shape[0] !== losses.shape[0])
        throw new SaddlepointError(
          'shape',
          `fit: tricks: rows are mixed, ${partner.shape[0]} of them, but there are ${losses.shape[0]} losses`,
          'mix rows of models that have one target a row, not one a step, and of whole minibatches: not with microBatches',
        );
      return add(mul(sub(1, weight), losses), mul(weight, loss.call(prediction, gather(target, partner))));
    },
    loss.call(prediction, target),
  );
}
