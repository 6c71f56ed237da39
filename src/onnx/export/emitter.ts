/**
 * @file Collects the nodes of an ONNX graph. A value of ours may exist in several versions: as it is, with channels first (as
 * ONNX wants images), or as booleans. Each is made when it is first asked for, so that transposes and casts which undo each
 * other are never written.
 */
import { unreachable } from '../../core/errors.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import type { HostTensor, Value } from '../../graph/node.ts';
import { permuted } from '../permuted.ts';
import { ATTRIBUTE, type Draft, ELEMENT } from '../schema.ts';
import { ELEMENT_OF, toTensorProto } from '../tensors.ts';
import { type Dim, type Dims, isStatic, type Symbolic, type SymbolicGraph } from './symbolic.ts';

/**
 * How a value is stored: `plain`, as ours; `first`, images with channels first; `filter`, filters [out, in, height, width];
 * `bool`, f32 numbers 0 and 1 as booleans.
 */
export type Version = 'plain' | 'first' | 'filter' | 'bool';

/** A number that is written as a float, where a bare one is written as an integer. */
export const float = (value: number): { readonly float: number } => ({ float: value });

export type AttributeValue =
  | number
  | string
  | { readonly float: number }
  | readonly number[]
  | { readonly graph: Draft<'Graph'> };

/** The orders of axes that make versions of a plain value, in the sense of `transpose`. */
const ORDERS = { first: [0, 3, 1, 2], filter: [3, 2, 0, 1] } as const;
/** The order that brings channels back to the end. */
export const CHANNELS_LAST: readonly number[] = [0, 2, 3, 1];

/** What all graphs of a model share: weights and names. */
interface Shared {
  readonly initializers: Map<string, { readonly tensor: HostTensor; readonly type: number }>;
  readonly taken: Set<string>;
  readonly constants: Map<string, string>;
  /** Initializers that are parameters of the model. */
  readonly parameters: Set<string>;
  /** The batch size, as an int64 tensor [1]; made when first needed. */
  batch: string | undefined;
}

export class Emitter {
  readonly nodes: Draft<'Node'>[] = [];
  readonly symbolic: Symbolic;
  /** Prefix of the names of nodes: the layer that they belong to. */
  path = '';
  /** Values that something reads. */
  readonly used: ReadonlySet<Value>;
  readonly #shared: Shared;
  readonly #outer: Emitter | undefined;
  readonly #versions = new Map<Value, Map<Version, string>>();
  /** Tensors whose numbers are known: parameters, and what is computed from them alone. */
  readonly #known: Map<Value, { readonly tensor: HostTensor; readonly name: string | undefined }>;
  readonly #input: string;
  readonly #write: (graph: SymbolicGraph, out: Emitter) => void;

  /**
   * @param input the graph input whose first dimension is the batch.
   * @param reserved names that are taken too.
   * @param write writes the nodes of a graph, for the bodies of loops.
   */
  constructor(
    symbolic: Symbolic,
    input: string,
    reserved: readonly string[],
    write: (graph: SymbolicGraph, out: Emitter) => void,
    outer?: Emitter,
  ) {
    this.symbolic = symbolic;
    this.#input = input;
    this.#write = write;
    this.#outer = outer;
    if (outer === undefined) {
      const taken = new Set([input, ...reserved]);
      this.#shared = { initializers: new Map(), taken, constants: new Map(), parameters: new Set(), batch: undefined };
      this.#known = new Map();
      this.used = usedIn(symbolic.graph);
    } else {
      this.#shared = outer.#shared;
      this.#known = outer.#known;
      this.used = outer.used;
    }
  }

