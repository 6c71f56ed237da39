/** @file The exports of the builds whose memory is shared, and the two sides of a call: the thread that calls, and the others. */
import { TeamField } from '../src/plan/opcodes';
import { runRows, setTogether } from './plan';
import { awaitCall, callTeam, callWord, enlist, mine } from './threads';

export * from './extended';
export { barrier as y0, halt, setThread } from './threads';

/** This thread's part of the call. */
function take(): i32 {
  const code = <usize>callWord(TeamField.code) + mine(callWord(TeamField.codeBytes));
  return runRows(
    code, callWord(TeamField.words), <usize>callWord(TeamField.base), callWord(TeamField.firstRow), callWord(TeamField.lastRow),
  );
}

/** For the first thread: runs the rows that the team's block names, all threads together; returns as `execute` does. */
export function executeTogether(): i32 {
  setTogether(true);
  callTeam();
  const row = take();
  setTogether(false);
  return row;
}

/** For the others: takes part in every call, and returns after the last. */
export function serve(): void {
  setTogether(true);
  enlist();
  while (awaitCall()) take();
}
