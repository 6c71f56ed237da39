/**
 * @file Runs a graph on the device, node by node, without waiting for it: what would stop a step is noted in flags on the device.
 * In a search the same walk waits at every condition, and says where the first bad value stands; hence a generator, which asks
 * for what it must know.
 */
import type { HostArray } from '../../core/dtype.ts';
import { must, unreachable } from '../../core/errors.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import type { Graph, HostTensor, Node, Value } from '../../graph/node.ts';
import { hostTensor } from '../../graph/tensor.ts';
import { trace } from '../../graph/trace.ts';
import { badIndexOf } from '../../ops/indexing.ts';
import type { ScanAttributes } from '../../ops/scan.ts';
import type { Stop } from '../backend.ts';
import { Held } from './held.ts';
import { checkPlaces, hostLowering, isHostOnly, stored } from './host.ts';
import { elementwise } from './lower/elementwise.ts';
import { callOf, type Lowering } from './lower/lowering.ts';
import { LOWERINGS, NAMED, WHOLE } from './lower/table.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

/** What a walk through a graph knows besides the values. */
export interface Walk {
  readonly tfjs: Tfjs;
  /** Constants by node: uploaded once, kept with the session. */
  readonly constants: Map<Node, Held>;
  /** Composites by what they are made of. */
  readonly parts: Map<Node, Graph>;
  /** The passes for the parts. */
  readonly simplify: (graph: Graph) => Graph;
  /** Waits at conditions and indices, and throws a `RowStop` that says where the first bad one is. */
  readonly search: boolean;
  /** Called with each result that is not finite, waiting for every one. */
  readonly onBadValue: ((node: Node, value: number) => void) | undefined;
  /** Scalars that are not 0 if the step is not to be accepted. */
  readonly flags: Held[];
  /** The composite under way, whose name errors have. */
  readonly within: Node | undefined;
}

/** Thrown at a step that is not to be accepted. */
export class RowStop {
  readonly stop: Stop;
  constructor(stop: Stop) {
    this.stop = stop;
  }
}

/** A walk, which yields what it must have on the host; ends with the values of the graph's outputs, which the caller releases. */
export type Walking = Generator<Held, Held[], HostArray>;

export function* evaluate(graph: Graph, inputs: readonly Held[], walk: Walk): Walking {
  const last = lastUses(graph);
  const values = new Map<Value, Held>();
  const own = new Set<Value>();
  graph.inputs.forEach((value, i) => {
    values.set(value, must(inputs[i], `input ${i}`));
  });
  const read = (value: Value): Held => must(values.get(value), 'a value');
  const drop = (value: Value): void => {
    if (!own.delete(value)) return;
    read(value).release();
    values.delete(value);
  };
  try {
    for (const [i, node] of graph.nodes.entries()) {
      const outputs = yield* step(node, node.inputs.map(read), walk);
      node.outputs.forEach((value, at) => {
        values.set(value, must(outputs[at], `output ${at} of ${node.op.name}`));
        own.add(value);
      });
      if (walk.onBadValue !== undefined) yield* report(node, outputs, walk.onBadValue);
      for (const value of [...node.inputs, ...node.outputs]) if ((last.get(value) ?? -1) <= i) drop(value);
    }
    return graph.outputs.map((value) => read(value).retain());
  } finally {
    for (const value of [...own]) drop(value);
  }
}

const uses = new WeakMap<Graph, ReadonlyMap<Value, number>>();

/** By value the last node that reads it; outputs outlive all. */
function lastUses(graph: Graph): ReadonlyMap<Value, number> {
  const known = uses.get(graph);
  if (known !== undefined) return known;
  const last = new Map<Value, number>();
  for (const [i, node] of graph.nodes.entries()) for (const input of node.inputs) last.set(input, i);
  for (const output of graph.outputs) last.set(output, Number.POSITIVE_INFINITY);
  uses.set(graph, last);
  return last;
}

function* report(
  node: Node,
  outputs: readonly Held[],
  onBadValue: (node: Node, value: number) => void,
): Generator<Held, void, HostArray> {
  if (node.op.name === 'constant') return;
  for (const output of outputs) {
    if (output.spec.dtype !== 'f32') continue;
    const data = output.host ?? (yield output);
    const value = data.find((x) => !Number.isFinite(x));
    if (value !== undefined) onBadValue(node, value);
  }
}

