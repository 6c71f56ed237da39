/** @file `saddlepoint ablate`: which trick helps on a table, by how much, and is that more than the noise between seeds? */
import { type ArmRun, SaddlepointError } from '../index.ts';
import { ablateByJobs } from './ablate-jobs.ts';
import { mergeParts, partText } from './ablate-parts.ts';
import { type AblatedTable, ablateTable } from './ablate-table.ts';
import { checkFigures, drawAblation } from './figures.ts';
import { LEARNING, TABLES } from './learning-options.ts';
import type { Output } from './output.ts';
import { READING } from './read-table.ts';
import type { CommandSpec, Given, OptionSpec } from './spec.ts';
import { stopSignal } from './stop-signal.ts';
import { writeWhole } from './write-file.ts';

const COMPARING: readonly OptionSpec[] = [
  {
    name: 'tricks',
    value: { kind: 'text', placeholder: 'list' },
    description: "what is compared, as in code: 'mixup(0.2), labelSmoothing(0.1), ema(0.999)'",
  },
  {
    name: 'seeds',
    value: { kind: 'text', placeholder: 'n' },
    description: 'how many, from 0, or which ones (3,7,9), at least two; every arm has the same; default 5',
  },
  {
    name: 'mode',
    value: { kind: 'choice', choices: ['leave-one-out', 'add-one-in', 'factorial'] },
    description: 'all and all but each (default), none and each alone, or every subset of at most 6',
  },
  {
    name: 'measure',
    value: { kind: 'text', placeholder: 'name' },
    description: 'accuracy (default of classes), loss (default of amounts) or meanAbsoluteError',
  },
  {
    name: 'jobs',
    value: { kind: 'number', placeholder: 'n', min: 1, max: 64, integer: true },
    description: 'processes of this machine that share the runs; default 1, where the seconds are undisturbed',
  },
  {
    name: 'shard',
    value: { kind: 'text', placeholder: 'i/n' },
    description: 'make the i-th of n parts of the runs, i from 0, for other machines to make the rest',
  },
  {
    name: 'merge',
    value: { kind: 'texts', placeholder: 'part.json', many: true },
    description: 'put parts together, in place of data',
  },
  {
    name: 'json',
    value: { kind: 'flag or text', placeholder: 'file.json' },
    description: 'print the result as JSON, or write it to a file that --merge reads',
  },
  {
    name: 'figure',
    value: { kind: 'text', placeholder: 'file.svg' },
    description: 'draw the differences; needs the packages @observablehq/plot and linkedom',
  },
];

const TRAINING = ['test', 'validation', 'epochs', 'batch-size', 'learning-rate', 'class-weights', 'threads'];

export const ablateCommand: CommandSpec = {
  name: 'ablate',
  summary: 'Say which trick helps on a table: train with and without each, from the same seeds, and compare.',
  arguments: [{ name: 'data', optional: true, description: 'rows, as train takes them; not with --merge' }],
  options: [...COMPARING, ...TABLES, ...LEARNING.filter(({ name }) => TRAINING.includes(name)), ...READING],
  examples: [
    ["saddlepoint ablate iris.csv -t species --tricks 'mixup(0.2), labelSmoothing(0.1)'", 'a table of differences'],
    ['saddlepoint ablate … --shard 0/4 --json part0.json', 'a fourth of the runs, as a file'],
    ['saddlepoint ablate --merge part*.json', 'the parts put together'],
  ],
  async run([source], given, output) {
    const file = jsonFile(given);
    await checkFigures(given);
    const ablated = given.merge === undefined ? await compare(source, given, output) : await merge(source, given);
    const { comparison, measuredOn, ablation } = ablated;
    if (file !== undefined) await writeWhole(file, partText(ablated), 'check the folder', output);
    if (ablation.missing === 0) await drawAblation(ablated, given, output);
    else if (given.figure !== undefined) output.say('--figure: a part has no differences; nothing was drawn');
    if (output.json) {
      output.result(partText(ablated));
      return;
    }
    output.heading(`${ablated.source}: '${comparison.target}' is predicted, measured on ${measuredOn}`);
    output.result(String(ablation));
    if (ablation.missing > 0)
      output.result(`a part: put all parts together by saddlepoint ablate --merge ${file ?? 'part*.json'} …`);
  },
};

async function compare(source: string | undefined, given: Given, output: Output): Promise<AblatedTable> {
  const wrong = (what: string, help: string): never => {
    throw new SaddlepointError('option', `ablate: ${what}`, help);
  };
  if (source === undefined) return wrong('of which rows?', 'name a file of rows, or --merge part*.json');
  if (given.tricks === undefined)
    return wrong('which tricks are to be compared? --tricks says it', "such as --tricks 'mixup(0.2), sam'");
  const { jobs = 1 } = given as { readonly jobs?: number };
  if (jobs > 1 && source === '-')
    wrong('stdin can be read by one process alone', 'save the rows to a file, or --jobs 1');
  const shard = shardOf(given.shard as string | undefined);
  let made = 0;
  const onRun = ({ arm, seed, value, seconds }: ArmRun): void =>
    output.say(`run ${++made}: ${arm}, seed ${seed}: ${Number(value.toPrecision(4))} (${seconds.toFixed(1)} s)`);
  const stop = stopSignal(output, shard[1] > 1 ? 'the runs so far are kept' : 'the seeds that are complete are kept');
  try {
    const watch = { signal: stop.signal, onRun };
    return jobs === 1
      ? await ablateTable(source, given, shard, watch)
      : await ablateByJobs({ source, given, shard }, jobs, watch);
  } finally {
    stop.close();
  }
}

/** Options of a training say nothing about parts that are made already: they would be ignored without a word. */
function merge(source: string | undefined, given: Given): Promise<AblatedTable> {
  const used = ['merge', 'json', 'quiet', 'figure', 'header'];
  const other = source === undefined ? Object.keys(given).find((name) => !used.includes(name)) : 'data';
  if (other !== undefined)
    throw new SaddlepointError(
      'option',
      `ablate: --merge puts parts together that are made already, and takes no ${other === 'data' ? `rows: '${source}'` : `--${other}`}`,
      'leave it out; beside --merge there are --json, --figure and --quiet',
    );
  return mergeParts(given.merge as string[]);
}

/** `0/4` as [0, 4]. */
function shardOf(text: string | undefined): readonly [number, number] {
  if (text === undefined) return [0, 1];
  const [, part, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (part !== undefined && Number(part) < Number(of)) return [Number(part), Number(of)];
  throw new SaddlepointError(
    'option',
    `--shard: expected i/n with i from 0 to n − 1, got '${text}'`,
    '--shard 0/4, --shard 1/4, --shard 2/4, --shard 3/4',
  );
}

/** A word behind --json is a file, unless it is the data that was meant. */
function jsonFile({ json }: Given): string | undefined {
  if (typeof json !== 'string') return undefined;
  if (json.toLowerCase().endsWith('.json')) return json;
  throw new SaddlepointError(
    'option',
    `--json: '${json}' does not end in .json, as a file to write does`,
    'the rows come before the options: saddlepoint ablate data.csv … --json',
  );
}
