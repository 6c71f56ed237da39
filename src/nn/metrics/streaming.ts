/**
 * @file Metrics that are no mean over rows: what each batch gives is added up, or kept row by row, and made a result on the
 * host at the end. So an epoch's value is exact however the rows were batched.
 */
import { SaddlepointError } from '../../core/errors.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Loss } from '../losses/loss.ts';

/** What a streaming metric has come to. */
export interface MetricTotals {
  /** Sums over all rows, in double; empty where the metric has none. */
  readonly sums: Float64Array;
  /** What was kept of each row, `width` numbers each, in order; empty where the metric keeps none. */
  readonly rows: Float64Array;
  readonly width: number;
  /** How many rows there were. */
  readonly count: number;
}

/**
 * A metric in two parts: `sums` and `rows` are traced with the step, as `Metric.call` is, and get the same (a prediction in the
 * data's units, targets, the loss's threshold for binary targets); `finish` runs on the host.
 */
export interface StreamingMetric<Name extends string = string, Result = number> {
  readonly name: Name;
  /** The kinds of target that it can judge; left out: all. */
  readonly targets?: readonly Loss['target'][];
  /**
   * Sums over the rows of a batch, f32 [k], k the same for every batch. Counts are whole numbers, exact up to 2²⁴ a batch; over
   * batches they are added in double.
   */
  sums?(prediction: Tensor, target: Tensor, threshold?: number): Tensor;
  /** What is kept of each row, f32 [n, k]: for results that need all rows at once, such as ranks. Costs 4k bytes a row. */
  rows?(prediction: Tensor, target: Tensor, threshold?: number): Tensor;
  /** The result. */
  finish(totals: MetricTotals): Result;
}

/** Adds up what batches give. */
export class MetricAccumulator<Result> {
  readonly #metric: StreamingMetric<string, Result>;
  #sums = new Float64Array(0);
  #rows: Float64Array[] = [];
  #count = 0;

  constructor(metric: StreamingMetric<string, Result>) {
    this.#metric = metric;
  }

  /**
   * @param count rows of the batch.
   * @param given what `sums` and `rows` gave for it.
   */
  add(count: number, given: { readonly sums?: ArrayLike<number>; readonly rows?: ArrayLike<number> }): void {
    const { sums, rows } = given;
    if (sums !== undefined) {
      if (this.#count === 0) this.#sums = new Float64Array(sums.length);
      if (sums.length !== this.#sums.length) {
        const message = `${this.#metric.name}: a batch has ${sums.length} sums, those before had ${this.#sums.length}`;
        throw new SaddlepointError('internal', message);
      }
      for (let i = 0; i < sums.length; i++) this.#sums[i] = (this.#sums[i] as number) + (sums[i] as number);
    }
    if (rows !== undefined) this.#rows.push(Float64Array.from(rows));
    this.#count += count;
  }

  finish(): Result {
    const total = this.#rows.reduce((length, part) => length + part.length, 0);
    const rows = new Float64Array(total);
    let at = 0;
    for (const part of this.#rows) {
      rows.set(part, at);
      at += part.length;
    }
    const count = this.#count;
    return this.#metric.finish({ sums: this.#sums, rows, width: count === 0 ? 0 : total / count, count });
  }
}

/**
 * The value of a metric for predictions that are there, at once, in double precision.
 *
 * @param metric a streaming metric.
 * @param prediction tensor or nested arrays [n, ...].
 * @param target tensor or nested arrays; class numbers as Int32Array or an i32 tensor.
 * @param options threshold: above which a single output means yes; default 0, for logits.
 * @example measure(confusionMatrix(), [[2, 1], [0, 3]], Int32Array.of(0, 0)); // [[1, 1], [0, 0]]
 */
export function measure<Result>(
  metric: StreamingMetric<string, Result>,
  prediction: unknown,
  target: unknown,
  options: { readonly threshold?: number } = {},
): Result {
  const [x, t] = [tensor(prediction as never), tensor(target as never)];
  const total = new MetricAccumulator(metric);
  const sums = metric.sums?.(x, t, options.threshold);
  const rows = metric.rows?.(x, t, options.threshold);
  total.add(x.shape[0] as number, {
    ...(sums === undefined ? {} : { sums: sums.data }),
    ...(rows === undefined ? {} : { rows: rows.data }),
  });
  return total.finish();
}
