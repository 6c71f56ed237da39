/** @file The error for a run that stopped: the same words whichever backend ran it. */
import type { Stop } from '../backends/backend.ts';
import { SaddlepointError } from '../core/errors.ts';
import { indexError } from '../ops/indexing.ts';

/** What to throw for a stop. Code `data` for an index out of range, `divergence` for a value that is not finite. */
export function stopError({ reason, op, path, position, value, rows }: Stop): SaddlepointError {
  if (reason === 'indexOutOfRange') return indexError(op, position, value, rows, path);
  const where = path === '' ? '' : ` (in layer '${path}')`;
  return new SaddlepointError('divergence', `${op}: a value is NaN or infinite${where}`);
}
