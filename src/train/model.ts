/** @file A trained model: a layer with its parameters and with what was done to its data, so that it takes and gives user units. */
import { type Device, selectBackend } from '../backends/select.ts';
import { checkKnownOptions, must } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import type { Scaling } from '../data/scaling.ts';
import { BLOCKS, packGroup } from '../engine/step.ts';
import { type Group, layoutGroup } from '../graph/program.ts';
import { type WriteTarget, writeBytes } from '../io/place.ts';
import type { Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import { modelToBytes } from './model-file.ts';
import type { Data } from './options.ts';
import { type Prediction, Predictor } from './predict.ts';
import { readSource, readTargets, withRowShape } from './read.ts';

/** One leaf of the parameters. */
export interface Parameter {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Everything that makes a model, as plain data and functions; what a file holds. */
export interface ModelState {
  readonly layer: Layer;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The shape of one row. */
  readonly inputShape: Shape;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  /** Outputs of the last layer. */
  readonly units: number;
  readonly classes: readonly ClassName[] | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

/** Numbers over a data set: the loss, and each metric by its name. */
export type Evaluation<Name extends string = string> = { readonly loss: number } & { readonly [K in Name]: number };

export interface PredictOptions {
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
}

/** A model that has parameters: what `fit` returns and `loadModel` reads. */
export class TrainedModel<Name extends string = string> implements Disposable {
  /** @internal */
  readonly state: ModelState;
  readonly #predictor: Predictor;

  /** @internal Use `fit` or `loadModel`. */
  constructor(state: ModelState) {
    this.state = state;
    this.#predictor = new Predictor(state, groupOf(state));
  }

  /** The parameters by path, such as '0/kernel'. */
  get parameters(): ReadonlyMap<string, Parameter> {
    return this.state.parameters;
  }

  /**
   * Answers for one row or for many, in the units of the training data.
   *
   * @param x a row of the shape that the model was trained on, or rows of it: told apart by rank.
   * @returns for classes `{ label, probabilities }`, for values a number or numbers; an array of these for many rows.
   * @throws SaddlepointError `data` for rows of another shape, NaN and infinities.
   * @example (await run.predict(image)).label; // '7'
   */
  predict(x: unknown, options: PredictOptions = {}): Promise<Prediction | Prediction[]> {
    return this.#predictor.predict(x, options);
  }

  /**
   * The loss and the metrics over a data set, exact: sums over all rows, divided once, whatever the batch size.
   *
   * @param options batchSize: rows at a time, default 256; device: default 'auto'.
   */
  async evaluate(
    data: Data,
    options: { readonly batchSize?: number; readonly device?: Device } = {},
  ): Promise<Evaluation<Name>> {
    checkKnownOptions('evaluate', options, ['batchSize', 'device']);
    const { state } = this;
    const source = withRowShape(readSource(data), state.inputShape);
    const targets = readTargets(data, source, state);
    const group = groupOf(state);
    const description = describeStep({ ...state, group, source, targets: targetSpec(targets, source.rows) });
    const rows = Int32Array.from({ length: source.rows }, (_, row) => row);
    const evaluation = evaluateRows(description, rows, options.batchSize ?? 256);
    using session = await selectBackend(options.device).backend.open(evaluation.programs);
    session.write(BLOCKS.parameters, packGroup(group, dataOf(state.parameters)));
    session.write(BLOCKS.source, source.data);
    session.write(BLOCKS.target, targets.data);
    return named(await evaluation.run(session), state.metrics) as Evaluation<Name>;
  }

  /**
   * Writes the model, with all that prediction needs, as safetensors.
   *
   * @param target a path or URL in Node (written aside, then renamed: a failed save leaves the old file), a file handle, a
   *   writable stream, or a key of IndexedDB on a page.
   */
  async save(target: WriteTarget): Promise<void> {
    await writeBytes(target, modelToBytes(this.state));
  }

  /** Frees what predictions hold on the device. The parameters stay; predicting again takes it anew. */
  dispose(): void {
    this.#predictor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Whether a value is a trained model, of this or another copy of the library. */
export function isTrainedModel(value: Layer | TrainedModel): value is TrainedModel {
  return 'state' in value && 'predict' in value;
}

export function groupOf({ parameters }: Pick<ModelState, 'parameters'>): Group {
  return layoutGroup(
    'parameters',
    [...parameters].map(([path, { shape }]) => ({ path, shape })),
  );
}

export function dataOf(parameters: ReadonlyMap<string, Parameter>): Map<string, Float32Array> {
  return new Map([...parameters].map(([path, { data }]) => [path, data] as const));
}

/** Sums' means under their names. */
export function named(means: readonly number[], metrics: readonly { readonly name: string }[]): Record<string, number> {
  const [loss, ...values] = means;
  return {
    loss: must(loss, 'a loss'),
    ...Object.fromEntries(metrics.map(({ name }, i) => [name, must(values[i], name)])),
  };
}
