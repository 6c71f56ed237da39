/**
 * @file Tracing: running a function on stand-ins for its arguments and recording which ops it applies. A trace is a list of
 * nodes that only grows, so gradients (more nodes) can be appended to it, and gradients of those.
 */
import { SaddlepointError, unreachable } from '../core/errors.ts';
import type { Attributes, Graph, HostTensor, Node, Op, Spec, Value } from './node.ts';
import type { Tap } from './tap.ts';
import { hostTensor, isTensor, Tensor, type TensorLike, tensor } from './tensor.ts';

/** The traces of loop bodies under way, innermost last: see `traceBody`. */
const bodies: Trace[] = [];

/** The trace of the loop body that is being recorded, if one is. */
export function currentBody(): Trace | undefined {
  return bodies[bodies.length - 1];
}

/** A graph being recorded. */
export class Trace {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  /** What was tapped; who finishes the trace makes outputs of them, or lets them be. */
  readonly taps: Tap[] = [];
  /** The layer that is being applied; ops record it, and errors name it. */
  path = '';
  #nextId = 0;
  #closed = false;
  readonly #constants = new Map<unknown, Tensor>();
  /** How many traces it stands in: that of a loop's body stands in the trace that the loop is recorded in. */
  readonly depth: number;
  /** Tensors of traces around this one that it uses, with the inputs that stand for them. Undefined: there are none around. */
  readonly captured: Map<Value, { readonly source: Tensor; readonly input: Tensor }> | undefined;

  constructor(depth = 0) {
    this.depth = depth;
    this.captured = depth === 0 ? undefined : new Map();
  }

  /** A new input of the graph. */
  input(spec: Spec): Tensor {
    const value = this.#value(spec, undefined);
    this.inputs.push(value);
    return this.tensor(value);
  }

