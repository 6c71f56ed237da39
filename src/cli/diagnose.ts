/** @file `saddlepoint diagnose`: what is wrong with a table, and with the model that train would make of it, before any training. */
import { type Advice, diagnose, SaddlepointError } from '../index.ts';
import { LEARNING, TABLES } from './learning-options.ts';
import { isFolder } from './places.ts';
import { READING } from './read-table.ts';
import type { CommandSpec } from './spec.ts';
import { readRows } from './table-rows.ts';

/** Of the options of a training those that change what is there before the first step. */
const TRAINING = ['validation', 'batch-size', 'class-weights', 'seed'];
/** That something was found which a training should not begin with. */
const FOUND = 3;

const isFault = ({ severity }: Advice): boolean => severity !== 'hint';

export const diagnoseCommand: CommandSpec = {
  name: 'diagnose',
  summary: 'Look for what is wrong with a table before training: units, classes, leaks, labels that cannot be learnt.',
  arguments: [{ name: 'data', description: 'rows, as train takes them' }],
  options: [...TABLES, ...LEARNING.filter(({ name }) => TRAINING.includes(name)), ...READING],
  examples: [
    ['saddlepoint diagnose iris.csv --target species', 'exit code 0: nothing found, 3: a fault'],
    ['saddlepoint diagnose iris.csv -t species --json', 'the same for programs'],
  ],
  async run([source], given, output) {
    const place = source as string;
    if (await isFolder(place))
      throw new SaddlepointError('option', `diagnose looks at tables, and ${place} is a folder`, 'name a file of rows');
    // All rows: those that a training holds out are drawn from them, and may be like others.
    const rows = await readRows('diagnose', place, { ...given, test: 0 });
    const advice = await diagnose(rows.learning, rows.options);
    const faults = advice.filter(isFault).length;
    if (output.json) {
      const { target, task, counts } = rows;
      const answer = { source: place, target, task, rows: counts, notes: rows.notes, faults };
      output.result(JSON.stringify({ ...answer, advice: advice.map((one) => one.toJSON()) }));
      return faults > 0 ? FOUND : 0;
    }
    const kind = rows.task === 'class' ? 'a class' : 'a number';
    output.heading(`${place}: '${rows.target}' is predicted, ${kind}, from ${rows.learning.rows} rows`);
    for (const one of advice) output.result(`  ${one.severity}: ${one}`);
    if (advice.length === 0)
      output.result('  nothing found: units, first loss, weights, signal, classes, held-out rows');
    return faults > 0 ? FOUND : 0;
  },
};
