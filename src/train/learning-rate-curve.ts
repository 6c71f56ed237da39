/** @file What `findLearningRate` found: losses by learning rate, and the rates that they suggest. */
import type { Json } from '../core/json.ts';
import type { LearningRateRange } from '../optim/drivers/learning-rate-range.ts';
import type { CurveFigure } from './curve-figure.ts';

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

  /** Between which losses are drawn: what diverges would press all else into one line. */
  get #range(): readonly [lowest: number, highest: number] {
    const { smoothed } = this;
    const lowest = Math.min(...smoothed);
    return [lowest, Math.min(Math.max(...smoothed), lowest + 2 * Math.abs((smoothed[0] ?? lowest) - lowest))];
  }

  /** The smoothed loss at some twenty rates, with bars from the lowest, and what is suggested. */
  toString(): string {
    const { learningRates, smoothed, suggestion, steepest, tenthOfMinimum } = this;
    const every = Math.max(1, Math.ceil(smoothed.length / LINES));
    const [lowest, highest] = this.#range;
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

  /**
   * What `pointsFigure` of `saddlepoint/plot` draws: the loss and the smoothed loss by learning rate, as far as `toString` draws them
   * (higher ones lie on the edge), and lines from top to bottom at the rates that are suggested.
   *
   * @example await writeFile('rates.svg', pointsFigure(...curve.toFigure()));
   */
  toFigure(): CurveFigure<'x'> {
    const { learningRates, losses, smoothed, steepest, tenthOfMinimum } = this;
    const [lowest, highest] = this.#range;
    const bottom = Math.min(lowest, ...losses);
    const curve = (values: readonly number[]) =>
      values.flatMap((value, i): [number, number][] =>
        Number.isFinite(value) ? [[learningRates[i] as number, Math.min(value, highest)]] : [],
      );
    const upright = (name: string, rate: number | undefined) =>
      rate === undefined ? [] : [{ name, points: [bottom, highest].map((loss) => [rate, loss] as const) }];
    return [
      [
        ...[
          { name: 'loss', points: curve(losses) },
          { name: 'smoothed', points: curve(smoothed) },
        ],
        ...upright('steepest', steepest),
        ...upright('a tenth of the lowest', tenthOfMinimum),
      ],
      { title: 'Learning rates', x: 'learning rate', y: 'loss', line: true, log: 'x' },
    ];
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
