/** @file A loaded plan: predicts, trains on, gives and takes its state. Everything a call does is done before the next begins. */
import { must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { answers, type Prediction } from '../data/answers.ts';
import type { PlanMemory } from './memory.ts';
import { readRows } from './rows.ts';
import type { EdgeBatch, EdgeTraining, EdgeTrainOptions, Trainer } from './training.ts';

/**
 * A model at the edge: a plan with its memory. Its answers are those of the library bit for bit, where that runs the same
 * build of the machine (`deterministic: true`). Not shared: each plan has a memory of its own, and calls do not mix.
 */
export class EdgePlan implements Disposable {
  /** Bytes of the memory, all of it from the start. The file's bytes are held until `load` has returned; of a plan that trains, until it begins to. */
  readonly bytes: number;
  readonly #memory: PlanMemory;
  readonly #trainer: Trainer | undefined;

  /** @internal Use `load`. */
  constructor(memory: PlanMemory, trainer?: Trainer) {
    this.#memory = memory;
    this.#trainer = trainer;
    this.bytes = memory.size;
  }

  /** Training steps taken in all, those before the export included; 0 if the plan only predicts. */
  get step(): number {
    return this.#trainer?.step ?? 0;
  }

  /**
   * Answers for one row or for many, as `run.predict` gives them.
   *
   * @param x a row of the shape that the model was trained on, or rows of it: nested arrays, typed arrays, bytes.
   * @returns for classes `{ label, probabilities }`, for values a number or numbers; a list of these for many rows.
   * @throws SaddlepointError `data` for rows of another shape, NaN and infinities; row and value named.
   * @example const { label } = await plan.predict(pixels);
   */
  async predict(x: unknown): Promise<Prediction | Prediction[]> {
    const { header } = this.#memory;
    const { data, rows, single } = readRows('x', x, header.input, 'a finite number');
    const [width, units] = [sizeOf(header.input), sizeOf(header.output)];
    const list: Prediction[] = [];
    this.#trainer?.refresh();
    for (let at = 0; at < rows; ) {
      // The smallest plan that takes all that is left, or the largest.
      const one = must(header.predict.find((each) => each.rows >= rows - at) ?? header.predict.at(-1), 'a program');
      const count = Math.min(one.rows, rows - at);
      const program = this.#memory.program(one.program);
      this.#memory.write(this.#memory.block(one.block), data.subarray(at * width, (at + count) * width));
      this.#memory.run(program);
      const output = this.#memory.view(must(program.header.tables.prediction, 'a table'));
      for (let row = 0; row < count; row++)
        list.push(answers(Array.from(output.subarray(row * units, (row + 1) * units)), header.output, header));
      at += count;
    }
    return single ? (list[0] as Prediction) : list;
  }

  /**
   * Trains on a batch: steps of as many rows as the plan was made for, in the order given, and a last one of those left over.
   * A budget stops between two steps; `next` says where to go on, in this request or another.
   *
   * @param batch x: rows, as for `predict`; y: a class by name or number, or values, for each row.
   * @returns steps taken, the mean loss, and `next` unless all is done.
   * @throws SaddlepointError `data` before the first step for rows or targets that do not fit; `divergence` where loss or
   *   gradient are not finite: the parameters are then those before that step; `option` if the plan has no training.
   * @example const { next } = await plan.train({ x, y }, { epochs: 5, budgetMs: 20 });
   */
  async train(batch: EdgeBatch, options?: EdgeTrainOptions): Promise<EdgeTraining> {
    return this.#training.train(batch, options);
  }

  /**
   * All that training has changed, as bytes for a durable store: `restore` goes on from there, in another isolate too.
   * @throws SaddlepointError `option` if the plan has no training.
   */
  state(): Uint8Array {
    return this.#training.state();
  }

  /**
   * Goes on from what `state` gave.
   * @throws SaddlepointError `file` if it is damaged, or of another plan: a plan exported anew begins anew.
   */
  restore(state: ArrayBuffer | ArrayBufferView): void {
    this.#training.restore(state);
  }

  /** Gives the memory up; the plan cannot be used any more. */
  dispose(): void {
    this.#memory.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #training(): Trainer {
    if (this.#trainer !== undefined) return this.#trainer;
    throw new SaddlepointError('option', 'this plan only predicts', 'export it with savePlan(run, { train: true }, …)');
  }
}
