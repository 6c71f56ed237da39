/** @file What `ablate` found: arms by seeds, and differences with their errors. */
import { SaddlepointError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { short, textTable } from './table.ts';

/** One training. */
export interface ArmRun {
  readonly arm: string;
  readonly seed: number;
  readonly value: number;
  readonly seconds: number;
  /** That training held on the device. */
  readonly bytes: number;
}

/** An arm over its seeds. */
export interface ArmSummary {
  readonly arm: string;
  readonly mean: number;
  /** Of the mean. */
  readonly standardError: number;
  /** To the first arm, seed by seed; of the first arm itself 0. */
  readonly difference: number;
  readonly differenceError: number;
  /** Two standard errors to both sides. */
  readonly interval: readonly [low: number, high: number];
  /** Of the difference, where it is more than two standard errors; 0: no effect seen. */
  readonly sign: -1 | 0 | 1;
  /** Means over the seeds. */
  readonly seconds: number;
  readonly bytes: number;
}

/** An ablation as plain JSON: its arms and seeds, and every run of them. */
export interface AblationData {
  readonly mode: string;
  readonly measure: string;
  /** The first is what others are compared with. */
  readonly arms: readonly string[];
  readonly seeds: readonly number[];
  readonly runs: readonly ArmRun[];
}

/** A comparison of runs with and without tricks. */
export class Ablation implements AblationData {
  readonly mode: string;
  readonly measure: string;
  readonly arms: readonly string[];
  readonly seeds: readonly number[];
  readonly runs: readonly ArmRun[];

  /** @internal Use `ablate`. */
  constructor({ mode, measure, arms, seeds, runs }: AblationData) {
    this.mode = mode;
    this.measure = measure;
    this.arms = Object.freeze([...arms]);
    this.seeds = Object.freeze([...seeds]);
    this.runs = Object.freeze([...runs]);
  }

  /**
   * Parts of one comparison, made by other processes, as one.
   *
   * @param parts ablations, or what `toJSON` made of them.
   * @throws SaddlepointError `option` for parts of different comparisons, and runs that occur twice.
   */
  static merge(parts: readonly AblationData[]): Ablation {
    const [first] = parts;
    if (first === undefined) throw new SaddlepointError('option', 'Ablation.merge: there are no parts');
    const settings = ({ mode, measure, arms, seeds }: AblationData) => JSON.stringify([mode, measure, arms, seeds]);
    const other = parts.find((part) => settings(part) !== settings(first));
    if (other !== undefined)
      throw new SaddlepointError(
        'option',
        `Ablation.merge: parts of different comparisons: ${settings(first)} and ${settings(other)}`,
        'make all parts with the same tricks, seeds, mode and measure',
      );
    const runs = parts.flatMap((part) => part.runs);
    const keys = runs.map(({ arm, seed }) => `'${arm}' with seed ${seed}`);
    const twice = keys.find((key, i) => keys.indexOf(key) !== i);
    if (twice !== undefined)
      throw new SaddlepointError('option', `Ablation.merge: ${twice} occurs twice`, 'give each part once');
    return new Ablation({ ...first, runs });
  }

  /** Runs that are still to be made, where this is a part. */
  get missing(): number {
    return this.arms.length * this.seeds.length - this.runs.length;
  }

  /**
   * What can be said where runs are missing: the comparison of those seeds that every arm has had; of a whole one all of it.
   *
   * @throws SaddlepointError `aborted` where these are fewer than two: differences have no error then.
   */
  ofCompleteSeeds(): Ablation {
    const { mode, measure, arms } = this;
    const seeds = this.seeds.filter((seed) => this.runs.filter((run) => run.seed === seed).length === arms.length);
    if (seeds.length < 2)
      throw new SaddlepointError(
        'aborted',
        `ablation: ${this.runs.length} of ${arms.length * this.seeds.length} runs were made; two seeds of ${arms.length} arms are the least that can be compared`,
      );
    return new Ablation({ mode, measure, arms, seeds, runs: this.runs.filter(({ seed }) => seeds.includes(seed)) });
  }

  /** A line an arm. @throws SaddlepointError `option` while runs are missing. */
  get summary(): readonly ArmSummary[] {
    if (this.missing > 0)
      throw new SaddlepointError(
        'option',
        `ablation: ${this.missing} runs of ${this.arms.length * this.seeds.length} are missing`,
        'put the parts together: Ablation.merge(parts)',
      );
    const of = (arm: string) =>
      this.seeds.map((seed) => this.runs.find((run) => run.arm === arm && run.seed === seed) as ArmRun);
    const base = of(this.arms[0] as string);
    return this.arms.map((arm) => {
      const runs = of(arm);
      const value = statistics(runs.map((run) => run.value));
      const difference = statistics(runs.map((run, i) => run.value - (base[i] as ArmRun).value));
      const isSeen = Math.abs(difference.mean) > 2 * difference.error;
      return {
        arm,
        ...{ mean: value.mean, standardError: value.error },
        ...{ difference: difference.mean, differenceError: difference.error },
        interval: [difference.mean - 2 * difference.error, difference.mean + 2 * difference.error] as const,
        sign: isSeen ? (Math.sign(difference.mean) as -1 | 1) : 0,
        seconds: statistics(runs.map((run) => run.seconds)).mean,
        bytes: statistics(runs.map((run) => run.bytes)).mean,
      };
    });
  }

  /** A table; of a part how much of it there is. */
  toString(): string {
    if (this.missing > 0) return `${this.runs.length} of ${this.arms.length * this.seeds.length} runs`;
    const [base = ''] = this.arms;
    const cells = this.summary.map((one) => [
      one.arm,
      `${digits(one.mean)} ± ${digits(one.standardError)}`,
      one.arm === base ? '–' : `${signed(one.difference)} (${signed(one.interval[0])} … ${signed(one.interval[1])})`,
      one.arm === base ? '–' : one.sign === 0 ? 'no effect seen' : one.sign > 0 ? '+' : '−',
      digits(one.seconds),
      short(Math.round(one.bytes)),
    ]);
    const header = ['arm', this.measure, `difference to '${base}'`, 'effect', 'seconds', 'bytes'];
    return `${textTable(header, cells, header)}\n${this.seeds.length} seeds, the same for all; ± one standard error, intervals two`;
  }

  toJSON(): { readonly [key: string]: Json } {
    const { mode, measure, arms, seeds, runs } = this;
    const plain = { mode, measure, arms: [...arms], seeds: [...seeds], runs: runs.map((run) => ({ ...run })) };
    return {
      ...plain,
      ...(this.missing === 0 && { summary: this.summary.map((one) => ({ ...one, interval: [...one.interval] })) }),
    };
  }
}

/** The mean and its standard error (n − 1). */
function statistics(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Number(Math.abs(value).toPrecision(2))}`;
