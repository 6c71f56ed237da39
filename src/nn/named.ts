/**
 * @file Models of several inputs or outputs by name, and models seen from outside: what a page that trains on one tensor does not
 * load. `applyModel` takes records as it takes tensors.
 */
import { must } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import type { Node, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Trace } from '../graph/trace.ts';
import { callRoot, initializeBy, type Layer, type LeafKind, type ParameterLeaf } from './layer.ts';

/** Of the one input or output, or of each by name. */
export type Named<T> = T | Readonly<Record<string, T>>;

/** f of the one, or of each by name. */
export function eachNamed<T extends { readonly shape: unknown }, R>(given: Named<T>, f: (one: T) => R): Named<R> {
  return isOne(given) ? f(given) : Object.fromEntries(Object.entries(given).map(([name, one]) => [name, f(one)]));
}

const isOne = <T>(given: Named<T>): given is T => Array.isArray((given as { shape?: unknown }).shape);

/**
 * As `initialize`, for a model of any number of inputs and outputs.
 *
 * @param inputs the type of the input, or of each by name, with a batch dimension of 1 in front.
 * @param seed of all parameters.
 * @returns the leaves, and the type of the output, or of each by name.
 * @throws SaddlepointError `shape` with the layer's path where shapes do not fit, or an input is missing.
 * @example
 * const image = input('image');
 * const meta = input('meta');
 * const model = graph({ inputs: [image, meta], outputs: apply(mergeConcat(), [apply(flatten(), image), meta]) });
 * initializeNamed(model, { image: { shape: [1, 8, 8, 1], dtype: 'f32' }, meta: { shape: [1, 3], dtype: 'f32' } }, 42);
 */
export function initializeNamed<In, Out>(
  model: Layer<In, Out>,
  inputs: Named<Spec>,
  seed: number,
): { parameters: ParameterLeaf[]; output: Named<Spec> } {
  const enter = (trace: Trace): In => eachNamed(inputs, (spec) => trace.input(spec)) as In;
  const { parameters, output } = initializeBy(model, enter, seed);
  return { parameters, output: eachNamed(output as Named<Tensor>, ({ shape, dtype }): Spec => ({ shape, dtype })) };
}

/** A layer of a model, as it is called. */
export interface LayerCall {
  readonly path: string;
  readonly type: string;
  /** Of one row, with the batch dimension. */
  readonly output: Named<Shape>;
  /** See `Layer.meetingRows`. */
  readonly meetingRows?: string | undefined;
}

/** What calling a model on one row leads to: its layers in the order in which they are called, its leaves, and its nodes. */
export function traceModel<In, Out>(
  model: Layer<In, Out>,
  inputs: Named<Spec>,
): {
  calls: LayerCall[];
  leaves: { path: string; kind: LeafKind; shape: Shape }[];
  nodes: readonly Node[];
} {
  const trace = new Trace();
  const calls: LayerCall[] = [];
  const leaves: { path: string; kind: LeafKind; shape: Shape }[] = [];
  const watched = <I, O>(part: Layer<I, O>): Layer<I, O> => ({
    ...part,
    call(x, context) {
      const { type, meetingRows } = part;
      // Its place in the list is before its parts, its output comes after them.
      const at = calls.push({ path: context.path, type, meetingRows, output: [] }) - 1;
      const y = part.call(x, {
        ...context,
        child: (inner, index, value) => context.child(watched(inner), index, value),
      });
      calls[at] = { ...must(calls[at], 'a call'), output: eachNamed(y as Named<Tensor>, ({ shape }) => shape) };
      return y;
    },
  });
  callRoot(watched(model), eachNamed(inputs, (spec) => trace.input(spec)) as In, {
    ...{ mode: 'predict', trace, key: undefined, updates: undefined },
    leaf(path, kind, shape) {
      leaves.push({ path, kind, shape });
      return trace.input({ shape, dtype: 'f32' });
    },
  });
  return { calls, leaves, nodes: trace.nodes };
}
