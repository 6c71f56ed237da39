/** @file Training on a table: a model and its baselines trained, the report made. */
import { fit, report } from '../index.ts';
import type { LearningGiven } from './learning-options.ts';
import type { Output } from './output.ts';
import { LINEAR, practicesOf } from './practices.ts';
import type { Given } from './spec.ts';
import { stopSignal } from './stop-signal.ts';
import { readRows } from './table-rows.ts';
import type { Trained } from './trained.ts';

export async function trainTable(place: string, options: Given, output: Output): Promise<Trained> {
  const given = options as LearningGiven;
  const began = performance.now();
  const { seed = 0 } = given;
  const rows = await readRows('train', place, options);
  const { whole, learning, held, target, task, order, validation } = rows;
  const signal = stopSignal(output, 'the best weights so far are kept');
  const common = { ...rows.options, signal: signal.signal };
  try {
    const run = await fit(learning, { ...common, progress: !output.quiet });
    const isLinear = common.model?.length === 0;
    const compare = given.baseline !== false && !isLinear && !signal.signal.aborted;
    const linear = compare ? await fit(learning, { ...common, model: [], progress: false }) : undefined;
    const measured = await report(run, held ?? learning, {
      training: learning,
      seed,
      ...(linear && { baselines: { [LINEAR]: linear } }),
    });
    const trained: Omit<Trained, 'practices'> = {
      run,
      report: measured,
      ...{ source: place, target, task, table: whole, rows: rows.counts },
      notes: [...rows.notes, ...run.notes.filter((note) => !whole.notes.includes(note))],
      seconds: (performance.now() - began) / 1000,
      settings: { seed, order, validation, classWeights: given.classWeights },
    };
    return { ...trained, practices: practicesOf(trained) };
  } finally {
    signal.close();
  }
}
