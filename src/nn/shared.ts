/**
 * @file A layer that is applied more than once in a model and has its parameters once. The first call goes through the model's
 * context, which creates or finds the leaves; later ones get the same leaves, and random numbers of their own.
 */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Context, called, type Layer } from './layer.ts';

/** What a layer asked for in its first call. */
interface Memory {
  readonly context: Context;
  readonly leaves: Map<string, Tensor>;
  readonly parts: Map<string, Call>;
}

type Call = (x: unknown) => unknown;

/** The part as a function that may be called any number of times. */
export function sharedCall(context: Context, part: Layer<unknown, unknown>, index: number): Call {
  let memory: Memory | undefined;
  return (x) => {
    if (memory !== undefined) return called(part, x, recalling(memory));
    const first: Layer<unknown, unknown> = {
      ...part,
      call(value, inner) {
        memory = { context: inner, leaves: new Map(), parts: new Map() };
        return part.call(value, recalling(memory));
      },
    };
    return context.child(first, index, x);
  };
}

/** The context of one call. What one call asks for twice is refused by the context itself, as in any model. */
function recalling({ context, leaves, parts }: Memory): Context {
  const asked = new Set<string>();
  const once =
    (create: Context['parameter']): Context['parameter'] =>
    (name, shape, initializer) => {
      const found = asked.has(name) ? undefined : leaves.get(name);
      asked.add(name);
      if (found === undefined) {
        const made = create(name, shape, initializer);
        leaves.set(name, made);
        return made;
      }
      if (sameShape(found.shape, shape)) return found;
      const message = `the shared layer '${context.path}' has '${name}' ${showShape(found.shape)}, this input asks for ${showShape(shape)}`;
      throw new SaddlepointError('shape', message, 'a layer can be shared by inputs of the same features');
    };
  return {
    ...context,
    parameter: once(context.parameter),
    table: once(context.table),
    state: once(context.state),
    child<In, Out>(part: Layer<In, Out>, index: number, x: In): Out {
      const key = `child ${part.name ?? index}`;
      const call = asked.has(key) ? undefined : parts.get(key);
      asked.add(key);
      const made = call ?? sharedCall(context, part as Layer<unknown, unknown>, index);
      parts.set(key, made);
      return made(x) as Out;
    },
  };
}
