/** @file What a lowering gets: addresses of values, and where to put instructions. */
import type { DType } from '../../../core/dtype.ts';
import type { Node, Value } from '../../../graph/node.ts';
import { ElementType, type Opcode } from '../../../plan/opcodes.ts';

export interface LoweringContext {
  /** Bytes from the base of the run's memory. */
  address(value: Value): number;
  /** The scratch area reserved for a node. */
  scratch(node: Node): number;
  emit(opcode: Opcode, length: number, fields: Readonly<Record<number, number>>): void;
}

/** Emits the instructions of one node. */
export type Lowering = (node: Node, context: LoweringContext) => void;

/** How ops become instructions, and the bytes of scratch memory that those need which need any. */
export interface LoweringTable {
  readonly lowerings: Readonly<Record<string, Lowering>>;
  readonly scratchBytes: Readonly<Record<string, (node: Node) => number>>;
}

export const ELEMENT_TYPES: Readonly<Record<DType, ElementType>> = {
  f32: ElementType.f32,
  i32: ElementType.i32,
  u8: ElementType.u8,
};

/** The only output of a node. */
export const output = (node: Node): Value => node.outputs[0] as Value;
/** Input i of a node. */
export const input = (node: Node, i: number): Value => node.inputs[i] as Value;