  /** Records one application of an op whose inputs are values of this trace. */
  add(op: Op, inputs: readonly Value[], attributes: Attributes, specs: readonly Spec[]): Value[] {
    this.checkOpen(op);
    const outputs: Value[] = [];
    const node: Node = { op, inputs: [...inputs], attributes, outputs, path: this.path };
    for (const spec of specs) outputs.push(this.#value(spec, node));
    this.nodes.push(node);
    return outputs;
  }

  /** Refuses an op on a trace that has ended. */
  checkOpen(op: { readonly name: string }): void {
    if (this.#closed) {
      throw new SaddlepointError(
        'trace',
        `${op.name}: a tensor was used after the function that it was traced in had returned`,
        'return the tensor from the function, and use the returned value',
      );
    }
  }

  tensor(value: Value): Tensor {
    return new Tensor(value, { value, trace: this });
  }

  /** The value of a tensor in this trace; a host tensor becomes a constant, once. */
  value(x: Tensor): Value {
    if (x.traced === undefined) {
      let lifted = this.#constants.get(x.data);
      if (lifted === undefined || lifted.shape !== x.shape) {
        const spec = { shape: x.shape, dtype: x.dtype };
        lifted = this.tensor(this.add(constant, [], { data: x.data, ...spec }, [spec])[0] as Value);
        this.#constants.set(x.data, lifted);
      }
      return lifted.traced?.value ?? unreachable('lifted constant');
    }
    const { trace, value } = x.traced;
    if (trace !== this && this.captured !== undefined && bodies.includes(this) && trace.depth < this.depth) {
      const held = this.captured.get(value) ?? { source: x, input: this.input(value) };
      this.captured.set(value, held);
      return held.input.traced?.value ?? unreachable('a captured tensor');
    }
    if (trace !== this) {
      throw new SaddlepointError(
        'trace',
        'tensors of two different traces meet in one op',
        'a function being compiled or differentiated may use its own arguments and host tensors only',
        { cause: [this, trace] },
      );
    }
    return value;
  }

  /** Runs `f` with `path` as the layer that ops are recorded under. */
  within<T>(path: string, f: () => T): T {
    const outer = this.path;
    this.path = path;
    try {
      return f();
    } finally {
      this.path = outer;
    }
  }

  finish(outputs: readonly Tensor[]): Graph {
    const values = outputs.map((output) => this.value(output));
    this.#closed = true;
    return { inputs: this.inputs, nodes: this.nodes, outputs: values };
  }

  #value(spec: Spec, node: Node | undefined): Value {
    return { id: this.#nextId++, shape: spec.shape, dtype: spec.dtype, node };
  }
}

/** The other trace of two that met, if that is what the error says. */
export function metTrace(error: unknown, own: Trace): Trace | undefined {
  const met =
    error instanceof SaddlepointError && error.code === 'trace' && Array.isArray(error.cause) ? error.cause : [];
  return met.includes(own) ? met.find((trace) => trace !== own) : undefined;
}

/** Data known while tracing. Attributes: `data`, `shape`, `dtype`. */
export const constant: Op<{ data: HostTensor['data']; shape: Spec['shape']; dtype: Spec['dtype'] }> = {
  name: 'constant',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  evaluate: (_, { data }) => [data],
  gradient: () => [],
};

/** Traces a function of tensors with the given types; the graph's outputs are the tensors that it returns. */
export function trace(
  specs: readonly Spec[],
  f: (inputs: readonly Tensor[], trace: Trace) => readonly Tensor[],
): Graph {
  const recording = new Trace();
  return recording.finish(
    f(
      specs.map((spec) => recording.input(spec)),
      recording,
    ),
  );
}

/** A loop's body as a graph, with the tensors around it that it uses: they are the graph's last inputs. */
export interface Body {
  readonly graph: Graph;
  readonly captured: readonly Tensor[];
}

/**
 * Traces a function that may also use tensors of the traces around it. What it computes from those alone is recorded there:
 * once, not at every turn.
 */
export function traceBody(
  specs: readonly Spec[],
  path: string,
  f: (inputs: readonly Tensor[], trace: Trace) => readonly Tensor[],
): Body {
  const recording = new Trace((currentBody()?.depth ?? 0) + 1);
  recording.path = path;
  bodies.push(recording);
  try {
    const inputs = specs.map((spec) => recording.input(spec));
    const outputs = f(inputs, recording);
    const values = outputs.map((output) => recording.tensor(recording.value(output)));
    const captured = [...(recording.captured?.values() ?? [])].map(({ source }) => source);
    return { graph: recording.finish(values), captured };
  } finally {
    bodies.pop();
  }
}

/** The innermost trace that any of the tensors belongs to. */
function traceOf(tensors: readonly Tensor[]): Trace | undefined {
  let found: Trace | undefined;
  for (const { traced } of tensors)
    if (traced !== undefined && (found === undefined || traced.trace.depth > found.depth)) found = traced.trace;
  return found;
}

/**
 * Applies an op: records it if any input is traced, else computes it on the host at once.
 * @throws SaddlepointError with the op, the shapes and the layer's path when the inputs do not fit.
 */
export function apply<A extends Attributes>(op: Op<A>, inputs: readonly TensorLike[], attributes: A): Tensor[] {
  const tensors = inputs.map((input) => (isTensor(input) ? input : tensor(input)));
  const recording = traceOf(tensors);
  const specs = inferWithPath(op, tensors, attributes, recording?.path ?? '');
  if (recording !== undefined) {
    recording.checkOpen(op);
    const values = tensors.map((input) => recording.value(input));
    // Attributes are erased here: a node pairs an op only with the attributes that this call type-checked.
    return recording.add(op as unknown as Op, values, attributes, specs).map((value) => recording.tensor(value));
  }
  return evaluate(op, tensors, attributes, specs);
}

/** Computes an op on host tensors in double precision, through its decomposition if it is a composite. */
function evaluate<A extends Attributes>(
  op: Op<A>,
  inputs: readonly Tensor[],
  attributes: A,
  specs: readonly Spec[],
): Tensor[] {
  if (op.evaluate !== undefined) {
    const arrays = op.evaluate(inputs, attributes, specs);
    return specs.map((spec, i) => hostTensor(spec, arrays[i] ?? unreachable(`output ${i} of ${op.name}`)));
  }
  return [...(op.decompose?.(inputs, attributes) ?? unreachable(`${op.name} has neither evaluate nor decompose`))];
}

function inferWithPath<A extends Attributes>(
  op: Op<A>,
  inputs: readonly Spec[],
  attributes: A,
  path: string,
): readonly Spec[] {
  try {
    return op.infer(inputs, attributes);
  } catch (error) {
    if (!(error instanceof SaddlepointError) || path === '') throw error;
    const message = error.message.split('\n  help: ')[0] as string;
    throw new SaddlepointError(error.code, `${message} (in layer '${path}')`, error.help, { cause: error });
  }
}
