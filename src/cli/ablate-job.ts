/** @file A process of `ablateByJobs`: takes one job, answers with its runs and the part, and ends. */
import { SaddlepointError } from '../index.ts';
import { type Job, type JobMessage, STOP } from './ablate-jobs.ts';
import { ablateTable } from './ablate-table.ts';

const say = (message: JobMessage): void => void process.send?.(message);

// Ctrl+C reaches all processes of a terminal: whether they end is for the one that started them to say.
process.on('SIGINT', () => undefined);
const controller = new AbortController();
process.on('message', (message) => void (message === STOP && controller.abort()));
process.once('message', async ({ source, given, shard }: Job) => {
  try {
    const { ablation, ...ablated } = await ablateTable(source, given, shard, {
      signal: controller.signal,
      onRun: (run) => say({ kind: 'run', run }),
    });
    const { mode, measure, arms, seeds, runs } = ablation;
    say({ kind: 'done', ablated, ablation: { mode, measure, arms, seeds, runs } });
  } catch (error) {
    const known = error instanceof SaddlepointError;
    say({
      kind: 'failed',
      code: known ? error.code : undefined,
      message: known ? error.message : String((error as Error).stack ?? error),
    });
  }
  process.disconnect();
});
