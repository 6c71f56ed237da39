/** @file Functions of tensors with a gradient of the user's own. */
import { must, SaddlepointError, show } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Graph, Op, Value } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply, metTrace, Trace } from '../graph/trace.ts';
import { broadcastTo } from '../ops/movement.ts';

/** What a function with a gradient of its own gives: a tensor, or a list of them. */
export type CustomResult = Tensor | readonly Tensor[] | readonly [];

/**
 * The gradient of Σ output · cotangent with respect to each input, in order, in terms of ops; undefined where there is none.
 * For a function that gives a list, `cotangent` and `output` are lists; the cotangent of an output that is not used is 0.
 */
export type CustomVjp<I extends readonly Tensor[], O extends CustomResult = Tensor> = (
  cotangent: O,
  inputs: I,
  output: O,
) => readonly (Tensor | undefined)[];

/**
 * A function of tensors with your own gradient: for a form that is more stable or cheaper than what the chain rule gives, or
 * for a gradient that differs on purpose (straight-through estimators, reversed gradients).
 *
 * It works as an op does: at once on host tensors, inside `grad`, `compile` and layers, on every device. Your gradient is made
 * of ops, so it can be differentiated again. `checkGradient` says whether it is the gradient of `f`.
 *
 * @param f a pure function from tensors to one f32 tensor, or to a list of them. It may use its arguments and host tensors
 *   only: pass a traced tensor as one more argument.
 * @param vjp from the cotangent (the output's shape), the inputs and the output to a list with one entry for each input: its
 *   gradient, of exactly its shape, or undefined (integers, constants; counts as 0).
 * @returns the function, of tensors or what `tensor` takes.
 * @throws SaddlepointError when applied: `trace` if f uses traced tensors other than its arguments; `dtype` if its result is
 *   no f32 tensor; when differentiated: `shape` if a gradient is missing or has another shape than its input.
 * @example
 * // Rounds; the gradient passes straight through (Bengio, Léonard and Courville 2013).
 * const round = customGradient((x) => floor(add(x, 0.5)), (cotangent) => [cotangent]);
 * grad((x) => sum(round(x)), tensor([0.2, 1.7])).toArray(); // [1, 1]
 */
export function customGradient<I extends readonly Tensor[], O extends CustomResult>(
  f: (...inputs: I) => O,
  vjp: CustomVjp<I, O>,
): (...inputs: { [K in keyof I]: TensorLike }) => O {
  // The prefix keeps passes and backends, which know ops by name, from taking it for one of the library's.
  const name = `custom:${f.name || 'function'}`;
  const op = marker(name, vjp as unknown as CustomVjp<readonly Tensor[], CustomResult>);
  return (...inputs) => {
    const given = (inputs as readonly TensorLike[]).map((input) => tensor(input));
    const call = (tensors: readonly Tensor[]): Results => resultsOf(name, f(...(tensors as unknown as I)));
    const outer = given.find(({ traced }) => traced !== undefined)?.traced?.trace;
    const { list, isList } = outer === undefined ? alone(name, call(given)) : inlined(name, outer, given, call);
    const outputs = outer === undefined ? list : apply(op, [...list, ...given], { results: list.length, isList });
    return (isList ? outputs : outputs[0]) as O;
  };
}

/** What the function gave, as a list. */
interface Results {
  readonly list: readonly Tensor[];
  readonly isList: boolean;
}

function resultsOf(name: string, given: CustomResult): Results {
  const isList = Array.isArray(given);
  const list: readonly Tensor[] = isList ? given : [given as Tensor];
  if (list.length > 0 && list.every((output) => isTensor(output) && output.dtype === 'f32')) return { list, isList };
  const shown = (output: unknown): string => (isTensor(output) ? printSpec(output) : show(output));
  throw new SaddlepointError(
    'dtype',
    `${name}: the function must return an f32 tensor or a list of them, got ${isList ? `[${list.map(shown).join(', ')}]` : shown(given)}`,
  );
}

