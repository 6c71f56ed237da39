/** @file A trained model as an ONNX file: what it predicts, from rows in the user's units to answers in the user's terms. */

import { checkKnownOptions, checkNumber, must, SaddlepointError } from '../../core/errors.ts';
import { predictionProgram } from '../../engine/step.ts';
import type { Value } from '../../graph/node.ts';
import type { Group, Program } from '../../graph/program.ts';
import { type WriteTarget, writeBytes } from '../../io/place.ts';
import type { TrainedModel } from '../../train/model.ts';
import { describePrediction, probabilitiesOf } from '../../train/predict.ts';
import { groupsOf, type ModelState } from '../../train/state.ts';
import { type Leaf, onnxBytes, prepare } from './graph.ts';
import { NotSymbolic, needsBatch, type Symbolic, staticGraph, symbolicGraph } from './symbolic.ts';

/** Where a file's metadata hold the names of the classes, as a JSON list. */
export const CLASSES_KEY = 'saddlepoint.classes';

export interface OnnxExportOptions {
  /**
   * Rows of a call. 'dynamic' (default) leaves it open: any number. A whole number ≥ 1 writes that one into the file; for models
   * whose graph depends on the number of rows.
   */
  readonly batch?: 'dynamic' | number;
  /**
   * Leave out the softmax or sigmoid at the end, so that the output is logits; default false: probabilities. Only for models
   * that answer with probabilities.
   */
  readonly logits?: boolean;
}

/** Batch sizes that models are traced with, so that what differs is known to be the batch: odd sizes that nothing else has. */
const PAIRS: readonly (readonly [number, number])[] = [
  [11, 13],
  [29, 31],
];

/**
 * The model as the bytes of an ONNX file (operator set 17), for any runtime that reads the format.
 *
 * Its one input is `input`, f32 [batch, …row]: rows in the units of the training data, as `predict` takes them; the scaling is
 * part of the graph. Images are [batch, height, width, channels], as everywhere in this library. Its one output is
 * `probabilities` [batch, classes] (or [batch, 1] for yes–no models), `logits`, or `output` in the units of the targets. Class
 * names are the JSON list `saddlepoint.classes` in the file's metadata.
 *
 * @throws SaddlepointError `option` that lists all ops without an ONNX operator, with their layers; or if the graph depends on
 *   the number of rows and `batch` is 'dynamic'.
 * @example await writeFile('digits.onnx', exportOnnx(run));
 */
export function exportOnnx(model: TrainedModel, options: OnnxExportOptions = {}): Uint8Array {
  checkKnownOptions('exportOnnx', options, ['batch', 'logits']);
  const { batch = 'dynamic', logits = false } = options;
  if (batch !== 'dynamic') checkNumber('exportOnnx.batch', batch, { min: 1, integer: true });
  const { state } = model;
  const probabilities = probabilitiesOf(state);
  if (logits && probabilities === undefined)
    throw new SaddlepointError(
      'option',
      'exportOnnx.logits: this model answers with values, not with probabilities',
      'leave the option out',
    );
  const output = logits ? 'logits' : probabilities === undefined ? 'output' : 'probabilities';
  const trace = (rows: number): Program => {
    const finish = logits ? (prediction: Parameters<NonNullable<typeof probabilities>>[0]) => prediction : undefined;
    return predictionProgram(describePrediction(state, groupsOf(state), rows, finish));
  };
  const { program, symbolic } = batch === 'dynamic' ? dynamic(trace) : fixed(trace(batch));
  const { x, leaves, ...bound } = bind(program, symbolic, state);
  return onnxBytes(bound.symbolic, {
    inputs: [[x, 'input']],
    leaves,
    outputs: [[program.graph.outputs[0] as Value, output]],
    metadata: state.classes === undefined ? {} : { [CLASSES_KEY]: JSON.stringify(state.classes) },
  });
}

/**
 * Writes the model as an ONNX file; see `exportOnnx`.
 *
 * @param target as for `save`: a path in Node (written aside, then renamed), a file handle, a stream, a key of IndexedDB.
 * @example await saveOnnx(run, 'digits.onnx');
 */
export async function saveOnnx(
  model: TrainedModel,
  target: WriteTarget,
  options: OnnxExportOptions = {},
): Promise<void> {
  await writeBytes(target, exportOnnx(model, options));
}

interface Prepared {
  readonly program: Program;
  readonly symbolic: Symbolic;
}

function fixed(program: Program): Prepared {
  const graph = prepare(program.graph);
  return { program: { ...program, graph }, symbolic: staticGraph(graph) };
}

function dynamic(trace: (rows: number) => Program): Prepared {
  let reason: NotSymbolic | undefined;
  for (const batches of PAIRS) {
    const [first, second] = batches.map((rows) => fixed(traceOpen(trace, rows)).program) as [Program, Program];
    try {
      return { program: first, symbolic: symbolicGraph(first.graph, second.graph, batches) };
    } catch (error) {
      if (!(error instanceof NotSymbolic)) throw error;
      reason = error;
    }
  }
  throw needsBatch(must(reason, 'a reason'));
}

/** A trace of so many rows; a model that was trained and yet refuses them, as a stateful layer does, depends on their number. */
function traceOpen(trace: (rows: number) => Program, rows: number): Program {
  try {
    return trace(rows);
  } catch (error) {
    if (!(error instanceof SaddlepointError) || error.code !== 'shape') throw error;
    throw needsBatch(new NotSymbolic(error.message.split('\n')[0], { cause: error }));
  }
}

/** The parameters that a program's graph reads, and the graph without the nodes that cut them out of their blocks. */
function bind({ graph, inputs, groups }: Program, symbolic: Symbolic, { parameters }: ModelState) {
  const x = must(graph.inputs[inputs.findIndex(({ name }) => name === 'input')], 'the input');
  const leaves = new Map<Value, Leaf>();
  const know = (value: Value, path: string): void => {
    const { shape, data } = must(parameters.get(path), `the parameter ${path}`);
    leaves.set(value, { path, tensor: { shape, dtype: 'f32', data } });
  };
  const blocks = new Map<Value, Group>();
  graph.inputs.forEach((value, i) => {
    if (value === x) return;
    const { name } = must(inputs[i], 'a binding');
    const group = must(
      groups.find((one) => one.name === name),
      `the group ${name}`,
    );
    // A row table is its block, in its own shape; leaves of the others are segments of a flat one.
    if (value.shape.length > 1) know(value, must(group.segments[0], 'a table').path);
    else blocks.set(value, group);
  });
  const nodes = symbolic.graph.nodes.filter(({ node }) => {
    const group = blocks.get(node.inputs[0] as Value);
    if (node.op.name !== 'segment' || group === undefined) return true;
    const { offset } = node.attributes as { readonly offset: number };
    const found = group.segments.find((segment) => segment.offset === offset);
    know(node.outputs[0] as Value, must(found, `the leaf at ${offset} of ${group.name}`).path);
    return false;
  });
  return { x, leaves, symbolic: { ...symbolic, graph: { ...symbolic.graph, nodes } } };
}
