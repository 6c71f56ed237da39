/** @file What `findBatchSize` found: a row for each size, and which of them is best for what. */
import { checkNumber, SaddlepointError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { scaledRate } from '../../optim/schedules/scaled-rate.ts';
import type { CurveFigure } from '../curve-figure.ts';
import type { ArrivalEnding } from './arrival.ts';
import type { BatchSizeTarget } from './options.ts';

/** A batch size. What was not measured is left out: speed and target of sizes that do not fit memory. */
export interface BatchSizeRow {
  readonly batchSize: number;
  /** Of WebAssembly memory that the run needs, known without running it. */
  readonly bytes: number;
  readonly fits: boolean;
  /** Median of timed windows, after a warm-up; the faster of two. */
  readonly secondsPerExample?: number;
  /** By the rule; left out for optimizers that have none. */
  readonly learningRate?: number;
  /** How the run to the target ended; left out without a target. */
  readonly ending?: ArrivalEnding;
  /** To the first look that saw the target. */
  readonly steps?: number;
  /** steps · batchSize · secondsPerExample: looks and validation do not count. */
  readonly secondsToTarget?: number;
}

/** What was found besides the table. */
export interface BatchSizeFindings {
  readonly table: readonly BatchSizeRow[];
  readonly noiseScale: number | undefined;
  readonly target: Required<BatchSizeTarget> | undefined;
  /** How rates follow: from which rate, at which size, by which rule. */
  readonly rate: { readonly learningRate: number; readonly from: number; readonly rule: Rule } | undefined;
}
type Rule = 'linear' | 'squareRoot' | 'none';

/** The table of a search, and what it says. `String(…)` draws it. */
export class BatchSizeReport {
  /** A row for each size, ascending. Plain JSON; rule F4 of the advisor takes it: advise(run, { throughput }). */
  readonly table: readonly BatchSizeRow[];
  /** The largest of the sizes that fits memory. */
  readonly memoryLimit: number;
  /** The size at which an example costs least time. */
  readonly fastestPerExample: number;
  /** The size that reached the target soonest; undefined where none did, or none was wanted. */
  readonly fastestToTarget: number | undefined;
  /**
   * B_simple in rows, along a run at the size that the learning rate is meant for: about where larger batches stop saving steps.
   * Undefined where gradients cannot be taken beside the run; infinite where noise was all there was to see.
   */
  readonly noiseScale: number | undefined;
  /** What was to be reached. */
  readonly target: Required<BatchSizeTarget> | undefined;
  /** Bytes that each row of a batch adds: of the two largest sizes, where what is shared counts least. */
  readonly bytesPerExample: number | undefined;
  readonly #rate: BatchSizeFindings['rate'];

  /** @internal Use `findBatchSize`. */
  constructor({ table, noiseScale, target, rate }: BatchSizeFindings) {
    this.table = Object.freeze(table.map((row) => Object.freeze(row)));
    const best = (value: (row: BatchSizeRow) => number | undefined): number | undefined =>
      table.reduce<BatchSizeRow | undefined>((a, b) => {
        const [now, before] = [value(b), a && value(a)];
        return now !== undefined && (before === undefined || now < before) ? b : a;
      }, undefined)?.batchSize;
    this.memoryLimit = Math.max(...table.filter(({ fits }) => fits).map(({ batchSize }) => batchSize));
    this.fastestPerExample = best((row) => row.secondsPerExample) ?? this.memoryLimit;
    this.fastestToTarget = best((row) => row.secondsToTarget);
    this.noiseScale = noiseScale;
    this.target = target;
    const [b, a] = [table.at(-1), table.at(-2)];
    this.bytesPerExample = a && b && (b.bytes - a.bytes) / (b.batchSize - a.batchSize);
    this.#rate = rate;
  }

  /**
   * The learning rate for a batch size: by the rule, from the optimizer's own (of a schedule: its first), which is meant for the
   * `batchSize` that the search was given.
   *
   * @param size rows: a whole number ≥ 1.
   * @throws SaddlepointError `option` for another size, or where the optimizer has no learning rate.
   */
  learningRateFor(size: number): number {
    checkNumber('learningRateFor', size, { min: 1, integer: true });
    if (this.#rate === undefined)
      throw new SaddlepointError(
        'option',
        'learningRateFor: the optimizer has no learning rate',
        'there is none to set',
      );
    const { rule, ...rate } = this.#rate;
    return rule === 'none' ? rate.learningRate : scaledRate({ ...rate, to: size, rule });
  }

  /** The table in columns, and below it what is best for what. */
  toString(): string {
    const { table, target, fastestPerExample, fastestToTarget, noiseScale, memoryLimit } = this;
    const cells = table.map((row) => [
      String(row.batchSize),
      `${(row.bytes / 2 ** 20).toFixed(1)} MiB`,
      row.fits ? micro(row.secondsPerExample) : 'does not fit',
      ...(target ? [short(row.learningRate), short(row.steps), arrivalText(row)] : []),
    ]);
    const heads = ['batch', 'memory', 'µs an example', ...(target ? ['rate', 'steps', 'seconds to target'] : [])];
    const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((line) => (line[i] as string).length)));
    const lines = [heads, ...cells].map((line) => line.map((cell, i) => cell.padStart(widths[i] as number)).join('  '));
    return [
      ...lines,
      `fits memory up to ${memoryLimit}; fastest an example ${fastestPerExample}; noise scale ${short(noiseScale)}`,
      ...(target ? [`${target.metric} ${target.value}: ${soonest(fastestToTarget)}`] : []),
    ].join('\n');
  }

  /** The findings and the table; what is undefined or infinite is null. */
  toJSON(): { readonly [key: string]: Json } {
    const { memoryLimit, fastestPerExample, fastestToTarget = null, noiseScale, target = null } = this;
    return {
      ...{ memoryLimit, fastestPerExample, fastestToTarget, bytesPerExample: this.bytesPerExample ?? null },
      noiseScale: noiseScale !== undefined && Number.isFinite(noiseScale) ? noiseScale : null,
      target: target && { ...target },
      table: this.table.map((row) => ({ ...row })),
    };
  }

  /**
   * What `pointsFigure` of `saddlepoint/plot` draws: seconds for 1,000 examples and, with a target, seconds to it, by batch size;
   * the noise scale is a line from top to bottom.
   *
   * @example await writeFile('sizes.svg', pointsFigure(...found.toFigure()));
   */
  toFigure(): CurveFigure<'both'> {
    const points = (value: (row: BatchSizeRow) => number | undefined) =>
      this.table.flatMap((row): [number, number][] => {
        const y = value(row);
        return y === undefined ? [] : [[row.batchSize, y]];
      });
    const curves = [
      { name: '1,000 examples', points: points((row) => row.secondsPerExample && 1000 * row.secondsPerExample) },
      { name: 'to the target', points: points((row) => row.secondsToTarget) },
    ].filter((curve) => curve.points.length > 0);
    const all = curves.flatMap((curve) => curve.points.map(([, y]) => y));
    const { noiseScale } = this;
    const line = noiseScale !== undefined && Number.isFinite(noiseScale) && noiseScale > 0 && all.length > 0;
    return [
      [
        ...curves,
        ...(line
          ? [{ name: 'noise scale', points: [Math.min(...all), Math.max(...all)].map((y) => [noiseScale, y] as const) }]
          : []),
      ],
      { title: 'Batch sizes', x: 'batch size', y: 'seconds', line: true, log: 'both' },
    ];
  }
}

const short = (value: number | undefined): string => (value === undefined ? '–' : String(Number(value.toPrecision(3))));
const micro = (seconds: number | undefined): string => short(seconds && 1e6 * seconds);
const soonest = (size: number | undefined): string =>
  size === undefined ? 'no size reached it in its share of the time' : `soonest with ${size}`;
const arrivalText = ({ ending, secondsToTarget }: BatchSizeRow): string =>
  ending === 'reached' ? short(secondsToTarget) : ending === 'time' ? 'not in its time' : (ending ?? '–');
