/** @file Delivers what a step has tapped. */
import type { Session } from '../backends/backend.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';
import { printTap, type TapListener } from '../graph/tap.ts';
import { hostTensor } from '../graph/tensor.ts';

/**
 * What delivers the taps of a program after a call of one step.
 * @throws SaddlepointError `option` if the listener is no function.
 */
export function tapsOf(
  session: Session,
  programs: readonly Program[],
  listener: TapListener = printTap,
): (program: string, step: number) => Promise<void> {
  if (typeof listener !== 'function')
    throw new SaddlepointError('option', `onTap: expected a function, got ${show(listener)}`);
  const byName = new Map(programs.map((program) => [program.name, program.taps]));
  return async (program, step) => {
    for (const [i, { name, ...spec }] of (byName.get(program) ?? []).entries())
      listener(name, hostTensor(spec, await session.readRows(program, `tap ${i}`, 1)), step);
  };
}
