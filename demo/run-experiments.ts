/**
 * @file Runs experiments: `npm run experiment -- <section> [--no-write]` one, `npm run experiments` all that there are, two at a
 * time. Prints *published, reference, ours, target* side by side and writes docs/tricks/<section>.md with its figures. A target
 * that is missed is reported, not a failure.
 */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Experiment, type Outcome, SECTIONS, type Section } from './experiment.ts';
import { alignedTable, figureFile, measuredLine, pageOf, type Tally, tallyLine, tallyOf } from './experiment-text.ts';

const demo = import.meta.dirname;
const pages = join(demo, '../docs/tricks');

/** As many at a time. */
const WORKERS = 2;

const existing = SECTIONS.filter((section) => existsSync(join(demo, section, 'experiment.ts')));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, write: { type: 'boolean', default: true } },
  allowNegative: true,
});
const unknown = positionals.find((name) => !(existing as readonly string[]).includes(name));
const wrong =
  unknown !== undefined
    ? `There is no experiment '${unknown}'.`
    : positionals.length === 0 && !values.all
      ? 'Which experiment?'
      : undefined;
if (wrong !== undefined) {
  console.error(`${wrong} There are: ${existing.join(', ') || 'none yet'}. \`npm run experiments\` runs all.`);
  process.exit(1);
}
const sections = values.all ? existing : (positionals as Section[]);
const tallies = await runAll();
console.log(tallyLine(tallies));
process.exitCode = tallies.some(({ failed }) => failed.length > 0) ? 1 : 0;

/** One runs in this process; several in ones of their own, the longest first, so that the end is not one of them alone. */
async function runAll(): Promise<Tally[]> {
  const [only] = sections;
  if (sections.length === 1 && only !== undefined) return [await runHere(only)];
  const minutes = new Map<Section, number>();
  for (const section of sections)
    minutes.set(
      section,
      await load(section).then(
        (it) => it.minutes,
        () => 0,
      ),
    );
  const waiting = sections.toSorted((a, b) => (minutes.get(b) ?? 0) - (minutes.get(a) ?? 0));
  const done: Tally[] = [];
  const worker = async () => {
    for (let section = waiting.shift(); section !== undefined; section = waiting.shift())
      done.push(await runInChild(section));
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return done;
}

async function load(section: Section): Promise<Experiment> {
  const { experiment } = (await import(`./${section}/experiment.ts`)) as { readonly experiment: Experiment };
  return experiment;
}

/** Runs, prints, writes. What fails becomes part of the tally. */
async function runHere(section: Section): Promise<Tally> {
  try {
    const experiment = await load(section);
    const from = performance.now();
    const outcome = await experiment.run((line) => console.log(`${section}: ${line}`));
    const measured = measuredLine((performance.now() - from) / 1000);
    console.log(`\n${experiment.title}\n`);
    for (const table of outcome.tables) console.log(`${alignedTable(table)}\n`);
    for (const note of outcome.notes ?? []) console.log(`Note: ${note}`);
    console.log(measured);
    if (values.write) writePage(section, outcome, measured);
    const tally = tallyOf(section, outcome);
    process.send?.(tally);
    return tally;
  } catch (error) {
    console.error(`${section} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return { met: 0, missed: [], failed: [section] };
  }
}

/** In a process of its own, under the same loader; its lines come out whole and at once, since two write at the same time. */
function runInChild(section: Section): Promise<Tally> {
  return new Promise((resolve) => {
    const child = fork(import.meta.filename, [section, ...(values.write ? [] : ['--no-write'])], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let tally: Tally = { met: 0, missed: [], failed: [section] };
    let printed = '';
    child.stdout?.on('data', (text) => {
      printed += text;
    });
    child.stderr?.on('data', (text) => {
      printed += text;
    });
    child.on('message', (told) => {
      tally = told as Tally;
    });
    child.on('close', (code) => {
      console.log(`${printed.trim()}\n`);
      resolve(code === 0 ? tally : { met: 0, missed: [], failed: [section] });
    });
  });
}

/** Written aside first: a page is never half. */
function writePage(section: Section, outcome: Outcome, measured: string): void {
  const template = join(demo, section, 'page.md');
  if (!existsSync(template)) throw new Error(`demo/${section}/page.md does not exist: it is the template of the page.`);
  const page = pageOf(readFileSync(template, 'utf8'), section, outcome, measured);
  mkdirSync(pages, { recursive: true });
  const files: [string, string][] = outcome.figures.map((figure) => [figureFile(section, figure), figure.svg]);
  for (const [name, text] of [...files, [`${section}.md`, page] as const]) {
    const path = join(pages, name);
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, path);
  }
  console.log(`wrote docs/tricks/${section}.md${files.length > 0 ? ` and ${files.length} figures` : ''}`);
}
