/**
 * @file Reverse-mode differentiation: the gradient of a traced result is appended to its trace as more nodes, so it can be
 * differentiated again, and no backend knows what a gradient is.
 */
import { SaddlepointError } from '../core/errors.ts';
import { broadcastShapes, showShape, sizeOf } from '../core/shape.ts';
import { leavesOf, type MapTree, mapTree, type Tree } from '../core/tree.ts';
import { evaluateGraph } from '../graph/evaluate.ts';
import type { Node, PullBack, Value } from '../graph/node.ts';
import { printTap, tapsSoFar } from '../graph/tap.ts';
import { isTensor, type Tensor, type TensorLike, tensor, tensorsIn } from '../graph/tensor.ts';
import { apply, currentBody, metTrace, Trace } from '../graph/trace.ts';
import { identity } from '../ops/cast.ts';
import { addOp } from '../ops/elementwise.ts';
import { broadcastTo } from '../ops/movement.ts';
import { reduceTo } from '../ops/reduce.ts';

/** A tree of tensors with the structure of T. */
export type TensorsOf<T> = MapTree<T, TensorLike, Tensor>;

/**
 * Vector–Jacobian product within a trace: the gradients of Σ outputs[i] · cotangents[i] with respect to `leaves`; undefined
 * for a leaf on which no output depends. Nothing behind a leaf is looked at.
 */
export function vjp(
  trace: Trace,
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  leaves: readonly Tensor[],
): (Tensor | undefined)[] {
  return sweep(
    { trace, nodes: trace.nodes.slice(), read: (value) => trace.tensor(value) },
    outputs.map((output) => trace.value(output)),
    cotangents,
    leaves.map((leaf) => trace.value(leaf)),
  );
}

/** Nodes to go back through, and how their values are read where the gradients are recorded. */
interface Recorded {
  readonly trace: Trace;
  readonly nodes: readonly Node[];
  readonly read: (value: Value) => Tensor;
}

function sweep(
  { trace, nodes, read }: Recorded,
  outputs: readonly Value[],
  cotangents: readonly (Tensor | undefined)[],
  leaves: readonly Value[],
): (Tensor | undefined)[] {
  const wanted = dependents(nodes, leaves);
  const held = new Map<Value, Tensor>();
  const accumulate = (value: Value, gradient: Tensor): void => {
    const fitted = fit(gradient, value);
    const previous = held.get(value);
    held.set(value, previous === undefined ? fitted : (apply(addOp, [previous, fitted], {})[0] as Tensor));
  };
  outputs.forEach((value, i) => {
    const cotangent = cotangents[i];
    // As a value of the trace, so that broadcasts of it are recorded (and simplified away), not computed here in full size.
    if (cotangent !== undefined && wanted.has(value)) accumulate(value, lifted(trace, cotangent));
  });
  const isLeaf = new Set(leaves);
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((output) => held.has(output) && !isLeaf.has(output))) continue;
    const needs = node.inputs.map((input) => wanted.has(input));
    if (!needs.includes(true)) continue;
    const gradients = trace.within(node.path, () => nodeGradients(trace, node, read, held, needs));
    node.inputs.forEach((input, i) => {
      const gradient = gradients[i];
      if (needs[i] && gradient !== undefined) accumulate(input, gradient);
    });
  }
  return leaves.map((leaf) => held.get(leaf));
}

const pullBack: PullBack = (trace, graph, read, cotangents, wanted) => {
  const leaves = graph.inputs.filter((_, i) => wanted[i]);
  const gradients = sweep({ trace, nodes: graph.nodes, read }, graph.outputs, cotangents, leaves);
  let next = 0;
  return graph.inputs.map((_, i) => (wanted[i] ? gradients[next++] : undefined));
};

/** The values that depend on any of the leaves, the leaves included. */
function dependents(nodes: readonly Node[], leaves: readonly Value[]): Set<Value> {
  const found = new Set(leaves);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input)))
      for (const output of node.outputs) if (output.dtype === 'f32') found.add(output);
  }
  return found;
}

function nodeGradients(
  trace: Trace,
  node: Node,
  read: (value: Value) => Tensor,
  held: ReadonlyMap<Value, Tensor>,
  needs: readonly boolean[],
): readonly (Tensor | undefined)[] {
  const inputs = node.inputs.map(read);
  const cotangents = node.outputs.map((output) => held.get(output));
  if (node.op.gradient !== undefined) {
    const outputs = node.outputs.map(read);
    return node.op.gradient({ inputs, outputs, cotangents, attributes: node.attributes, needs, pullBack });
  }
  if (node.op.decompose === undefined) throw new SaddlepointError('internal', `${node.op.name} has no gradient`);
  // Fresh stand-ins keep the inner sweep from leaving the decomposition.
  const standIns = inputs.map((input) => identity(input));
  return vjp(trace, node.op.decompose(standIns, node.attributes), cotangents, standIns);
}

