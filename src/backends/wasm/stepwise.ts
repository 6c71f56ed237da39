/** @file Runs a plan one instruction at a time, loops turn by turn: for finding the first bad value, and for profiles. */
import { Constant, Opcode, RepeatField } from '../../plan/opcodes.ts';
import type { ProgramImage } from './image.ts';
import { type MachineExports, MEMORY_BASE } from './machine.ts';

/**
 * @param visit gets the index of each instruction in the plan's origins and a function that runs it, which says whether it ran
 *   to its end; `false` ends the walk.
 */
export function stepwise(
  { plan, code }: ProgramImage,
  { execute, memory }: { readonly execute: MachineExports['execute']; readonly memory: WebAssembly.Memory },
  row: number,
  visit: (index: number, run: () => boolean) => boolean,
): void {
  const { words, origins } = plan;
  const word = (at: number): number => words[at] as number;
  const startOf = (i: number): number => origins[i]?.at ?? words.length;

  function walk(from: number, to: number): boolean {
    for (let i = from; i < to; i++) {
      const at = startOf(i);
      if ((word(at) & 0xffff) === Opcode.repeat) {
        const behind = at + RepeatField.words + word(at + RepeatField.bodyWords);
        let end = i + 1;
        while (startOf(end) < behind) end++;
        for (let turn = 0; turn < word(at + RepeatField.count); turn++) {
          // The machine's own counters are set as its loop would.
          const counters = new Int32Array(memory.buffer, Constant.loopCounters, Constant.maxLoops);
          counters[word(at + RepeatField.level)] = turn;
          if (!walk(i + 1, end)) return false;
        }
        i = end - 1;
        continue;
      }
      const length = startOf(i + 1) - at;
      const run = (): boolean => execute(MEMORY_BASE + code + at * 4, length, MEMORY_BASE, row, row + 1) === row + 1;
      if (!visit(i, run)) return false;
    }
    return true;
  }

  walk(0, origins.length);
}
