/** @file Finds the first value of a step that is not finite, by running its plan one instruction at a time. */
import { operandsAt } from '../../plan/operands.ts';
import type { BadValue } from '../backend.ts';
import type { BlockImage, ProgramImage } from './image.ts';
import { type Machine, MEMORY_BASE } from './machine.ts';
import { stepwise } from './stepwise.ts';

/** The search ends before the first instruction that would write one of the blocks. */
export function firstBadValue(
  program: ProgramImage,
  blocks: readonly BlockImage[],
  { exports, memory }: Machine,
  row: number,
): BadValue | undefined {
  const { words, origins } = program.plan;
  const isInBlock = (at: number): boolean => blocks.some(({ address, bytes }) => at >= address && at < address + bytes);
  let found: BadValue | undefined;
  stepwise(program, { execute: exports.execute, memory }, row, (i, run) => {
    const { at, op, path } = origins[i] as (typeof origins)[number];
    const written = (operandsAt(words, at) ?? []).filter(({ writes }) => writes);
    if (written.some(({ address }) => isInBlock(address)) || !run()) return false;
    for (const { float, address, bytes } of written) {
      if (!float) continue;
      const value = new Float32Array(memory.buffer, MEMORY_BASE + address, bytes / 4).find((x) => !Number.isFinite(x));
      if (value !== undefined) {
        found = { op, path, value };
        return false;
      }
    }
    return true;
  });
  return found;
}
