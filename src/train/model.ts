/** @file A trained model: a layer with its parameters and with what was done to its data, so that it takes and gives user units. */
import type { Prediction } from '../data/answers.ts';
import type { WriteTarget } from '../io/place.ts';
import type { Layer } from '../nn/layer.ts';
import type { EvaluateOptions } from './evaluate-model.ts';
import type { Data } from './options.ts';
import type { PredictOptions, Predictor } from './predict.ts';
import type { Records } from './records.ts';
import type { ModelState, Parameter } from './state.ts';

/** Numbers over a data set: the loss, and each metric by its name. */
export type Evaluation<Name extends string = string> = { readonly loss: number } & { readonly [K in Name]: number };

/**
 * A model that has parameters: what `fit` returns and `loadModel` reads. What training does not need (prediction, files) is
 * loaded when it is first used, so that a page that trains downloads less before it can begin.
 */
export class TrainedModel<Name extends string = string> implements Disposable {
  /** @internal */
  readonly state: ModelState;
  #predictor: Promise<Predictor> | undefined;

  /** @internal Use `fit` or `loadModel`. */
  constructor(state: ModelState) {
    this.state = state;
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
  async predict(x: unknown, options: PredictOptions = {}): Promise<Prediction | Prediction[]> {
    this.#predictor ??= import('./predict.ts').then(({ Predictor }) => new Predictor(this.state));
    return (await this.#predictor).predict(x, options);
  }

  /**
   * The loss and the metrics over a data set, exact: sums over all rows, divided once, whatever the batch size. Where rows have
   * weights, the loss is Σ weight · loss / Σ weight; metrics count all rows alike.
   *
   * @param data x and y, and weights, if there are; of a model that was trained on records, records with the target's column.
   * @param options batchSize: rows at a time, default 256; device, worker, workerUrl, wasm: as of `fit`.
   */
  async evaluate(data: Data | Records, options: EvaluateOptions = {}): Promise<Evaluation<Name>> {
    const { evaluateModel } = await import('./evaluate-model.ts');
    return (await evaluateModel(this.state, data, options)) as Evaluation<Name>;
  }

  /**
   * Writes the model, with all that prediction needs, as safetensors.
   *
   * @param target a path or URL in Node (written aside, then renamed: a failed save leaves the old file), a file handle, a
   *   writable stream, or a key of IndexedDB on a page.
   */
  async save(target: WriteTarget): Promise<void> {
    const { saveModel } = await import('./save.ts');
    await saveModel(this.state, target);
  }

  /** Frees what predictions hold on the device. The parameters stay; predicting again takes it anew. */
  dispose(): void {
    this.#predictor?.then((predictor) => predictor.dispose()).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Whether a value is a trained model, of this or another copy of the library. */
export function isTrainedModel(value: Layer | TrainedModel): value is TrainedModel {
  return 'state' in value && 'predict' in value;
}
