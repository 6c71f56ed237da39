/**
 * @file Several processes of this machine that share an ablation: each makes a part, as machines would by `--shard`. A part is one
 * process' work from beginning to end, so that there is no queue to keep.
 */
import { fork } from 'node:child_process';
import { Ablation, type AblationData, type ArmRun, type ErrorCode, SaddlepointError } from '../index.ts';
import type { AblatedTable } from './ablate-table.ts';
import type { Given } from './spec.ts';

/** What a process is to do. */
export interface Job {
  readonly source: string;
  readonly given: Given;
  readonly shard: readonly [part: number, of: number];
}

/** The word for a process to make no further run, and to give what it has. */
export const STOP = 'stop';

/** What it says. */
export type JobMessage =
  | { readonly kind: 'run'; readonly run: ArmRun }
  | { readonly kind: 'done'; readonly ablated: Omit<AblatedTable, 'ablation'>; readonly ablation: AblationData }
  | { readonly kind: 'failed'; readonly code: ErrorCode | undefined; readonly message: string };

/**
 * @param jobs how many processes, ≥ 1.
 * @param signal ends them all after the runs that they have made; of the whole, the seeds that are complete stay.
 * @throws SaddlepointError what the first of them threw that failed.
 */
export async function ablateByJobs(
  { source, given, shard: [part, of] }: Job,
  jobs: number,
  { signal, onRun }: { readonly signal?: AbortSignal; readonly onRun?: (run: ArmRun) => void },
): Promise<AblatedTable> {
  const controller = new AbortController();
  try {
    const parts = await Promise.all(
      // The part of a part: i % of = part where i % (of · jobs) = part + of · job.
      Array.from({ length: jobs }, (_, job) =>
        oneJob({ source, given, shard: [part + of * job, of * jobs] }, { signal, onRun, failed: controller.signal }),
      ),
    );
    const [first] = parts as [(typeof parts)[number]];
    const whole = Ablation.merge(parts.map(({ ablation }) => ablation));
    return { ...first.ablated, ablation: signal?.aborted && of === 1 ? whole.ofCompleteSeeds() : whole };
  } finally {
    // Where one failed, the others would work for nothing.
    controller.abort();
  }
}

interface Watch {
  readonly signal: AbortSignal | undefined;
  /** That another has failed. */
  readonly failed: AbortSignal;
  readonly onRun: ((run: ArmRun) => void) | undefined;
}

function oneJob(job: Job, { signal, failed, onRun }: Watch) {
  type Done = Extract<JobMessage, { kind: 'done' }>;
  return new Promise<Done>((resolve, reject) => {
    const child = fork(
      new URL(import.meta.url.endsWith('.ts') ? './ablate-job.ts' : './ablate-job.js', import.meta.url),
    );
    signal?.addEventListener('abort', () => void child.send(STOP), { once: true, signal: failed });
    failed.addEventListener('abort', () => void child.kill(), { once: true });
    child.on('message', (message: JobMessage) => {
      if (message.kind === 'run') onRun?.(message.run);
      else if (message.kind === 'done') resolve(message);
      else if (message.code === undefined) reject(new Error(message.message));
      else reject(new SaddlepointError(message.code, message.message));
    });
    child.on('error', reject);
    child.on('exit', (code, killed) => {
      // Rejecting what is settled does nothing.
      reject(
        new SaddlepointError(
          'memory',
          `ablate: a process ended by ${killed ?? `exit code ${code}`} before it was done`,
          'it may have run out of memory: fewer --jobs',
        ),
      );
    });
    child.send(job);
  });
}
