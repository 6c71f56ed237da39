/** @file Exact means over rows: sums and counts, divided once at the end. */
import type { Session } from '../backends/backend.ts';
import { checkBatchSize } from '../data/batch-size.ts';
import { evaluationProgram, type StepDescription } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Program } from '../graph/program.ts';
import { Totals, type TotalsLayout } from './history.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

export interface RowsEvaluation {
  /** To be opened with the session: the whole batches' and, if the rows do not divide, the last batch's. */
  readonly programs: readonly Program[];
  /** The mean loss over the rows, and the metrics. `seen` gets what they are made of: sums, and rows by metric. */
  run(
    session: Session,
    seen?: (totals: Totals, kept: ReadonlyMap<string, number[]>) => void,
  ): Promise<Record<string, number>>;
}

export function evaluateRows(
  description: StepDescription & TotalsLayout,
  rows: Int32Array,
  wanted: number,
): RowsEvaluation {
  const { batchSize } = checkBatchSize(wanted, rows.length);
  const rest = rows.length % batchSize;
  const sizes = [batchSize, ...(rest === 0 ? [] : [rest])];
  const programs = sizes.map((size) => evaluationProgram(description, size));
  return {
    programs,
    async run(session, seen) {
      const totals = new Totals(description);
      const kept = new Map<string, number[]>();
      const keeping = description.metrics.filter((metric) => 'rows' in metric);
      let since = performance.now();
      for (let at = 0; at < rows.length; at += batchSize) {
        const batch = rows.subarray(at, at + batchSize);
        const name = `evaluate ${batch.length}`;
        session.writeRows(name, 'indices', batch);
        const { stop } = await session.run(name, 1);
        if (stop !== undefined) throw stopError(stop);
        const sums = await session.readRows(name, 'sums', 1);
        totals.add(batch.length, sums[0] as number, sums, 1, true);
        for (const metric of keeping) {
          const all = kept.get(metric.name) ?? [];
          kept.set(metric.name, all);
          for (const value of await session.readRows(name, `kept ${metric.name}`, 1)) all.push(value);
        }
        if (performance.now() - since > SLICE_MS) {
          await nextTurn();
          since = performance.now();
        }
      }
      const measures = totals.measures(
        new Map([...kept].map(([metric, values]) => [metric, Float64Array.from(values)])),
      );
      seen?.(totals, kept);
      return measures;
    },
  };
}
