/** @file Prediction: from rows in the user's units to answers in the user's terms. */
import type { Session } from '../backends/backend.ts';
import { selectBackend } from '../backends/select.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { toSource } from '../data/source.ts';
import { BLOCKS, packGroup, predictionProgram } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Group } from '../graph/program.ts';
import { applyModel } from '../nn/layer.ts';
import { sigmoid } from '../ops/elementwise.ts';
import { softmax } from '../ops/softmax.ts';
import type { ModelState, PredictOptions } from './model.ts';
import { withRowShape } from './read.ts';

/** The answer for one row that belongs to a class. */
export interface ClassPrediction {
  /** The name of the likeliest class. */
  readonly label: string;
  /** Of each class by its name; they add up to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** The answer for one row: a class, one number, or several (values, or the probabilities of several yes–no answers). */
export type Prediction = ClassPrediction | number | readonly number[];

/** Rows that one call computes at most. */
const CHUNK = 256;
/** Row counts whose plans are kept: most callers use one or two. */
const KEPT = 4;

/** Predicts with one model; keeps a session for each of the last few row counts. */
export class Predictor {
  readonly #state: ModelState;
  readonly #group: Group;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(state: ModelState, group: Group) {
    this.#state = state;
    this.#group = group;
  }

  async predict(x: unknown, options: PredictOptions): Promise<Prediction | Prediction[]> {
    const { inputShape } = this.#state;
    const single = isSingle(x, inputShape);
    const rows = single ? asRows(x) : x;
    const source = withRowShape(toSource(rows, { name: 'x', rows: flatRows(rows, inputShape) }), inputShape);
    const answers: Prediction[] = [];
    const width = sizeOf(inputShape);
    for (let at = 0; at < source.rows; at += CHUNK) {
      const count = Math.min(CHUNK, source.rows - at);
      const session = await this.#session(count, options);
      session.write('input', source.data.subarray(at * width, (at + count) * width));
      const { stop } = session.run(`predict ${count}`, 1);
      if (stop !== undefined) throw stopError(stop);
      const output = session.readRows(`predict ${count}`, 'prediction', 1);
      const units = output.length / count;
      for (let row = 0; row < count; row++)
        answers.push(this.#answer(Array.from(output.subarray(row * units, (row + 1) * units))));
    }
    return single ? (answers[0] as Prediction) : answers;
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.then((open) => open.dispose()).catch(() => undefined);
    this.#sessions.clear();
  }

  #session(rows: number, { device = 'auto' }: PredictOptions): Promise<Session> {
    const key = `${device} ${rows}`;
    const session = this.#sessions.get(key) ?? this.#open(rows, device);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    session.catch(() => this.#sessions.delete(key));
    const [oldest] = this.#sessions;
    if (this.#sessions.size > KEPT && oldest !== undefined) this.#sessions.delete(oldest[0]);
    return session;
  }

  async #open(rows: number, device: PredictOptions['device']): Promise<Session> {
    const { layer, inputShape, inputScaling, targetScaling, loss, parameters } = this.#state;
    const program = predictionProgram({
      group: this.#group,
      input: { shape: [rows, ...inputShape], dtype: 'f32' },
      inputScaling,
      targetScaling,
      forward: (leaves, x, mode) => applyModel(layer, leaves, x, mode),
      finish: (prediction) =>
        loss.target === 'class'
          ? softmax(prediction)
          : loss.target === 'binary' && loss.options.fromProbabilities !== true
            ? sigmoid(prediction)
            : prediction,
    });
    const session = await selectBackend(device).backend.open([program]);
    session.write(
      BLOCKS.parameters,
      packGroup(this.#group, new Map([...parameters].map(([path, { data }]) => [path, data]))),
    );
    return session;
  }

  #answer(output: readonly number[]): Prediction {
    const { classes, loss } = this.#state;
    if (classes !== undefined && (loss.target === 'class' || output.length === 1)) {
      const values = loss.target === 'class' ? output : [1 - (output[0] as number), output[0] as number];
      // No prototype: any string is a legal class name.
      const probabilities: Record<string, number> = Object.create(null);
      values.forEach((value, i) => {
        probabilities[String(classes[i])] = value;
      });
      return { label: String(classes[values.indexOf(Math.max(...values))]), probabilities };
    }
    return output.length === 1 ? (output[0] as number) : output;
  }
}

/** Whether x is one row: it has the rank (or, as a flat typed array, the length) of a row. */
function isSingle(x: unknown, inputShape: Shape): boolean {
  const shape = (x as { readonly shape?: Shape } | null)?.shape;
  if (Array.isArray(shape)) return shape.length === inputShape.length;
  if (ArrayBuffer.isView(x))
    return inputShape.length > 0 && (x as unknown as ArrayLike<number>).length === sizeOf(inputShape);
  let rank = 0;
  for (
    let inner: unknown = x;
    Array.isArray(inner) || ArrayBuffer.isView(inner);
    inner = (inner as unknown as ArrayLike<unknown>)[0]
  )
    rank++;
  return rank === inputShape.length;
}

/** One row as a list of rows of one. */
function asRows(x: unknown): unknown {
  const { shape, dtype, data } = x as { shape?: Shape; dtype?: unknown; data?: unknown };
  return Array.isArray(shape) ? { shape: [1, ...shape], dtype, data } : [x];
}

/** How many rows a flat typed array holds. */
function flatRows(x: unknown, inputShape: Shape): number | undefined {
  return ArrayBuffer.isView(x) ? (x as unknown as ArrayLike<number>).length / sizeOf(inputShape) : undefined;
}
