/**
 * @file The record of loops of fixed length: an op that holds its body as a graph, and whose gradient is a loop in the other
 * direction. Users write `scan` and `repeat`, see loops.ts.
 */
import { hostArray } from '../core/dtype.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import { evaluateGraph } from '../graph/evaluate.ts';
import type { GradientContext, Graph, HostTensor, Op, Spec, Value } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { apply, type Body, traceBody } from '../graph/trace.ts';
import { add } from './elementwise.ts';
import { broadcastTo } from './movement.ts';

/**
 * Inputs: carries, sequences [length, …], constants. The body's inputs are the carries, one row of each sequence, and the
 * constants; its outputs the renewed carries and one row of each result. Outputs: last carries, results [length, …].
 */
export interface ScanAttributes {
  readonly [key: string]: unknown;
  readonly body: Graph;
  readonly length: number;
  readonly carries: number;
  readonly sequences: number;
  /** Reads the sequences, and fills the results, from the last row to the first. */
  readonly reverse: boolean;
}

function checkBody(inputs: readonly Spec[], { body, length, carries, sequences }: ScanAttributes): void {
  const fail = (message: string): never => {
    throw new SaddlepointError('shape', `scan: ${message}`);
  };
  if (inputs.length !== body.inputs.length) fail(`${inputs.length} inputs for a body of ${body.inputs.length}`);
  inputs.forEach((input, i) => {
    const own = body.inputs[i] as Spec;
    const isSequence = i >= carries && i < carries + sequences;
    const expected = isSequence ? [length, ...own.shape] : own.shape;
    if (input.dtype !== own.dtype || !sameShape(input.shape, expected))
      fail(`input ${i} is ${printSpec(input)}, expected ${own.dtype}${showShape(expected)}`);
  });
  for (let i = 0; i < carries; i++) {
    const [before, after] = [body.inputs[i] as Spec, body.outputs[i] as Spec];
    if (before.dtype !== after.dtype || !sameShape(before.shape, after.shape)) {
      throw new SaddlepointError(
        'shape',
        `scan: carry ${i} begins a turn as ${printSpec(before)} and ends it as ${printSpec(after)}`,
        'a carry keeps its shape and type',
      );
    }
  }
}

const rowOf = ({ shape, dtype, data }: HostTensor, row: number): HostTensor => {
  const size = sizeOf(shape.slice(1));
  return { shape: shape.slice(1), dtype, data: data.slice(row * size, (row + 1) * size) };
};

export const scanOp: Op<ScanAttributes> & { name: 'scan' } = {
  name: 'scan',
  kind: 'loop',
  infer(inputs, attributes) {
    checkBody(inputs, attributes);
    const { body, carries, length } = attributes;
    return body.outputs.map(({ shape, dtype }, i) => ({ shape: i < carries ? shape : [length, ...shape], dtype }));
  },
  evaluate(inputs, { body, carries, sequences, length, reverse }, outputs) {
    let held = inputs.slice(0, carries);
    const rows = inputs.slice(carries, carries + sequences);
    const constants = inputs.slice(carries + sequences);
    const results = outputs.slice(carries).map(({ shape, dtype }) => hostArray(dtype, sizeOf(shape)));
    for (let turn = 0; turn < length; turn++) {
      const row = reverse ? length - 1 - turn : turn;
      const made = evaluateGraph(body, [...held, ...rows.map((sequence) => rowOf(sequence, row)), ...constants]);
      held = made.slice(0, carries);
      results.forEach((result, i) => {
        const { data } = must(made[carries + i], 'a result');
        result.set(data, row * data.length);
      });
    }
    return [...held.map(({ data }) => data), ...results];
  },
  gradient: (context) => scanGradient(context),
};

/** Ops whose results are cheaper to make again than to keep for the way back. */
const REMADE = new Set(['constant', 'identity', 'reshape', 'broadcastTo', 'segment', 'cast']);

/**
 * The body with what the gradient will ask for among its results: the carries at the beginning of each turn, and what the
 * body computes. Those that nothing reads are dropped when the graph is compiled.
 */
export function exposed(graph: Graph, carries: number): Graph {
  const kept = new Set<Value>(graph.inputs.slice(0, carries));
  for (const { op, outputs } of graph.nodes) {
    if (REMADE.has(op.name)) continue;
    for (const output of outputs) if (output.dtype === 'f32') kept.add(output);
  }
  const results = new Set(graph.outputs.slice(carries));
  return { ...graph, outputs: [...graph.outputs, ...[...kept].filter((value) => !results.has(value))] };
}

