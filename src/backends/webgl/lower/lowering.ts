/** @file What lowers one op: a function from values to tensors of the device. What it makes on the way is freed behind it. */
import { must } from '../../../core/errors.ts';
import type { Shape } from '../../../core/shape.ts';
import type { Attributes, Spec } from '../../../graph/node.ts';
import type { Held } from '../held.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { type ElementwiseName, elementwise } from './elementwise.ts';

/** Gives the outputs in any shape of their size; indices lie within their tables (see checks.ts). */
export type Lowering<A extends Attributes = Attributes> = (call: LoweringCall<A>) => Tensor | readonly Tensor[];

export interface LoweringCall<A extends Attributes = Attributes> {
  readonly tfjs: Tfjs;
  readonly core: Tfjs['core'];
  readonly inputs: readonly Held[];
  readonly attributes: A;
  readonly outputs: readonly Spec[];
  /** Input i on the device, in its own shape or another. */
  tensor(i: number, shape?: Shape): Tensor;
  /** One of the functions of elementwise.ts. */
  map(name: ElementwiseName, inputs: readonly Tensor[], shape: Shape): Tensor;
}

export const callOf = (
  tfjs: Tfjs,
  inputs: readonly Held[],
  attributes: Attributes,
  outputs: readonly Spec[],
): LoweringCall => ({
  ...{ tfjs, core: tfjs.core, inputs, attributes, outputs },
  tensor: (i, shape) => must(inputs[i], `input ${i}`).tensor(shape),
  map: (name, tensors, shape) => elementwise(tfjs, name, tensors, shape),
});

/** For tables of lowerings whose attributes differ. */
export const lowering = <A extends Attributes>(f: Lowering<A>): Lowering => f as unknown as Lowering;
