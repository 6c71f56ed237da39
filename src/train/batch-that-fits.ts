/** @file What to do about a run that needs more memory than it may have: the batch size with which it would fit. */
import type { SessionOptions } from '../backends/backend.ts';
import { planSession } from '../backends/wasm/index.ts';
import { mebibytes, type OverLimit } from '../backends/wasm/over-limit.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';

/** What a session of a batch size would be opened with. */
type SessionOf = (batchSize: number) => readonly [programs: readonly Program[], options: SessionOptions];

const overLimitOf = (error: unknown): OverLimit | undefined =>
  error instanceof SaddlepointError && error.code === 'memory' ? (error.cause as OverLimit | undefined) : undefined;

/** Bytes that a session would need beyond its limit; undefined if it fits. */
async function tooMuch([programs, options]: ReturnType<SessionOf>): Promise<OverLimit | undefined> {
  try {
    await planSession(programs, options);
    return undefined;
  } catch (error) {
    const over = overLimitOf(error);
    if (over === undefined) throw error;
    return over;
  }
}

/**
 * The error of a session that did not fit, with the batch size that would: the largest found by halving, each planned like the
 * run itself. Errors of other kinds come back as they are.
 */
export async function refusal(error: unknown, batchSize: number, sessionOf: SessionOf): Promise<unknown> {
  if (overLimitOf(error) === undefined) return error;
  const [message = ''] = (error as Error).message.split('\n  help: ');
  const answer = (help: string) => new SaddlepointError('memory', message, help, { cause: (error as Error).cause });
  const atOne = batchSize === 1 ? overLimitOf(error) : await tooMuch(sessionOf(1));
  if (atOne !== undefined) {
    const least = `one row a step needs ${mebibytes(atOne.needed)}`;
    return answer(
      `no batchSize would fit (${least}): raise memoryLimit, or lower the number of rows or the model's width`,
    );
  }
  let [fits, overflows] = [1, batchSize];
  while (overflows - fits > 1) {
    const middle = Math.floor((fits + overflows) / 2);
    if ((await tooMuch(sessionOf(middle))) === undefined) fits = middle;
    else overflows = middle;
  }
  return answer(`batchSize ${fits} would fit; or raise memoryLimit`);
}