/** Records a loop with all that its gradient needs. */
export function recordScan(
  { graph, captured }: Body,
  inputs: readonly Tensor[],
  options: Pick<ScanAttributes, 'length' | 'carries' | 'sequences' | 'reverse'>,
): Tensor[] {
  return apply(scanOp, [...inputs, ...captured], { ...options, body: exposed(graph, options.carries) });
}

const zeros = (shape: Shape): Tensor => broadcastTo(tensor(0), shape);

/** The gradient's carries are those of the carries, and sums for the constants. */
function scanGradient({
  inputs,
  outputs,
  cotangents,
  attributes: { body, carries, sequences, length, reverse },
  needs,
  pullBack,
}: GradientContext<ScanAttributes>): (Tensor | undefined)[] {
  const first = carries + sequences;
  const isSummed = (i: number): boolean => i >= first && needs[i] === true;
  const wanted = body.inputs.map(({ dtype }, i) => (i < carries ? dtype === 'f32' : needs[i] === true));
  const carried = body.inputs.flatMap((_, i) => ((i < carries && wanted[i]) || isSummed(i) ? [i] : []));
  const given = body.outputs.flatMap((_, i) => (i >= carries && cotangents[i] !== undefined ? [i] : []));
  const starts = carried.map((i) => (i < carries ? cotangents[i] : undefined) ?? zeros((inputs[i] as Tensor).shape));
  const xs = [...given.map((i) => cotangents[i] as Tensor), ...inputs.slice(carries, first), ...outputs.slice(carries)];
  const specs = [
    ...starts.map(({ shape }): Spec => ({ shape, dtype: 'f32' })),
    ...xs.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype })),
  ];
  const swept = inputs.flatMap((_, i) => (i >= carries && i < first && needs[i] ? [i] : []));
  const backward = traceBody(specs, '', (all, trace) => {
    const held = new Map(carried.map((i, at) => [i, all[at] as Tensor] as const));
    const slices = all.slice(carried.length);
    const known = new Map<Value, Tensor>();
    body.outputs.slice(carries).forEach((value, i) => {
      known.set(value, slices[given.length + sequences + i] as Tensor);
    });
    body.inputs.forEach((value, i) => {
      if (i >= first) known.set(value, inputs[i] as Tensor);
      else if (i >= carries) known.set(value, slices[given.length + i - carries] as Tensor);
    });
    const read = remaking(known);
    const back = body.outputs.map((_, i) => (i < carries ? held.get(i) : slices[given.indexOf(i)]));
    const gradients = pullBack(trace, body, read, back, wanted);
    const renewed = carried.map((i) => {
      const gradient = gradients[i];
      if (i < carries) return gradient ?? zeros((body.inputs[i] as Value).shape);
      return gradient === undefined ? (held.get(i) as Tensor) : add(held.get(i) as Tensor, gradient);
    });
    const rows = swept.map((i) => gradients[i] ?? zeros((body.inputs[i] as Value).shape));
    return [...renewed, ...rows];
  });
  const made = recordScan(withoutUnused(backward, starts.length, xs.length), usedInputs(backward, starts, xs), {
    length,
    carries: starts.length,
    sequences: usedInputs(backward, starts, xs).length - starts.length,
    reverse: !reverse,
  });
  return inputs.map((_, i) => {
    const at = carried.indexOf(i);
    if (at >= 0) return made[at];
    const row = swept.indexOf(i);
    return row >= 0 ? made[starts.length + row] : undefined;
  });
}

/** Reads values that are known, and makes the others again from those. */
function remaking(known: Map<Value, Tensor>): (value: Value) => Tensor {
  const read = (value: Value): Tensor => {
    const found = known.get(value);
    if (found !== undefined) return found;
    const { op, inputs, attributes, outputs } = must(value.node, 'the node of a value');
    apply(op, inputs.map(read), attributes).forEach((made, i) => {
      known.set(outputs[i] as Value, made);
    });
    return must(known.get(value), 'a value made again');
  };
  return read;
}

function usesOf({ graph }: Body): Set<Value> {
  return new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs]);
}

/** The carries, and the sequences that the body reads. */
function usedInputs(body: Body, starts: readonly Tensor[], xs: readonly Tensor[]): Tensor[] {
  const used = usesOf(body);
  return [...starts, ...xs.filter((_, i) => used.has(body.graph.inputs[starts.length + i] as Value))];
}

function withoutUnused(body: Body, carries: number, sequences: number): Body {
  const used = usesOf(body);
  const inputs = body.graph.inputs.filter((value, i) => i < carries || i >= carries + sequences || used.has(value));
  return { ...body, graph: { ...body.graph, inputs } };
}
