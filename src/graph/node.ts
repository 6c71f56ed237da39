/**
 * @file What a graph is made of: values, nodes, and the record type that describes an op. Plain data and types only; this
 * file knows no particular op.
 */
import type { DType, HostArray } from '../core/dtype.ts';
import type { Shape } from '../core/shape.ts';
import type { Tensor } from './tensor.ts';
import type { Trace } from './trace.ts';

/** The type of a tensor. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Plain data that, with the op and the inputs, determines a node's outputs. */
export type Attributes = Readonly<Record<string, unknown>>;

/** One output of a node, or an input of the graph (then `node` is undefined). Single assignment: never changes. */
export interface Value extends Spec {
  /** Unique within its graph, ascending in order of definition. */
  readonly id: number;
  readonly node: Node | undefined;
}

/** One application of an op. */
export interface Node {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** The layer that asked for it, such as `0` or `encoder/2`; '' outside layers. For errors and printing. */
  readonly path: string;
}

/** A pure function of its inputs; nodes are in an order in which every value is defined before it is used. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/** A tensor whose data lie in host memory. */
export interface HostTensor extends Spec {
  readonly data: HostArray;
}

/**
 * The gradients of Σ outputs · cotangents of a graph with respect to its inputs (undefined where not wanted, or without
 * influence), recorded in the trace in which `read` gives the values of the graph. For ops that hold graphs.
 */
export type PullBack = (
  trace: Trace,
  graph: Graph,
  read: (value: Value) => Tensor,
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
) => (Tensor | undefined)[];

/** What a gradient rule gets. */
export interface GradientContext<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The gradient of the result with respect to each output; undefined for an output that the result does not use. */
  readonly cotangents: readonly (Tensor | undefined)[];
  readonly attributes: A;
  /** Whether the gradient with respect to input i is wanted; a rule may skip the others. */
  readonly needs: readonly boolean[];
  readonly pullBack: PullBack;
}

/**
 * The record of an op: everything that the library knows of it but how a backend runs it.
 *
 * A *primitive* has `evaluate`: what it computes, in double precision, which is also its definition for tests. A
 * *composite* has `decompose`: the same in terms of other ops; a backend may run it whole.
 */
export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  /**
   * What passes and planners may rely on: each element from those at its place; or `axes` reduced to 1; or a `body` that is
   * run several times.
   */
  readonly kind?: 'elementwise' | 'reduction' | 'loop';
  /**
   * Of products: the composite that also adds a bias [size of the last axis] and applies an activation. Its inputs are the
   * product's and the bias, its attributes the product's and `activation`.
   */
  readonly biased?: Op;
  /** Of optimizers' updates: the composite that also adds output 0 to the parameters, its first input; the others follow. */
  readonly step?: Op;
  /** Of ops that update in place: which output may take over the memory of which input. */
  readonly renews?: readonly (readonly [output: number, input: number])[];
  /** The types of the outputs; throws a `shape` or `dtype` error when the inputs do not fit. */
  infer(inputs: readonly Spec[], attributes: A): readonly Spec[];
  evaluate?(inputs: readonly HostTensor[], attributes: A, outputs: readonly Spec[]): readonly HostArray[];
  decompose?(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /**
   * The gradient with respect to each input, in terms of other ops; undefined where there is none (indices, comparisons).
   * It may come in any shape that broadcasts with the input's: the sweep sums what the op repeated, and repeats what it summed.
   * A composite without a rule is differentiated through its decomposition.
   */
  gradient?(context: GradientContext<A>): readonly (Tensor | undefined)[];
}
