/** @file What a lowering gets: addresses of values, and where to put instructions. */
import type { DType } from '../../../core/dtype.ts';
import type { Node, Value } from '../../../graph/node.ts';
import type { Program } from '../../../graph/program.ts';
import type { PlanWriter } from '../../../plan/format.ts';
import { ElementType, type Opcode } from '../../../plan/opcodes.ts';
import type { Storage } from '../placement.ts';
import type { LoopStorage, StoragePlan } from '../storage.ts';

export interface LoweringContext {
  /** Bytes from the base of the run's memory. */
  address(value: Value): number;
  /** The scratch area reserved for a node. */
  scratch(node: Node): number;
  /** How many loops the node stands in. */
  readonly level: number;
  /** Where the values of a loop's body live. */
  loop(node: Node): LoopStorage;
  /** Emits the instructions of another node, for ops that hold some. */
  lower(node: Node, context: LoweringContext): void;
  /** The parts of a loop's turn, in a loop one deeper. */
  body(loop: LoopStorage): BodyContext;
  /** The index of the next word, and a way to set a word that was not known when it was emitted. */
  readonly code: Pick<PlanWriter, 'length' | 'patch'>;
  emit(opcode: Opcode, length: number, fields: Readonly<Record<number, number>>): void;
}

/** What a loop's lowering gets to lower a turn: its nodes, and the renewal of its carries. */
export interface BodyContext {
  address(value: Value): number;
  nodes(): void;
  commit(): void;
}

/** Emits the instructions of one node. */
export type Lowering = (node: Node, context: LoweringContext) => void;

/** How ops become instructions, and the bytes of scratch memory that those need which need any. */
export interface LoweringTable {
  readonly lowerings: Readonly<Record<string, Lowering>>;
  readonly scratchBytes: Readonly<Record<string, (node: Node) => number>>;
  /** Plans the body of a loop, by what plans a program over given blocks. */
  readonly planLoop?: (
    node: Node,
    plan: (program: Program, blocks: ReadonlyMap<string, Storage>) => StoragePlan,
  ) => Omit<LoopStorage, 'chunk'>;
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