  /** An emitter for the body of a loop; it sees all that this one has. */
  inner(): Emitter {
    const inner = new Emitter(this.symbolic, this.#input, [], this.#write, this);
    inner.path = this.path;
    return inner;
  }

  /** Writes the nodes of a graph. */
  writeAll(graph: SymbolicGraph): void {
    this.#write(graph, this);
  }

  dims(value: Value): Dims {
    return this.symbolic.dimsOf(value);
  }

  /** A name that nothing else has. */
  name(wanted: string): string {
    const { taken } = this.#shared;
    let name = wanted;
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
    taken.add(name);
    return name;
  }

  /** Writes a node and gives the names of its outputs. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs = 1,
  ): string[] {
    const stem = this.path === '' ? opType : `${this.path}/${opType}`;
    const name = this.name(stem);
    const names = Array.from({ length: outputs }, (_, i) => this.name(i === 0 ? `${name}:0` : `${name}:${i}`));
    this.nodes.push({
      ...{ name, opType, inputs, outputs: names },
      attributes: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
    });
    return names;
  }

  /** As `node`, for the only output. */
  one(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    return this.node(opType, inputs, attributes)[0] as string;
  }

  /** A constant of the graph; equal ones are written once. */
  constant(data: readonly number[], type: number = ELEMENT.int64, shape: Shape = [data.length]): string {
    const key = `${type} ${shape.join()} ${data.join()}`;
    const found = this.#shared.constants.get(key);
    if (found !== undefined) return found;
    const name = this.name(type === ELEMENT.int64 ? 'shape' : 'constant');
    this.#shared.constants.set(key, name);
    this.#shared.initializers.set(name, { tensor: { shape, dtype: 'f32', data: Float64Array.from(data) }, type });
    return name;
  }

  scalar = (value: number): string => this.constant([value], ELEMENT.float, []);

  /** A named weight. */
  weight(wanted: string, tensor: HostTensor): string {
    const name = this.name(wanted);
    this.#shared.initializers.set(name, { tensor, type: ELEMENT_OF[tensor.dtype] });
    return name;
  }

  /** The initializers that nodes of the model read. */
  usedInitializers(all: readonly Draft<'Node'>[]): Draft<'Tensor'>[] {
    const read = new Set<string>();
    const visit = (nodes: readonly Draft<'Node'>[]): void => {
      for (const { inputs, attributes } of nodes) {
        for (const input of inputs ?? []) read.add(input);
        for (const { g } of attributes ?? []) {
          visit(g?.nodes ?? []);
          for (const { name } of g?.outputs ?? []) read.add(name as string);
        }
      }
    };
    visit(all);
    return [...this.#shared.initializers].flatMap(([name, { tensor, type }]) =>
      read.has(name) ? [toTensorProto(name, tensor, type)] : [],
    );
  }

  /** The initializers that are parameters of the model. */
  get parameters(): ReadonlySet<string> {
    return this.#shared.parameters;
  }

  /** Says that the numbers of a value are known; `name` if it is a parameter. */
  know(value: Value, tensor: HostTensor, name?: string): void {
    this.#known.set(value, { tensor, name });
  }

  known(value: Value): HostTensor | undefined {
    return this.#known.get(value)?.tensor;
  }

  /** The name that a known value was given, if it is a parameter. */
  nameOf(value: Value): string | undefined {
    return this.#known.get(value)?.name;
  }

  set(value: Value, name: string, version: Version = 'plain'): void {
    const versions = this.#versions.get(value) ?? new Map<Version, string>();
    versions.set(version, name);
    this.#versions.set(value, versions);
  }

  /** Whether a version is there already. */
  has(value: Value, version: Version): boolean {
    return this.#find(value, version) !== undefined;
  }

  /** Whether a value is at hand with channels first and in no other way. */
  isFirst = (value: Value): boolean => this.has(value, 'first') && !this.has(value, 'plain');

  /** The name of a value in a version; made from another if it is not there. */
  get(value: Value, version: Version = 'plain'): string {
    const found = this.#find(value, version);
    if (found !== undefined) return found;
    const made = this.#make(value, version);
    this.set(value, made, version);
    return made;
  }

  #find(value: Value, version: Version): string | undefined {
    const own = this.#versions.get(value)?.get(version);
    return own !== undefined || this.#outer === undefined ? own : this.#outer.#find(value, version);
  }

  #make(value: Value, version: Version): string {
    if (version === 'bool') return this.one('Cast', [this.get(value)], { to: ELEMENT.bool });
    const known = this.#known.get(value);
    if (known !== undefined)
      return this.#initializer(
        version === 'plain' ? known.tensor : permuted(known.tensor, ORDERS[version]),
        known.name,
      );
    if (version !== 'plain') return this.one('Transpose', [this.get(value)], { perm: ORDERS[version] });
    if (this.has(value, 'first')) return this.one('Transpose', [this.get(value, 'first')], { perm: CHANNELS_LAST });
    if (this.has(value, 'bool')) return this.one('Cast', [this.get(value, 'bool')], { to: ELEMENT.float });
    return unreachable(`an ONNX name for a value of ${value.node?.op.name ?? 'no node'}`);
  }

  /** A tensor as an initializer; small ones without a name of their own are shared. */
  #initializer(tensor: HostTensor, name: string | undefined): string {
    const { data, shape, dtype } = tensor;
    if (name === undefined && sizeOf(shape) <= 64) return this.constant(Array.from(data), ELEMENT_OF[dtype], shape);
    const own = this.weight(name ?? (this.path === '' ? 'folded' : `${this.path}/folded`), tensor);
    if (name !== undefined) this.#shared.parameters.add(own);
    return own;
  }

  /** A shape as an int64 tensor, with the batch size where it belongs. */
  shape(dims: Dims): string {
    if (dims.every(isStatic)) return this.constant(dims as readonly number[]);
    return this.one(
      'Concat',
      dims.map((dim) => this.dim(dim)),
      { axis: 0 },
    );
  }

  /** A dimension as an int64 tensor [1]. */
  dim(dim: Dim): string {
    if (isStatic(dim)) return this.constant([dim]);
    const batch = this.#batch();
    return dim.times === 1 ? batch : this.one('Mul', [batch, this.constant([dim.times])]);
  }

  #batch(): string {
    if (this.#outer !== undefined) return this.#outer.#batch();
    this.#shared.batch ??= this.one('Shape', [this.#input], { start: 0, end: 1 });
    return this.#shared.batch;
  }

  /** A tensor under another shape; one dimension may belong to the batch. */
  reshape(name: string, dims: Dims): string {
    const open = dims.filter((dim) => !isStatic(dim)).length;
    const shape = open === 1 ? dims.map((dim) => (isStatic(dim) ? dim : -1)) : dims;
    return this.one('Reshape', [name, this.shape(shape)]);
  }
}

function usedIn({ nodes, outputs }: SymbolicGraph): Set<Value> {
  const used = new Set(outputs);
  for (const { node, attributes } of nodes) {
    for (const input of node.inputs) used.add(input);
    if (node.op.kind === 'loop') for (const value of usedIn(attributes.body as SymbolicGraph)) used.add(value);
  }
  return used;
}

function attributeOf(name: string, value: AttributeValue): Draft<'Attribute'> {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE.float };
  if ('graph' in value) return { name, g: value.graph, type: ATTRIBUTE.graph };
  return { name, ints: value, type: ATTRIBUTE.ints };
}
