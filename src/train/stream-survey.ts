/**
 * @file What must be known of a stream before the first step: how many rows it has, their classes, and their moments, by the
 * same sums in the same order as of rows in memory, so that the scaling has the same bits.
 */
import { SaddlepointError } from '../core/errors.ts';
import type { ClassName } from '../data/labels.ts';
import { isVector } from '../data/nested.ts';
import { type Scaling, standardizing } from '../data/scaling.ts';

/** Mean and population standard deviation in two readings (Chan, Golub and LeVeque 1983, the corrected two-pass algorithm). */
export class StreamMoments {
  readonly columns: number;
  #rows = 0;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  readonly #rest: Float64Array;

  constructor(columns: number) {
    this.columns = columns;
    this.#mean = new Float64Array(columns);
    this.#squares = new Float64Array(columns);
    this.#rest = new Float64Array(columns);
  }

  /** In the first reading. */
  add(data: ArrayLike<number>): void {
    const { columns } = this;
    const mean = this.#mean;
    for (let k = 0; k < data.length; ) for (let j = 0; j < columns; j++, k++) mean[j]! += data[k] as number;
    this.#rows += data.length / columns;
  }

  /** Between the readings. */
  turn(): void {
    for (let j = 0; j < this.columns; j++) this.#mean[j]! /= this.#rows;
  }

  /** In the second reading. */
  deviate(data: ArrayLike<number>): void {
    const { columns } = this;
    const [mean, squares, rest] = [this.#mean, this.#squares, this.#rest];
    for (let k = 0; k < data.length; )
      for (let j = 0; j < columns; j++, k++) {
        const difference = (data[k] as number) - (mean[j] as number);
        squares[j]! += difference * difference;
        rest[j]! += difference;
      }
  }

  /** @param scaleOfConstant the scale of a column that does not vary: 0 for inputs, 1 for targets. */
  scaling(scaleOfConstant: 0 | 1): { readonly scaling: Scaling; readonly constant: readonly number[] } {
    const deviation = this.#squares.map((sum, j) => {
      const left = this.#rest[j] as number;
      return Math.sqrt(Math.max(0, sum - (left * left) / this.#rows) / this.#rows);
    });
    return standardizing(this.#mean, deviation, scaleOfConstant);
  }
}

/** How much memory labels may take before they are found to be none. */
const MOST_CLASSES = 2 ** 16;

/** Counts labels; targets of another form are left alone. */
export class LabelCounts {
  readonly counts = new Map<ClassName, number>();
  /** Whether all targets so far were one label a row. */
  plain = true;

  add(y: unknown, rows: number): void {
    const values = Array.isArray(y) || ArrayBuffer.isView(y) ? y : (Object(y) as { data?: unknown }).data;
    if (!isVector(values) || values.length !== rows) this.plain = false;
    if (!this.plain) return;
    const labels = values as ArrayLike<ClassName | ArrayLike<ClassName>>;
    for (let row = 0; row < rows; row++) {
      const given = labels[row] as ClassName | ArrayLike<ClassName>;
      // A column of labels has each in a list of its own.
      const label = (isVector(given) && given.length === 1 ? given[0] : given) as ClassName;
      if (typeof label === 'object') {
        this.plain = false;
        return;
      }
      this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
    }
    if (this.counts.size > MOST_CLASSES)
      throw new SaddlepointError(
        'data',
        `y: more than ${MOST_CLASSES} different labels`,
        'to predict amounts use a regression loss',
      );
  }
}
