/** @file Reading a checkpoint. */
import type { ReadSource } from '../io/place.ts';
import { Checkpoint } from './checkpoint.ts';
import type { LoadOptions } from './model-file.ts';

/**
 * Reads what `checkpoint.save` wrote.
 *
 * @throws SaddlepointError `file` for anything that is not a whole checkpoint.
 * @example const run = await fit(model, data, { ...options, resume: await loadCheckpoint('run.checkpoint') });
 */
export async function loadCheckpoint(source: ReadSource, options: LoadOptions = {}): Promise<Checkpoint> {
  const { readCheckpoint } = await import('./checkpoint-file.ts');
  return new Checkpoint(...(await readCheckpoint(source, options)));
}
