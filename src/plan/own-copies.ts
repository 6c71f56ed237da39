/**
 * @file Rows by number that each thread of a team gathers for itself. Where all threads read all of them, as products by columns
 * do with the rows of a minibatch, half would come from the other core, line by line: converting them once more is many times as fast.
 */
import { instructionsOf, lengthAt, type Operand, opcodeAt, overlap } from './instruction.ts';
import * as I from './opcodes.ts';
import { operandsAt } from './operands.ts';

/** A gather whose destination each thread has in memory of its own. */
export interface OwnCopy {
  /** The word index of the gather. */
  readonly at: number;
  readonly bytes: number;
  /** Word indices of the address in what reads it. */
  readonly readers: readonly number[];
}

/** What may read a copy, and by operand which word has the address. */
const READERS: Readonly<Partial<Record<number, Readonly<Record<string, number>>>>> = {
  [I.Opcode.matmul]: { lhs: I.MatmulField.lhs, rhs: I.MatmulField.rhs },
  [I.Opcode.panelMatmul]: { lhs: I.MatmulField.lhs, rhs: I.MatmulField.rhs },
};

/** Where the destination is read until other values take its place; undefined if not whole, by products of all threads. */
function readersOf(
  destination: Operand,
  words: Int32Array,
  after: readonly number[],
  own: readonly Int32Array[],
): readonly number[] | undefined {
  const found: number[] = [];
  let isReadByAll = false;
  for (const at of after) {
    const touching = (operandsAt(words, at) ?? []).filter((operand) => overlap(operand, destination));
    if (touching.length > 0 && touching.every(({ writes }) => writes)) break;
    for (const { name, writes } of touching) {
      const field = READERS[opcodeAt(words, at)]?.[name];
      const active = own.filter((mine) => opcodeAt(mine, at) !== 0);
      const isWhole = active.every((mine) => {
        const read = operandsAt(mine, at)?.find((operand) => operand.name === name);
        return read?.address === destination.address && read.bytes === destination.bytes;
      });
      if (writes || field === undefined || !isWhole) return undefined;
      found.push(at + field);
      isReadByAll ||= active.length === own.length;
    }
  }
  return isReadByAll ? found : undefined;
}

/** The gathers that threads make each for itself. @param own the words of each thread, cut @param capacity rows of the step tables */
export function ownCopies(words: Int32Array, own: readonly Int32Array[], capacity: number): readonly OwnCopy[] {
  const starts = [...instructionsOf(words)];
  // What is read in a loop may be written in it, further on.
  if (starts.some((at) => opcodeAt(words, at) === I.Opcode.repeat)) return [];
  const all = starts.flatMap((at) => operandsAt(words, at, capacity) ?? []);
  return starts.flatMap((at, i) => {
    if (opcodeAt(words, at) !== I.Opcode.gather) return [];
    const [destination, source] = operandsAt(words, at) as [Operand, Operand];
    // Rows that the step changes come from the core that has changed them.
    if (all.some((operand) => operand.writes && overlap(operand, source))) return [];
    const readers = readersOf(destination, words, starts.slice(i + 1), own);
    return readers === undefined ? [] : [{ at, bytes: destination.bytes, readers }];
  });
}

/** Lets a thread gather all rows. @param words the whole plan's @param to a place of its own; undefined: where the plan has it */
export function keepCopy(own: Int32Array, words: Int32Array, { at, readers }: OwnCopy, to: number | undefined): void {
  own.set(words.subarray(at, at + lengthAt(words, at)), at);
  if (to === undefined) return;
  for (const place of [at + I.GatherField.destination, ...readers]) own[place] = to;
}