/** Of ops with indices: which input they are, and how many rows there are. */
const INDEXED: Readonly<Record<string, (node: Node) => readonly [input: number, rows: number]>> = {
  gather: ({ inputs }) => [1, must(inputs[0], 'a table').shape[0] as number],
  scatterAdd: ({ attributes }) => [0, attributes.rows as number],
  oneHot: ({ attributes }) => [0, attributes.depth as number],
  rowOrder: ({ attributes }) => [0, attributes.rows as number],
};

function* step(node: Node, inputs: readonly Held[], walk: Walk): Walking {
  const { op } = node;
  if (op.name === 'constant') return [constantOf(node, walk)];
  if (op.name === 'scan') return yield* scan(node, inputs, walk);
  if (op.name === 'guard') {
    yield* check(node, inputs.slice(1), walk);
    return [must(inputs[0], 'an input').retain()];
  }
  const host = onHost(node, inputs, walk);
  if (host !== undefined) return host;
  if (NAMED.includes(op.name as (typeof NAMED)[number])) {
    return yield* evaluate(partsOf(node, walk), inputs, {
      ...walk,
      within: walk.within ?? node,
      onBadValue: undefined,
    });
  }
  const indexed = Object.hasOwn(INDEXED, op.name) ? INDEXED[op.name] : undefined;
  if (indexed === undefined) return lower(node, inputs, walk);
  const [at, rows] = indexed(node);
  const safe = yield* places(node, must(inputs[at], 'indices'), rows, walk);
  try {
    return lower(node, inputs.with(at, safe), walk);
  } finally {
    safe.release();
  }
}

function constantOf(node: Node, { constants, tfjs }: Walk): Held {
  const found = constants.get(node);
  if (found !== undefined) return found.retain();
  const spec = must(node.outputs[0], 'a constant');
  const made = Held.onHost(tfjs, spec, stored(spec.dtype, node.attributes.data as HostArray));
  constants.set(node, made);
  return made.retain();
}

const hostTensorOf = ({ spec, host }: Held): HostTensor => hostTensor(spec, must(host, 'a value of the host'));

function onHost(node: Node, inputs: readonly Held[], walk: Walk): Held[] | undefined {
  const compute = hostLowering(node);
  if (compute === undefined || inputs.some(({ host }) => host === undefined)) {
    if (isHostOnly(node)) unreachable(`${node.op.name}: its key is not known to the host`);
    return undefined;
  }
  try {
    return compute(inputs.map(hostTensorOf), node).map((data, i) =>
      Held.onHost(walk.tfjs, must(node.outputs[i], 'an output'), data),
    );
  } catch (error) {
    throw stopped(error, node, walk);
  }
}

/** What an error of an index means for the step. */
function stopped(error: unknown, node: Node, { within = node }: Walk): unknown {
  const bad = badIndexOf(error);
  if (bad === undefined) return error;
  return new RowStop({ reason: 'indexOutOfRange', op: within.op.name, path: within.path, ...bad });
}

/** The indices, all of them inside: what is not is noted, or in a search refused. */
function* places(node: Node, index: Held, rows: number, walk: Walk): Generator<Held, Held, HostArray> {
  const known = index.host ?? (walk.search ? yield index : undefined);
  if (known !== undefined) {
    try {
      checkPlaces(node.op.name, known, rows);
    } catch (error) {
      throw stopped(error, node, walk);
    }
    return index.retain();
  }
  const { tfjs } = walk;
  const n = sizeOf(index.spec.shape);
  const [flag, inside] = tfjs.core.tidy(() => {
    const at = index.tensor([n]);
    const bound = tfjs.core.tensor([rows], [1], 'float32');
    const outside = elementwise(tfjs, 'isOutside', [at, bound], [n]);
    return [tfjs.core.reshape(tfjs.core.sum(outside), [1]), elementwise(tfjs, 'inside', [at, bound], [n])];
  }) as [Tensor, Tensor];
  walk.flags.push(Held.onDevice(tfjs, { shape: [1], dtype: 'f32' }, flag));
  return Held.onDevice(tfjs, index.spec, inside);
}

