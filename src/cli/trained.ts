/** @file What a training at the command line came to. */
import type { Table } from '../data.ts';
import type { ClassReport, Run, ValueReport } from '../index.ts';
import type { Practice } from './practices.ts';

export interface Trained {
  readonly run: Run;
  /** On the rows set aside, or, where there are none, on those that it learnt from. */
  readonly report: ClassReport | ValueReport;
  /** The file or folder. */
  readonly source: string;
  /** The column that is predicted; undefined for images. */
  readonly target: string | undefined;
  readonly task: 'class' | 'value';
  /** All rows as read; undefined for images. */
  readonly table: Table | undefined;
  readonly rows: { readonly training: number; readonly validation: number; readonly test: number };
  /** What was done to the data. */
  readonly notes: readonly string[];
  readonly practices: readonly Practice[];
  readonly seconds: number;
  readonly settings: {
    readonly seed: number;
    readonly order: 'shuffle' | 'time';
    readonly validation: number;
    readonly classWeights?: 'balanced' | undefined;
  };
}
