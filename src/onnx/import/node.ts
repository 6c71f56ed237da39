/** @file A node of an ONNX graph as the operators see it: typed access to its inputs and attributes. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Context } from '../../nn/layer.ts';
import { type Constant, constantFromJson } from '../tensors.ts';
import { Held } from './held.ts';

/** A node as plain JSON; tensors among its attributes are constants (see tensors.ts). */
export interface NodeJson extends JsonObject {
  readonly op: string;
  readonly name: string;
  /** '' for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: JsonObject;
}

/** Elements that an operator may make of numbers in the file, before any of them exist. */
const MAX_ELEMENTS = 2 ** 28;

/** Refuses shapes that a damaged file could ask for. */
export function checkSize(shape: Shape, where: string): Shape {
  if (shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) && sizeOf(shape) <= MAX_ELEMENTS)
    return shape;
  throw new SaddlepointError('file', `onnx: ${where} makes a tensor of shape ${showShape(shape.slice(0, 8))}`);
}

export interface Surroundings {
  readonly opset: number;
  readonly context: Context;
  /** Runs a graph inside the graph, with values for its inputs. */
  run(graph: JsonObject, inputs: ReadonlyMap<string, Held>): Held[];
}

export class NodeView {
  readonly json: NodeJson;
  readonly around: Surroundings;
  readonly #inputs: readonly (Held | undefined)[];

  constructor(json: NodeJson, inputs: readonly (Held | undefined)[], around: Surroundings) {
    this.json = json;
    this.#inputs = inputs;
    this.around = around;
  }

  get opset(): number {
    return this.around.opset;
  }

  /** Where it stands, for messages. */
  get where(): string {
    return `${this.json.op} '${this.json.name}'`;
  }

  get count(): number {
    return this.#inputs.length;
  }

  fail(what: string, help?: string): never {
    throw new SaddlepointError('file', `onnx: ${this.where} ${what}`, help);
  }

  /** An input that may be left out. */
  optional(i: number): Held | undefined {
    return this.#inputs[i];
  }

  held(i: number): Held {
    return this.#inputs[i] ?? this.fail(`has no input ${i}`);
  }

  x(i = 0): Tensor {
    return this.held(i).tensor;
  }

  /** The numbers of an input that must be known before anything runs; undefined if it is left out. */
  numbers(i: number): number[] | undefined {
    const given = this.#inputs[i];
    if (given === undefined) return undefined;
    if (given.tensor.traced !== undefined)
      return this.fail(`takes input ${i} from a computation`, 'it must be a constant, or follow from shapes');
    return Array.from(given.tensor.data);
  }

  attribute(name: string): Json | undefined {
    return this.json.attributes[name];
  }

  number<D extends number | undefined>(name: string, otherwise: D): number | D {
    const value = this.attribute(name);
    return typeof value === 'number' ? value : otherwise;
  }

  text(name: string, otherwise: string): string {
    const value = this.attribute(name);
    return typeof value === 'string' ? value : otherwise;
  }

  list(name: string): number[] | undefined {
    const value = this.attribute(name);
    return Array.isArray(value) ? (value as number[]) : undefined;
  }

  constant(name: string): Constant | undefined {
    const value = this.attribute(name);
    return value === undefined ? undefined : constantFromJson(value, `${this.where}.${name}`);
  }

  /** A list that older operator sets have as an attribute and later ones as an input. */
  listOr(name: string, input: number): number[] | undefined {
    return this.list(name) ?? this.numbers(input);
  }

  /** An axis counted from the front. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    return Number.isInteger(axis) && axis >= 0 && axis < rank ? axis : this.fail(`has no axis ${value} of ${rank}`);
  }
}

export const constantTensor = ({ shape, dtype, data }: Constant): Held =>
  Held.of(tensor(data, shape, dtype), dtype !== 'f32');

/** An operator: what it gives for a node's inputs, in ONNX's order of axes unless a `Held` says otherwise. */
export interface Operator {
  readonly run: (node: NodeView) => Tensor | Held | readonly (Tensor | Held)[];
  /** Why a node is not supported, by its attributes alone. */
  readonly check?: (node: NodeJson) => string | undefined;
  /** What is not supported of it, for the documentation. */
  readonly limits?: string;
}

export type Operators = Readonly<Record<string, Operator>>;