/** Results on host tensors, which cannot be traced. */
function alone(name: string, results: Results): Results {
  if (results.list.some(({ traced }) => traced !== undefined)) throw closure(name);
  return results;
}

/** The function as part of a trace: recorded in a trace of its own, so that it meets no other tensors, and copied. */
function inlined(
  name: string,
  outer: Trace,
  given: readonly Tensor[],
  call: (inputs: readonly Tensor[]) => Results,
): Results {
  const inputs = given.map((input) => outer.value(input));
  const inner = new Trace();
  inner.path = outer.path;
  let results: Results;
  let graph: Graph;
  try {
    results = call(given.map((input) => inner.input(input)));
    graph = inner.finish(results.list);
  } catch (error) {
    throw metTrace(error, inner) === undefined ? error : closure(name);
  }
  const copies = new Map<Value, Value>(graph.inputs.map((input, i) => [input, inputs[i] as Value]));
  const read = (value: Value): Value => must(copies.get(value), 'a value of the function');
  for (const node of graph.nodes) {
    const add = (): Value[] => outer.add(node.op, node.inputs.map(read), node.attributes, node.outputs);
    outer.within(node.path, add).forEach((copy, i) => {
      copies.set(node.outputs[i] as Value, copy);
    });
  }
  for (const tap of inner.taps) outer.taps.push({ ...tap, value: outer.tensor(read(inner.value(tap.value))) });
  return { ...results, list: graph.outputs.map((output) => outer.tensor(read(output))) };
}

const closure = (name: string): SaddlepointError =>
  new SaddlepointError(
    'trace',
    `${name}: the function uses a traced tensor that is none of its arguments`,
    'pass it as one more argument, with a gradient of its own (undefined counts as 0)',
  );

/** Plain data of a marker: how many of its inputs are results, and whether the function gave them as a list. */
type Form = { readonly results: number; readonly isList: boolean };

/** The op that hands on results; their gradient goes by the user's rule to the arguments, which follow them as inputs. */
function marker(name: string, vjp: CustomVjp<readonly Tensor[], CustomResult>): Op<Form> {
  return {
    name,
    infer: (inputs, { results }) => inputs.slice(0, results),
    decompose: (inputs, { results }) => inputs.slice(0, results),
    gradient({ inputs, outputs, cotangents, attributes: { results, isList } }) {
      const args = inputs.slice(results);
      const known = outputs.map((output, i) => cotangents[i] ?? zeros(output));
      const gradients = isList ? vjp(known, args, outputs) : vjp(known[0] as Tensor, args, outputs[0] as Tensor);
      return [...inputs.slice(0, results).map(() => undefined), ...checked(name, gradients, args)];
    },
  };
}

/** In the trace, where simplify finds it; not made here in full size. */
function zeros({ traced, shape }: Tensor): Tensor {
  const { trace } = must(traced, 'a traced output');
  return broadcastTo(trace.tensor(trace.value(tensor(0))), shape);
}

function checked(name: string, gradients: unknown, inputs: readonly Tensor[]): (Tensor | undefined)[] {
  if (!Array.isArray(gradients) || gradients.length !== inputs.length) {
    const given = Array.isArray(gradients) ? `a list of ${gradients.length}` : show(gradients);
    throw new SaddlepointError(
      'shape',
      `${name}: the gradient must return a list of ${inputs.length}, one for each input, got ${given}`,
      'use undefined for an input without a gradient',
    );
  }
  return inputs.map(({ shape }, i) => {
    const gradient = gradients[i] as TensorLike | undefined;
    if (gradient === undefined) return undefined;
    const found = tensor(gradient);
    if (sameShape(found.shape, shape)) return found;
    throw new SaddlepointError(
      'shape',
      `${name}: the gradient of input ${i} has shape ${showShape(found.shape)}, the input ${showShape(shape)}`,
      'sum over what was broadcast, or broadcastTo the shape of the input',
    );
  });
}
