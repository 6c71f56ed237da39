// @ts-check
/**
 * @file What a user waits for before training flows: the first step after the import, and tracing and planning for a batch size
 * that is new to a run. Medians over processes.
 *
 *   node scripts/ensure-built.mjs && node bench/first-step.mjs [--processes 5] [--json FILE]
 */
import { pathToFileURL } from 'node:url';
import { COMPARED_STEPS, items } from './items.mjs';
import { median, serve } from './measure.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { firstSteps, inside, loadLibrary, loadModules } from './ours.mjs';
import { milliseconds, readOptions, showPart, writePart } from './part.mjs';

/** Milliseconds wanted of a first step, by item, and of tracing and planning a new batch size. @type {Readonly<Record<string, number>>} */
const FIRST_STEP_WANTED = { 'MLP-32': 60, CNN: 120 };
const PLAN_WANTED = 10;

/**
 * Milliseconds to trace and plan the training step for batch sizes that the process has not seen, after a first run.
 * @param {import('./networks.mjs').Library} library @param {import('./items.mjs').Item} item
 */
async function planTimes(library, item) {
  /** @type {typeof import('../src/train/prepare.ts')} */
  const { prepare } = await inside('train/prepare');
  /** @type {typeof import('../src/train/options.ts')} */
  const { resolveOptions } = await inside('train/options');
  /** @type {typeof import('../src/train/describe.ts')} */
  const { describeStep, targetSpec } = await inside('train/describe');
  /** @type {typeof import('../src/train/state.ts')} */
  const { groupsOf } = await inside('train/state');
  /** @type {typeof import('../src/engine/step.ts')} */
  const { trainingProgram } = await inside('engine/step');
  /** @type {typeof import('../src/backends/wasm/index.ts')} */
  const { planSession } = await inside('backends/wasm/index');
  const options = await resolveOptions(optionsOf(library, item));
  const { state, source, targets } = await prepare(modelOf(library, item), dataOf(library, item, 4), options);
  const description = describeStep({
    ...{ ...state, groups: groupsOf(state), source, targets: targetSpec(targets, source.rows) },
  });
  const times = [];
  for (let rows = item.batchSize + 1; times.length < 5; rows++) {
    const began = performance.now();
    await planSession([trainingProgram(description, options.optimizer, rows)], { capacity: 256 });
    times.push(performance.now() - began);
  }
  return times;
}

/** @param {import('./measure.mjs').Task} task */
async function measure({ item }) {
  const began = performance.now();
  const library = await loadLibrary();
  const importMs = performance.now() - began;
  const { firstStepMs, firstStepCpuMs, losses } = await firstSteps(library, item);
  if (losses.length !== COMPARED_STEPS) throw new Error('losses are missing');
  const modules = await loadModules();
  await firstSteps(modules, item);
  const [planMs, ...later] = await planTimes(modules, item);
  return { importMs, firstStepMs, firstStepCpuMs, planMs, laterPlanMs: median(later) };
}

async function main() {
  const { measureInNode } = await import('./process.mjs');
  const { processes, file } = readOptions({ processes: 5 });
  const rows = [];
  for (const [name, wanted] of Object.entries(FIRST_STEP_WANTED)) {
    const item = /** @type {import('./items.mjs').Item} */ (items.find((one) => one.name === name));
    /** @type {Record<string, number>[]} */
    const runs = [];
    for (let i = 0; i < processes; i++) runs.push(await measureInNode('./first-step.mjs', { item, weights: [] }));
    const of = (/** @type {string} */ key) => median(runs.map((run) => Number(run[key])));
    rows.push([
      ...[name, milliseconds(of('importMs')), milliseconds(of('firstStepMs')), `≤ ${wanted} ms`],
      milliseconds(of('firstStepCpuMs')),
      ...[milliseconds(of('planMs')), `≤ ${PLAN_WANTED} ms`, milliseconds(of('laterPlanMs'))],
    ]);
  }
  const part = {
    title: 'Before the first step',
    text: `Medians of ${processes} processes, saddlepoint alone. First step: from the imported library and arrays in JavaScript to the loss of the first
step; "processor time" is that of all its threads, which other work on the machine disturbs less. A new batch size: tracing and planning the training step for a number of rows that the process has not seen, right after a
first run of ${COMPARED_STEPS} steps; "later" is the median of the next four sizes.`,
    columns: ['', 'import', 'first step', 'wanted', 'processor time', 'a new batch size', 'wanted', 'later'],
    rows,
  };
  showPart(part);
  writePart(file, part);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.send !== undefined) serve(measure);
  else await main();
}
