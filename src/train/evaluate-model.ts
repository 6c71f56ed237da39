/** @file Evaluation of a model that exists, over data of its own. */
import { type DeviceOptions, openSession } from '../backends/select.ts';
import { checkKnownOptions, SaddlepointError } from '../core/errors.ts';
import { type TableRecord, tableOf } from '../data/table/table.ts';
import { targetOf } from '../data/table/target.ts';
import { BLOCKS } from '../engine/step.ts';
import { tensor } from '../graph/tensor.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows, type RowsEvaluation } from './evaluate.ts';
import type { Measures } from './history.ts';
import { type NamedData, packData } from './named.ts';
import { areRecords, type Data } from './options.ts';
import { readSource, readTargets, withRowShape } from './read.ts';
import type { Records } from './records.ts';
import { groupsOf, type ModelState, writeLeaves } from './state.ts';

/** Where it runs, as with `fit`, and: */
export interface EvaluateOptions extends Pick<DeviceOptions, 'device' | 'worker' | 'workerUrl' | 'wasm'> {
  /** Rows at a time; default 256. The result does not depend on it. */
  readonly batchSize?: number;
}

/** Records with their target column as x and y, as a model of records takes them; other data as they are. */
export function encodedData(given: Data | Records, { columns, loss }: ModelState): Data {
  if (columns === undefined || given === null || typeof given !== 'object') return given as Data;
  if ('x' in given && 'y' in given) {
    const pair = given as Data;
    if (!areRecords(pair)) return pair;
    const { data, rows, width } = columns.encoder.encode(pair.x as Records & readonly TableRecord[]);
    return { ...pair, x: tensor(data, [rows, width]) };
  }
  const table = tableOf(given as Records);
  const { data, rows, width } = columns.encoder.encode(table);
  const task = loss.target === 'value' ? 'value' : 'class';
  if (columns.target === undefined)
    throw new SaddlepointError('data', 'expected data { x, y }', 'the model was trained on records with targets apart');
  return { x: tensor(data, [rows, width]), y: targetOf(table, columns.target, { task }).values };
}

/** The means of the loss (weighed, if rows have weights) and the metrics over all rows; `seen` gets what they are made of. */
export async function evaluateModel(
  state: ModelState,
  given: Data | Records,
  options: EvaluateOptions,
  seen?: Parameters<RowsEvaluation['run']>[1],
): Promise<Measures> {
  const { batchSize = 256, ...place } = options;
  checkKnownOptions('evaluate', options, ['batchSize', 'device', 'worker', 'workerUrl', 'wasm']);
  const data = state.named === undefined ? encodedData(given, state) : packData(given as NamedData, state.named);
  const source = withRowShape(readSource(data), state.inputShape);
  const targets = await readTargets(data, source, state);
  const groups = groupsOf(state);
  const weigh = data.weights === undefined ? undefined : await import('./weights.ts');
  const weights = weigh?.weightsOf(data.weights, undefined, targets, source.rows);
  const description = describeStep({
    ...{ ...state, groups, source, weighing: weights && weigh?.weighingOf(weights) },
    targets: targetSpec(targets, source.rows),
  });
  const rows = Int32Array.from({ length: source.rows }, (_, row) => row);
  const evaluation = evaluateRows(description, rows, batchSize);
  const { session } = await openSession(evaluation.programs, place);
  try {
    writeLeaves(session, groups, state.parameters);
    session.write(BLOCKS.source, source.data);
    session.write(BLOCKS.target, targets.data);
    if (weights !== undefined) session.write(BLOCKS.weights, weights);
    return (await evaluation.run(session, seen)) as Measures;
  } finally {
    session.dispose();
  }
}
