/**
 * @file What a plan's words would do, without running them: whether every instruction is whole and legal and keeps to its
 * regions, and how much work they are. The one check of plans, here and where a plan comes as a file.
 */
import { operationsAt } from './costs.ts';
import { isExtended } from './extended.ts';
import type { Region } from './format.ts';
import type { Form, OperandRule } from './instruction.ts';
import { formFault } from './legal-core.ts';
import * as I from './opcodes.ts';

/** What words amount to. */
export interface Inspection {
  /** The first instruction with a fault, and what is wrong with it. */
  readonly fault?: { readonly instruction: number; readonly at: number; readonly what: string };
  /** Of one step: operations of products, and the elements that everything reads and writes, as often as loops repeat it. */
  readonly work: number;
  /** Whether the core build lacks an instruction. */
  readonly isExtended: boolean;
}

/** What is known of instructions: of all of them, or of those of the core build. */
export interface InstructionRules {
  readonly forms: Readonly<Partial<Record<I.Opcode, Form>>>;
  readonly operands: Readonly<Partial<Record<I.Opcode, OperandRule>>>;
}

/** Loops open at some place: bodies nest, so the last is the innermost. */
interface Loop {
  readonly end: number;
  readonly level: number;
  readonly turns: number;
}

type Word = (field: number) => number;

/** The region in which a range lies whole. */
export function regionOf(regions: readonly Region[], address: number, bytes: number): Region | undefined {
  return regions.find((region) => address >= region.address && address + bytes <= region.address + region.bytes);
}

/** What is done more often than once for each element read and written, and is no product. */
function repeatedWork(opcode: number, w: Word): number {
  if (opcode >= I.Opcode.maxPool && opcode <= I.Opcode.averagePoolGradient)
    return (
      w(I.PoolField.n) *
      w(I.PoolField.c) *
      w(I.PoolField.oh) *
      w(I.PoolField.ow) *
      w(I.PoolField.kh) *
      w(I.PoolField.kw)
    );
  return opcode === I.Opcode.topK ? w(I.TopKField.rows) * w(I.TopKField.columns) * w(I.TopKField.k) : 0;
}

/** What a loop does wrong, or what loads and stores by its counter do. */
function loopFault(word: Word, at: number, open: readonly Loop[], end: number): string | undefined {
  const opcode = word(0) & 0xffff;
  const level = word(I.RepeatField.level);
  if (opcode === I.Opcode.repeat) {
    if (at + I.RepeatField.words + word(I.RepeatField.bodyWords) > end) return 'a body that ends outside';
    return open.some((loop) => loop.level === level) ? `level ${level} within itself` : undefined;
  }
  if (opcode !== I.Opcode.loopLoad && opcode !== I.Opcode.loopStore) return undefined;
  const [of, count] =
    opcode === I.Opcode.loopLoad
      ? [word(I.LoopLoadField.level), word(I.LoopLoadField.count)]
      : [word(I.LoopStoreField.level), word(I.LoopStoreField.count)];
  const loop = open.find((each) => each.level === of);
  return loop !== undefined && loop.turns <= count ? undefined : `${count} rows for a loop of ${loop?.turns ?? 'none'}`;
}

/**
 * @param regions all that the words may touch.
 * @param capacity how many rows the step tables have.
 */
export function inspectWords(
  { forms, operands }: InstructionRules,
  words: Int32Array,
  regions: readonly Region[],
  capacity = 1,
): Inspection {
  let [instruction, work, extended] = [0, 0, false];
  const open: Loop[] = [];
  const found = (at: number, what: string): Inspection => ({
    ...{ work, isExtended: extended },
    fault: { instruction, at, what },
  });
  for (let at = 0; at < words.length; instruction++) {
    while ((open.at(-1)?.end ?? at + 1) <= at) if ((open.pop()?.end ?? at) < at) return found(at, ' begins in a loop');
    const word: Word = (field) => words[at + field] as number;
    const opcode = word(0) & 0xffff;
    extended ||= isExtended(words, at);
    const fault = formFault(forms, words, at);
    if (fault !== undefined) return found(at, ` ${fault}`);
    const end = open.at(-1)?.end ?? words.length;
    const loop = loopFault(word, at, open, end);
    if (loop !== undefined) return found(at, ` has ${loop}`);
    let own = operationsAt(words, at) + repeatedWork(opcode, word);
    for (const { name, address, bytes, writes } of operands[opcode as I.Opcode]?.(word, capacity) ?? []) {
      const region = regionOf(regions, address, bytes);
      if (region === undefined) return found(at, `: ${name} at ${address} + ${bytes} bytes lies in no region`);
      if (writes && region.isConstant) return found(at, `: ${name} overwrites ${region.name}`);
      own += bytes / 4;
    }
    work += open.reduce((times, { turns }) => times * turns, own);
    const next = at + (word(0) >>> 16);
    if (opcode === I.Opcode.repeat)
      open.push({
        ...{ end: next + word(I.RepeatField.bodyWords), level: word(I.RepeatField.level) },
        turns: word(I.RepeatField.count),
      });
    at = next;
  }
  return { work, isExtended: extended };
}
