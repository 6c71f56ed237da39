/** @file The error for a plan file, or kept state, that cannot be what it says. */
import { SaddlepointError } from '../core/errors.ts';

export const damaged = (what: string, help = 'send or export it again'): SaddlepointError =>
  new SaddlepointError('file', `load: ${what}`, help);
