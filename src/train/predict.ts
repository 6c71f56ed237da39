/** @file Prediction: from rows in the user's units to answers in the user's terms. */
import type { Session } from '../backends/backend.ts';
import { type Device, type DeviceOptions, openSession } from '../backends/select.ts';
import { checkKnownOptions, SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import { answers, type Meaning, type Prediction } from '../data/answers.ts';
import { toSource } from '../data/source.ts';
import { type ModelGroups, type PredictionDescription, predictionProgram } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Tensor } from '../graph/tensor.ts';
import { applyModel } from '../nn/layer.ts';
import { sigmoid } from '../ops/elementwise.ts';
import { softmax } from '../ops/softmax.ts';
import { withRowShape } from './read.ts';
import { groupsOf, type ModelState, writeLeaves } from './state.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

export interface PredictOptions {
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
  /** As the option of `fit`: the machine from elsewhere than the library's own code. */
  readonly wasm?: DeviceOptions['wasm'];
}

/** Rows that one call computes at most. */
const CHUNK = 256;
/** Row counts whose plans are kept: most callers use one or two. */
const KEPT = 4;

/** What becomes of a model's output where its answers are probabilities. */
export function probabilitiesOf({ loss }: ModelState): ((prediction: Tensor) => Tensor) | undefined {
  if (loss.target === 'class') return softmax;
  return loss.target === 'binary' && loss.options.fromProbabilities !== true ? sigmoid : undefined;
}

/** From rows in the user's units to answers in them, as a program of so many rows. */
export function describePrediction(
  state: ModelState,
  groups: ModelGroups,
  rows: number,
  finish: (prediction: Tensor) => Tensor = probabilitiesOf(state) ?? ((prediction) => prediction),
): PredictionDescription {
  const { layer, inputShape, inputScaling, targetScaling } = state;
  return {
    groups,
    input: { shape: [rows, ...inputShape], dtype: 'f32' },
    inputScaling,
    targetScaling,
    forward: (leaves, x, mode) => applyModel(layer, leaves, x, mode),
    finish,
  };
}

/** Predicts with one model; keeps a session for each of the last few row counts. */
export class Predictor {
  readonly #state: ModelState;
  readonly #groups: ModelGroups;
  readonly #sessions = new Map<string, Promise<Session>>();
  #last: Promise<unknown> = Promise.resolve();
  /** The builds of the sessions that are kept. */
  #wasm: PredictOptions['wasm'];

  constructor(state: ModelState) {
    this.#state = state;
    this.#groups = groupsOf(state);
  }

  /** One call after the other: a session holds the rows of one. */
  predict(given: unknown, options: PredictOptions): Promise<Prediction | Prediction[]> {
    const answers = this.#last.then(() => this.#predict(given, options));
    this.#last = answers.catch(() => undefined);
    return answers;
  }

