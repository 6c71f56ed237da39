/**
 * @file Which numbers of a graph belong to the batch. Graphs have static shapes; so the same model is traced for two batch sizes,
 * and what differs between the two is a multiple of the batch size: a `BatchDim`.
 */
import { SaddlepointError } from '../../core/errors.ts';
import { type Shape, showShape } from '../../core/shape.ts';
import type { Attributes, Graph, Node, Value } from '../../graph/node.ts';

/** `times` × the batch size. */
export interface BatchDim {
  readonly times: number;
}
export type Dim = number | BatchDim;
export type Dims = readonly Dim[];

export const isStatic = (dim: Dim): dim is number => typeof dim === 'number';

/** A node of the first graph, with attributes in which multiples of the batch size stand as such. */
export interface SymbolicNode {
  readonly node: Node;
  readonly attributes: Attributes;
}

export interface SymbolicGraph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly SymbolicNode[];
  readonly outputs: readonly Value[];
}

export interface Symbolic {
  readonly graph: SymbolicGraph;
  dimsOf(value: Value): Dims;
}

/** Numbers that the batch sizes explain no better than anything else: the graph is not the same for all of them. */
export class NotSymbolic extends Error {}

/** A graph as it stands: for one batch size only. */
export function staticGraph(graph: Graph): Symbolic {
  const plain = (one: Graph): SymbolicGraph => ({
    ...one,
    nodes: one.nodes.map((node) => ({
      node,
      attributes:
        node.op.kind === 'loop' ? { ...node.attributes, body: plain(node.attributes.body as Graph) } : node.attributes,
    })),
  });
  return { graph: plain(graph), dimsOf: (value) => value.shape };
}

/**
 * Two traces of one model as one graph.
 *
 * @param batches the batch sizes that they were traced with.
 * @throws NotSymbolic where the traces differ by more than multiples of the batch size; the message says where.
 */
export function symbolicGraph(first: Graph, second: Graph, batches: readonly [number, number]): Symbolic {
  const dims = new Map<Value, Dims>();
  const number = (a: number, b: number, where: string): Dim => {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return a;
    const times = a / batches[0];
    if (Number.isInteger(times) && times > 0 && times === b / batches[1]) return { times };
    throw new NotSymbolic(`${where} is ${a} for a batch of ${batches[0]} and ${b} for ${batches[1]}`);
  };
  const shape = (a: Shape, b: Shape, where: string): Dims => {
    if (a.length !== b.length) throw new NotSymbolic(`${where} has shapes ${showShape(a)} and ${showShape(b)}`);
    return a.map((dimension, axis) => number(dimension, b[axis] as number, where));
  };
  const attribute = (a: unknown, b: unknown, where: string): unknown => {
    if (typeof a === 'number' && typeof b === 'number') return number(a, b, where);
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
      return a.map((item, i) => attribute(item, b[i], where));
    if (a === b) return a;
    throw new NotSymbolic(`${where} differs with the batch size`);
  };
  const values = (a: readonly Value[], b: readonly Value[], where: string): void => {
    if (a.length !== b.length) throw new NotSymbolic(`${where} differ in number`);
    a.forEach((value, i) => {
      dims.set(value, shape(value.shape, (b[i] as Value).shape, where));
    });
  };
  const pair = (a: Graph, b: Graph): SymbolicGraph => {
    if (a.nodes.length !== b.nodes.length) throw new NotSymbolic('the model takes other steps for other batch sizes');
    values(a.inputs, b.inputs, 'the inputs');
    const nodes = a.nodes.map((node, i): SymbolicNode => {
      const other = b.nodes[i] as Node;
      const where = node.path === '' ? node.op.name : `${node.op.name} (in layer '${node.path}')`;
      if (node.op !== other.op) throw new NotSymbolic('the model takes other steps for other batch sizes');
      values(node.outputs, other.outputs, where);
      if (node.op.name === 'constant') return { node, attributes: constants(node, other, where) };
      const attributes: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(node.attributes))
        attributes[key] =
          node.op.kind === 'loop' && key === 'body'
            ? pair(value as Graph, other.attributes.body as Graph)
            : attribute(value, other.attributes[key], where);
      return { node, attributes };
    });
    return { inputs: a.inputs, nodes, outputs: a.outputs };
  };
  const constants = (node: Node, other: Node, where: string): Attributes => {
    const [a, b] = [node.attributes.data, other.attributes.data] as [ArrayLike<number>, ArrayLike<number>];
    const equal = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
      x.length === y.length && Array.prototype.every.call(x, (value, i) => Object.is(value, y[i]));
    if (equal(a, b)) return node.attributes;
    const [own, others] = [progression(a, batches[0]), progression(b, batches[1])];
    if (own !== undefined && others?.step === own.step && equal(others.block, own.block))
      return { ...node.attributes, ...own };
    throw new NotSymbolic(`${where} holds other numbers for other batch sizes`);
  };
  return {
    graph: pair(first, second),
    dimsOf(value) {
      return dims.get(value) ?? value.shape;
    },
  };
}

/**
 * What a constant holds for each row of the batch: the block of row 0 plus row · step. Step 0 is `zeros([batch, units])` and its
 * like; others are places in a flattened batch.
 */
export interface Progression {
  readonly block: readonly number[];
  readonly step: number;
}

function progression(data: ArrayLike<number>, rows: number): Progression | undefined {
  const size = data.length / rows;
  if (!Number.isInteger(size) || size === 0) return undefined;
  const block = Array.prototype.slice.call(data, 0, size) as number[];
  const step = (data[size] as number) - (block[0] as number);
  const isSo = (value: number, i: number): boolean =>
    Object.is(value, step === 0 ? block[i % size] : (block[i % size] as number) + Math.floor(i / size) * step);
  return Array.prototype.every.call(data, isSo) ? { block, step } : undefined;
}

/** The error of a model whose graph is not the same for all batch sizes. */
export function needsBatch(reason: NotSymbolic): SaddlepointError {
  return new SaddlepointError(
    'option',
    `exportOnnx: the batch dimension cannot be left open: ${reason.message}`,
    'give one batch size: exportOnnx(model, { batch: 1 })',
    { cause: reason },
  );
}