/** Sums what the op repeated and repeats what it summed, so that the gradient has its value's shape. */
function fit(gradient: Tensor, value: Value): Tensor {
  return reduceTo(broadcastTo(gradient, broadcastShapes('gradient', gradient.shape, value.shape)), value.shape);
}

/**
 * The value of a scalar function and its gradient with respect to every leaf of its first argument.
 *
 * Inside `compile` both become part of the compiled step; outside, they are computed at once in double precision.
 *
 * @param f a pure function from a tree of f32 tensors to a scalar (shape []) tensor.
 * @param at the point: a tensor (or nested array of numbers), or a tree (lists and plain objects) of tensors.
 * @returns [value, gradients], gradients with the structure and shapes of `at`; zeros where f does not depend on a leaf.
 * @throws SaddlepointError `shape` if the result is no scalar.
 * @example
 * const [loss, gradients] = valueAndGrad((p) => mean(square(sub(matmul(x, p.w), y))), { w });
 */
export function valueAndGrad<P>(f: (parameters: TensorsOf<P>) => Tensor, at: P): [Tensor, TensorsOf<P>] {
  const point = tensorsIn(at);
  const leaves = leavesOf(point).map(({ leaf }) => leaf);
  const running = leaves.some((leaf) => leaf.traced !== undefined)
    ? (currentBody() ?? leaves.find((leaf) => leaf.traced !== undefined)?.traced?.trace)
    : undefined;
  if (running !== undefined) {
    const own = leaves.map((leaf) => lifted(running, leaf));
    const [value, ...gradients] = inTrace(running, f, point, own);
    return [value as Tensor, rebuild<P>(point, gradients)];
  }
  const trace = new Trace();
  const inputs = leaves.map((leaf) => trace.input({ shape: leaf.shape, dtype: leaf.dtype }));
  const tapped = tapsSoFar();
  let results: Tensor[];
  try {
    results = inTrace(trace, f, point, inputs);
  } catch (error) {
    // A constant point of a function that reaches traced tensors by closure: the gradient belongs to their trace.
    const outer = metTrace(error, trace);
    if (outer === undefined) throw error;
    // What f tapped there before it failed is tapped again.
    while ((outer.taps.at(-1)?.order ?? 0) > tapped) outer.taps.pop();
    const [value, ...gradients] = inTrace(
      outer,
      f,
      point,
      leaves.map((leaf) => lifted(outer, leaf)),
    );
    return [value as Tensor, rebuild<P>(point, gradients)];
  }
  const graph = trace.finish([...results, ...trace.taps.map((tap) => tap.value)]);
  const [value, ...gradients] = evaluateGraph(graph, leaves) as Tensor[];
  trace.taps.forEach(({ name }, i) => {
    printTap(name, gradients[leaves.length + i] as Tensor);
  });
  return [value as Tensor, rebuild<P>(point, gradients)];
}

/**
 * The gradient of a scalar function with respect to every leaf of its first argument; see `valueAndGrad`.
 * @example grad((x) => sum(square(x)), tensor([1, 2])).toArray(); // [2, 4]
 */
export function grad<P>(f: (parameters: TensorsOf<P>) => Tensor, at: P): TensorsOf<P> {
  return valueAndGrad(f, at)[1];
}

function inTrace<P>(
  trace: Trace,
  f: (parameters: TensorsOf<P>) => Tensor,
  at: Tree<Tensor>,
  inputs: readonly Tensor[],
): Tensor[] {
  // Own nodes for the leaves: what f reaches by other ways (closures) counts as constant.
  const leaves = inputs.map((input) => identity(input));
  const result = f(rebuild<P>(at, leaves));
  if (!isTensor(result) || sizeOf(result.shape) !== 1 || result.shape.length > 0) {
    const given = isTensor(result) ? `shape ${showShape(result.shape)}` : String(result);
    throw new SaddlepointError(
      'shape',
      `grad: the function must return a scalar tensor, got ${given}`,
      'reduce it with sum or mean',
    );
  }
  const gradients =
    result.traced === undefined ? leaves.map(() => undefined) : vjp(trace, [result], [tensor(1)], leaves);
  return [result, ...leaves.map((leaf, i) => gradients[i] ?? broadcastTo(lifted(trace, tensor(0)), leaf.shape))];
}

function lifted(trace: Trace, x: Tensor): Tensor {
  return trace.tensor(trace.value(x));
}

function rebuild<P>(like: Tree<Tensor>, leaves: readonly Tensor[]): TensorsOf<P> {
  let next = 0;
  return mapTree(like, () => leaves[next++] as Tensor) as TensorsOf<P>;
}