  async #predict(given: unknown, options: PredictOptions): Promise<Prediction | Prediction[]> {
    checkKnownOptions('predict', options, ['device', 'wasm']);
    if (options.wasm !== this.#wasm) this.dispose();
    this.#wasm = options.wasm;
    const { inputShape, columns, named } = this.#state;
    // What most models have no use for is loaded for those that do.
    const byName = named && (await import('./named-prediction.ts'));
    const records = columns && (await import('./record-prediction.ts'));
    const { x, single } = byName
      ? byName.packRowsToPredict(given, named)
      : ((columns && records?.encodedRows(given, columns)) ?? { x: given, single: isSingle(given, inputShape) });
    const rows = single && !named ? [asRow(x)] : x;
    const source = withRowShape(toSource(rows, { name: 'x', rows: flatRows(rows, inputShape) }), inputShape);
    const answers: Prediction[] = [];
    const width = sizeOf(inputShape);
    let since = performance.now();
    for (let at = 0; at < source.rows; at += CHUNK) {
      const count = Math.min(CHUNK, source.rows - at);
      const session = await this.#session(count, options);
      session.write('input', source.data.subarray(at * width, (at + count) * width));
      const { stop } = await session.run(`predict ${count}`, 1);
      if (stop !== undefined) throw stopError(stop);
      const output = await session.readRows(`predict ${count}`, 'prediction', 1);
      const units = output.length / count;
      for (let row = 0; row < count; row++)
        answers.push(this.#answerOf(Array.from(output.subarray(row * units, (row + 1) * units)), byName));
      if (performance.now() - since > SLICE_MS) {
        await nextTurn();
        since = performance.now();
      }
    }
    return single ? (answers[0] as Prediction) : answers;
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.then((open) => open.dispose()).catch(() => undefined);
    this.#sessions.clear();
  }

  #session(rows: number, options: PredictOptions): Promise<Session> {
    const key = `${options.device} ${rows}`;
    const session = this.#sessions.get(key) ?? this.#open(rows, options);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    session.catch(() => this.#sessions.delete(key));
    const [oldest] = this.#sessions;
    if (this.#sessions.size > KEPT && oldest !== undefined) this.#sessions.delete(oldest[0]);
    return session;
  }

  async #open(rows: number, options: PredictOptions): Promise<Session> {
    const program = predictionProgram(describePrediction(this.#state, this.#groups, rows));
    const { session } = await openSession([program], options);
    writeLeaves(session, this.#groups, this.#state.parameters);
    return session;
  }

  #answerOf(output: readonly number[], byName: typeof import('./named-prediction.ts') | undefined): Prediction {
    const { named } = this.#state;
    if (named === undefined || byName === undefined)
      return answers(output, this.#state.outputShape, meaningOf(this.#state));
    const parts = byName.outputsOf(output, named);
    const found = named.outputs.map(
      (one) => [one.name, answers(parts.get(one.name) ?? [], one.shape, meaningOf(one))] as const,
    );
    return named.single.y ? (found[0]?.[1] as Prediction) : Object.fromEntries(found);
  }
}

const meaningOf = ({ classes, loss }: Pick<ModelState, 'classes' | 'loss'>): Meaning => ({
  classes,
  target: loss.comparesRows ? 'value' : loss.target,
});

/** Whether x is one row: it has the rank of a row, or, as a flat typed array, its length. */
function isSingle(x: unknown, inputShape: Shape): boolean {
  const { shape } = (x ?? {}) as { readonly shape?: Shape };
  if (Array.isArray(shape)) return shape.length === inputShape.length;
  if (typeof x === 'number') return true;
  const { length } = (x ?? {}) as { readonly length?: number };
  if (ArrayBuffer.isView(x)) return length === sizeOf(inputShape);
  if (length === 0) return false;
  // Numbers for a model of one input are rows of one each, unless there is just one.
  return rankOf(x) === inputShape.length && (inputShape.length > 1 || inputShape[0] !== 1 || length === 1);
}

function rankOf(x: unknown): number {
  return Array.isArray(x) || ArrayBuffer.isView(x) ? 1 + rankOf((x as unknown as ArrayLike<unknown>)[0]) : 0;
}

/** One row as an element of a list of rows. */
function asRow(x: unknown): unknown {
  const { shape, data } = (x ?? {}) as { readonly shape?: Shape; readonly data?: unknown };
  if (Array.isArray(shape)) return data;
  return typeof x === 'number' ? [x] : x;
}

/** How many rows a flat typed array holds. */
function flatRows(x: unknown, inputShape: Shape): number | undefined {
  if (!ArrayBuffer.isView(x)) return undefined;
  const { length } = x as unknown as ArrayLike<number>;
  const rows = length / sizeOf(inputShape);
  if (Number.isInteger(rows)) return rows;
  throw new SaddlepointError(
    'data',
    `x: ${length} values cannot be cut into rows of shape ${showShape(inputShape)}`,
    'give one row, or all values of several rows one after the other',
  );
}
