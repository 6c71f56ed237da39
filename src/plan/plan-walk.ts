/** @file The instructions of a plan in order, with what they touch: for what follows values through a step. */
import type { Operand } from './instruction.ts';
import { type Linked, linked } from './linked.ts';
import type { Matrix } from './matrix.ts';
import * as I from './opcodes.ts';
import { operandsAt } from './operands.ts';

/** The right factor of a product as it is stored. */
export function factorOf(words: Int32Array, at: number): Matrix | undefined {
  const w = (field: number): number => words[at + field] as number;
  const isTransposed = w(I.MatmulField.transposeRhs) === 1;
  const [n, k] = [w(I.MatmulField.n), w(I.MatmulField.k)];
  const [rows, columns] = isTransposed ? [n, k] : [k, n];
  return w(I.MatmulField.ldb) === columns ? { address: w(I.MatmulField.rhs), rows, columns } : undefined;
}

/** What a product writes, if nothing is added to it or done with it. */
export function resultOf(words: Int32Array, at: number): Matrix | undefined {
  const w = (field: number): number => words[at + field] as number;
  const isPlain = w(I.MatmulField.bias) === 0 && w(I.MatmulField.activation) === I.Activation.none;
  const [rows, columns] = [w(I.MatmulField.m), w(I.MatmulField.n)];
  return isPlain && w(I.MatmulField.ldc) === columns
    ? { address: w(I.MatmulField.destination), rows, columns }
    : undefined;
}

/** The instructions of a plan, with those in loops marked: what a turn finds there another may have left. */
export interface Read {
  readonly at: number;
  readonly operands: readonly Operand[];
  readonly linked: Linked | undefined;
  readonly isProduct: boolean;
  /** A norm, whose bits do not depend on the order of the eights that it reads. */
  readonly isNorm: boolean;
}

export interface PlanRead {
  readonly words: Int32Array;
  readonly read: readonly Read[];
}

export function readPlan(words: Int32Array, capacity: number): PlanRead {
  const found: Read[] = [];
  let loopEnd = 0;
  for (let at = 0; at < words.length; at += (words[at] as number) >>> 16) {
    const opcode = (words[at] as number) & 0x7fff;
    if (opcode === I.Opcode.repeat) {
      const behind = at + I.RepeatField.words + (words[at + I.RepeatField.bodyWords] as number);
      loopEnd = Math.max(loopEnd, behind);
      continue;
    }
    const start = at;
    const isInLoop = at < loopEnd;
    found.push({
      at,
      operands: operandsAt(words, at, capacity) ?? [],
      linked: isInLoop ? undefined : linked((field) => words[start + field] as number),
      isProduct: !isInLoop && opcode === I.Opcode.matmul,
      isNorm: !isInLoop && (opcode === I.Opcode.sumSquares || opcode === I.Opcode.l2Norm),
    });
  }
  return { words, read: found };
}