function* check(node: Node, conditions: readonly Held[], walk: Walk): Generator<Held, void, HostArray> {
  const { tfjs, search, within = node } = walk;
  for (const [position, condition] of conditions.entries()) {
    const known = condition.host ?? (search ? yield condition : undefined);
    if (known === undefined) {
      const flag = tfjs.core.tidy(() => elementwise(tfjs, 'isBad', [condition.tensor([1])], [1]));
      walk.flags.push(Held.onDevice(tfjs, { shape: [1], dtype: 'f32' }, flag));
      continue;
    }
    const value = known[0] as number;
    if (Number.isFinite(value)) continue;
    throw new RowStop({ reason: 'nonFinite', op: within.op.name, path: within.path, position, value, rows: 0 });
  }
}

const TABLE: Readonly<Record<string, Lowering>> = { ...WHOLE, ...LOWERINGS };

function lower(node: Node, inputs: readonly Held[], { tfjs }: Walk): Held[] {
  const { op, attributes, outputs } = node;
  const made = tfjs.core.tidy(() => {
    const result = must(TABLE[op.name], `a lowering of ${op.name}`)(callOf(tfjs, inputs, attributes, outputs));
    return Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
  });
  return outputs.map((spec, i) => Held.onDevice(tfjs, spec, must(made[i], `output ${i} of ${op.name}`)));
}

/** A composite in terms of other ops, as the passes leave them. */
function partsOf(node: Node, { parts, simplify }: Walk): Graph {
  const found = parts.get(node);
  if (found !== undefined) return found;
  const { op, inputs, attributes } = node;
  const made = simplify(trace(inputs, (traced) => must(op.decompose, op.name).call(op, traced, attributes)));
  parts.set(node, made);
  return made;
}

/** Row i of a sequence. */
function rowOf({ tfjs }: Walk, sequence: Held, i: number): Held {
  const [, ...shape] = sequence.spec.shape;
  const size = sizeOf(shape);
  const spec = { shape, dtype: sequence.spec.dtype };
  if (sequence.host !== undefined) return Held.onHost(tfjs, spec, sequence.host.slice(i * size, (i + 1) * size));
  const rows = sequence.spec.shape[0] as number;
  return Held.onDevice(
    tfjs,
    spec,
    tfjs.core.tidy(() => tfjs.core.reshape(tfjs.core.slice(sequence.tensor([rows, size]), [i, 0], [1, size]), shape)),
  );
}

function* scan(node: Node, inputs: readonly Held[], walk: Walk): Walking {
  const { body, carries, sequences, length, reverse } = node.attributes as unknown as ScanAttributes;
  let held = inputs.slice(0, carries).map((value) => value.retain());
  const results: Held[][] = body.outputs.slice(carries).map(() => []);
  try {
    for (let turn = 0; turn < length; turn++) {
      const rows = inputs
        .slice(carries, carries + sequences)
        .map((sequence) => rowOf(walk, sequence, reverse ? length - 1 - turn : turn));
      try {
        const made = yield* evaluate(body, [...held, ...rows, ...inputs.slice(carries + sequences)], walk);
        for (const value of held) value.release();
        held = made.slice(0, carries);
        made.slice(carries).forEach((value, i) => {
          results[i]?.push(value);
        });
      } finally {
        for (const row of rows) row.release();
      }
    }
    const stacked = results.map((turns, i) =>
      stack(walk, reverse ? turns.toReversed() : turns, must(node.outputs[carries + i], 'a result').shape),
    );
    return [...held.map((value) => value.retain()), ...stacked];
  } finally {
    for (const value of [...held, ...results.flat()]) value.release();
  }
}

/** One value of the results of all turns. */
function stack({ tfjs }: Walk, turns: readonly Held[], shape: Shape): Held {
  const { dtype, shape: own } = must(turns[0], 'a turn').spec;
  const made = tfjs.core.tidy(() =>
    tfjs.core.reshape(
      tfjs.core.concat(
        turns.map((turn) => turn.tensor([sizeOf(own)])),
        0,
      ),
      [...shape],
    ),
  );
  return Held.onDevice(tfjs, { shape, dtype }, made);
}
