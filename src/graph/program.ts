/**
 * @file A program: one step as plain data. Its graph is pure; inputs and outputs are bound to blocks (memory that persists
 * from step to step: parameters, optimizer state, data) or to rows of tables (what differs from step to step: the rows of
 * the minibatch, scalars such as the learning rate, results). All backends start from it.
 */
import { unreachable } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Graph, Spec, Value } from './node.ts';
import { print } from './print.ts';
import type { Tap } from './tap.ts';
import type { Tensor } from './tensor.ts';
import { Trace } from './trace.ts';

/**
 * Where a graph input comes from or an output goes to: a persistent `block`, or the step's `row` of a table. Blocks are
 * shared by all programs of a session; tables belong to one program.
 */
export interface Binding {
  readonly kind: 'block' | 'row';
  readonly name: string;
}

/** One leaf of a parameter tree within its group's flat block. */
export interface Segment {
  readonly path: string;
  readonly shape: Shape;
  /** Of the first element, in elements from the start of the block. */
  readonly offset: number;
}

/** A parameter group: leaves that share an optimizer, laid out in one flat f32 block of `size` elements. */
export interface Group {
  readonly name: string;
  readonly segments: readonly Segment[];
  readonly size: number;
}

export interface Program {
  readonly name: string;
  readonly graph: Graph;
  /** One for each graph input. */
  readonly inputs: readonly Binding[];
  /** One for each graph output; the values of `block` outputs replace the blocks when the step ends. */
  readonly outputs: readonly Binding[];
  readonly groups: readonly Group[];
  /** What the step taps; the value of the i-th is the row `tap i`. */
  readonly taps: readonly (Spec & { readonly name: string })[];
}

/** Elements between the starts of segments are a multiple of this, so that every leaf starts on a cache line. */
const SEGMENT_ALIGNMENT = 16;

/** Lays out leaves one after the other; the elements between them are 0 and stay 0 under every optimizer. */
export function layoutGroup(name: string, leaves: readonly { path: string; shape: Shape }[]): Group {
  let offset = 0;
  const segments = leaves.map(({ path, shape }) => {
    const segment = { path, shape, offset };
    offset += Math.ceil(sizeOf(shape) / SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT;
    return segment;
  });
  return { name, segments, size: Math.max(offset, SEGMENT_ALIGNMENT) };
}

/** Builds a program while its step is traced. */
export class ProgramBuilder {
  readonly trace = new Trace();
  readonly #inputs: Binding[] = [];
  readonly #outputs: { binding: Binding; tensor: Tensor }[] = [];
  readonly #bound = new Map<string, Tensor>();

  block(name: string, spec: Spec): Tensor {
    return this.#input({ kind: 'block', name }, spec);
  }

  row(name: string, spec: Spec): Tensor {
    return this.#input({ kind: 'row', name }, spec);
  }

  /** The block's value from the next step on. */
  commit(name: string, value: Tensor): void {
    this.#outputs.push({ binding: { kind: 'block', name }, tensor: value });
  }

  /** A result of the step, readable by the host. */
  emit(name: string, value: Tensor): void {
    this.#outputs.push({ binding: { kind: 'row', name }, tensor: value });
  }

  /** @param tapped what of `trace.taps` is to be shown. */
  finish(name: string, groups: readonly Group[] = [], tapped: readonly Tap[] = []): Program {
    tapped.forEach(({ value }, i) => {
      this.emit(`tap ${i}`, value);
    });
    const written = this.#outputs.map(({ binding }) => `${binding.kind} ${binding.name}`);
    written.forEach((key, i) => {
      if (written.indexOf(key) < i) unreachable(`${key} is written twice`);
    });
    const graph = this.trace.finish(this.#outputs.map((output) => output.tensor));
    const taps = tapped.map(({ name, value: { shape, dtype } }) => ({ name, shape, dtype }));
    return { name, graph, inputs: this.#inputs, outputs: this.#outputs.map(({ binding }) => binding), groups, taps };
  }

  #input(binding: Binding, spec: Spec): Tensor {
    const key = `${binding.kind} ${binding.name}`;
    if (this.#bound.has(key)) unreachable(`${key} is bound twice`);
    const input = this.trace.input(spec);
    this.#inputs.push(binding);
    this.#bound.set(key, input);
    return input;
  }
}

/** The program as text: its bindings, then its graph. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name}`];
  for (const group of program.groups) {
    lines.push(`group ${group.name}: f32[${group.size}]`);
    for (const segment of group.segments)
      lines.push(`  ${segment.offset}: ${segment.path} [${segment.shape.join(',')}]`);
  }
  const bindings = (list: readonly Binding[], values: readonly Value[]): string =>
    list
      .map((binding, i) => `${binding.kind} ${binding.name} (${values[i]?.dtype}[${values[i]?.shape.join(',')}])`)
      .join(', ');
  lines.push(`reads: ${bindings(program.inputs, program.graph.inputs)}`);
  lines.push(`writes: ${bindings(program.outputs, program.graph.outputs)}`);
  return [...lines, print(program.graph)].join('\n');
}
