/** @file What `findLearningRate` found: losses by learning rate, and the rates that they suggest. */
import type { Json } from '../core/json.ts';
import type { LearningRateRange } from '../optim/drivers/learning-rate-range.ts';

/** Lines of the drawing. */
const LINES = 20;
/** Its width in characters. */
const WIDTH = 40;

/** A curve as data; `String(curve)` draws it. */
export class LearningRateCurve implements LearningRateRange {
  readonly learningRates: readonly number[];
  /** Of each step, before its update, as the run reports it. */
  readonly losses: readonly number[];
  readonly smoothed: readonly number[];
  readonly steepest: number | undefined;
  readonly tenthOfMinimum: number | undefined;
  readonly suggestion: number | undefined;

  /** @internal Use `findLearningRate`. */
  constructor(range: LearningRateRange) {
    this.learningRates = Object.freeze([...range.learningRates]);
    this.losses = Object.freeze([...range.losses]);
    this.smoothed = Object.freeze([...range.smoothed]);
    this.steepest = range.steepest;
    this.tenthOfMinimum = range.tenthOfMinimum;
    this.suggestion = range.suggestion;
  }

  /** The smoothed loss at some twenty rates, with bars from the lowest, and what is suggested. */
  toString(): string {
    const { learningRates, smoothed, suggestion, steepest, tenthOfMinimum } = this;
    const every = Math.max(1, Math.ceil(smoothed.length / LINES));
    const lowest = Math.min(...smoothed);
    // What diverges would press all else into one character.
    const highest = Math.min(Math.max(...smoothed), lowest + 2 * Math.abs((smoothed[0] ?? lowest) - lowest));
    const bar = (loss: number): string =>
      '█'.repeat(highest > lowest ? Math.round(Math.min(1, (loss - lowest) / (highest - lowest)) * WIDTH) : 0);
    const lines = smoothed.flatMap((loss, i) =>
      i % every === 0
        ? [`${(learningRates[i] as number).toExponential(1).padStart(8)}  ${short(loss).padStart(9)}  ${bar(loss)}`]
        : [],
    );
    const found =
      suggestion === undefined
        ? 'the loss never fell: try a wider range, or more steps'
        : `suggestion ${short(suggestion)} (steepest ${short(steepest)}, a tenth of the lowest ${short(tenthOfMinimum)})`;
    return ['    rate       loss', ...lines.map((line) => line.trimEnd()), found].join('\n');
  }

  /** All fields; what is undefined is null. */
  toJSON(): { readonly [key: string]: Json } {
    const { learningRates, losses, smoothed, steepest = null, tenthOfMinimum = null, suggestion = null } = this;
    return {
      ...{ learningRates: [...learningRates], losses: [...losses], smoothed: [...smoothed] },
      ...{ steepest, tenthOfMinimum, suggestion },
    };
  }
}

const short = (value: number | undefined): string => (value === undefined ? '–' : String(Number(value.toPrecision(3))));
