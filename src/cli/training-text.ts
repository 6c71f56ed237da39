/** @file The result of `train`, for people or as JSON. */

import type { Output } from './output.ts';
import { bytesOf } from './places.ts';
import { verdictOf } from './practices.ts';
import type { Trained } from './trained.ts';

export async function printTraining(trained: Trained & { readonly model: string }, output: Output): Promise<void> {
  const { report, notes, practices, rows, model, source, target, task, table, run, seconds } = trained;
  const verdict = verdictOf(report, rows);
  const parameters = [...run.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  if (output.json) {
    const columns = table?.columns.map(({ name, kind, missing, reason }) => ({ name, kind, missing, reason }));
    const { history, bestEpoch, ending, device } = run;
    const answer = {
      ...{ model, source, target, task, columns, rows, parameters, notes, practices, verdict, report: report.toJSON() },
      training: { epochs: history.length, bestEpoch, ending, seconds, device, last: history.at(-1) },
    };
    output.result(JSON.stringify(answer));
    return;
  }
  const { result, heading } = output;
  const what = task === 'class' ? `one of ${run.state.classes?.length} classes` : 'a number';
  heading(`${source}: ${target === undefined ? 'the class of an image' : `'${target}'`} is predicted, ${what}`);
  if (table !== undefined) {
    result(`${table.rows} rows, ${table.columns.length} columns:`);
    for (const column of table.columns)
      result(
        `  ${column.name}: ${column.kind}${column.name === target ? ', the target' : ''}${column.missing > 0 ? `, ${column.missing} missing` : ''} (${column.reason})`,
      );
  }
  result('');
  heading('What was done to the data');
  for (const note of notes) result(`  - ${note}`);
  result('');
  heading(
    rows.test > 0
      ? `Result on ${rows.test} rows that took no part in training`
      : `Result on the ${report.rows} training rows themselves`,
  );
  result(String(report));
  result('');
  heading('In short');
  for (const line of verdict) result(`  - ${line}`);
  result('');
  heading('Good practice that was used, and why');
  for (const { name, why } of practices) result(`  - ${name}: ${why}`);
  result('');
  const size = Math.ceil((await bytesOf(model)) / 1024);
  const count = `${parameters.toLocaleString('en-US')} parameters`;
  output.say(
    `${run.history.length} epochs in ${seconds.toFixed(1)} s, ${run.ending}; wrote ${model} (${count}, ${size} KB)`,
  );
}
