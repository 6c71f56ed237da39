/** @file Finds the first value of a step that is not finite, by running its plan one instruction at a time. */
import { Constant, Opcode, RepeatField } from '../../plan/opcodes.ts';
import { operandsAt } from '../../plan/operands.ts';
import type { BadValue } from '../backend.ts';
import type { ProgramLayout } from './layout.ts';
import { type MachineExports, MEMORY_BASE } from './machine.ts';
import type { Storage } from './placement.ts';

interface Run {
  /** The search ends before the first instruction that would write one of them. */
  readonly blocks: readonly Storage[];
  readonly row: number;
  readonly memory: WebAssembly.Memory;
  readonly execute: MachineExports['execute'];
}

/** What one instruction led to: go on, or stop with what was found. */
type Outcome = { readonly found: BadValue | undefined } | undefined;

export function firstBadValue({ plan, code }: ProgramLayout, run: Run): BadValue | undefined {
  const { words, origins } = plan;
  const { blocks, row, memory, execute } = run;
  const isInBlock = (at: number): boolean => blocks.some(({ address, bytes }) => at >= address && at < address + bytes);

  /** Instructions `from` … `to` − 1 of `origins`; a loop's body is searched turn by turn. */
  function search(from: number, to: number): Outcome {
    for (let i = from; i < to; i++) {
      const at = origins[i]?.at as number;
      if (((words[at] as number) & 0xffff) !== Opcode.repeat) {
        const outcome = one(i);
        if (outcome !== undefined) return outcome;
        continue;
      }
      const behind = at + RepeatField.words + (words[at + RepeatField.bodyWords] as number);
      const found = origins.findIndex((origin) => origin.at >= behind);
      const end = found < 0 ? origins.length : found;
      for (let turn = 0; turn < (words[at + RepeatField.count] as number); turn++) {
        // The machine's own counters are set as its loop would.
        new Int32Array(memory.buffer, Constant.loopCounters, Constant.maxLoops)[
          words[at + RepeatField.level] as number
        ] = turn;
        const outcome = search(i + 1, end);
        if (outcome !== undefined) return outcome;
      }
      i = end - 1;
    }
    return undefined;
  }

  function one(i: number): Outcome {
    const { at, op, path } = origins[i] as (typeof origins)[number];
    const end = origins[i + 1]?.at ?? words.length;
    const written = (operandsAt(words, at) ?? []).filter(({ writes }) => writes);
    if (written.some(({ address }) => isInBlock(address))) return { found: undefined };
    const done = execute(MEMORY_BASE + code + at * 4, end - at, MEMORY_BASE, row, row + 1);
    if (done !== row + 1) return { found: undefined };
    for (const { float, address, bytes } of written) {
      if (!float) continue;
      const value = new Float32Array(memory.buffer, MEMORY_BASE + address, bytes / 4).find((x) => !Number.isFinite(x));
      if (value !== undefined) return { found: { op, path, value } };
    }
    return undefined;
  }

  return search(0, origins.length)?.found;
}
