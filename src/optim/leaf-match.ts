/** @file Which leaves of a model something is for: by path and shape. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Shape } from '../core/shape.ts';

/**
 * Says which leaves are meant: a regular expression on the path (`0/kernel`, `encoder/1/bias`), or a function of path and
 * shape. An expression is saved with the options; of a function, its name is.
 */
export type LeafMatch = RegExp | ((path: string, shape: Shape) => boolean);

/** Weights proper: kernels, filters and tables, which have two axes or more; no biases, and no scales of normalizations. */
export const isMatrix: LeafMatch = function isMatrix(_path: string, shape: Shape): boolean {
  return shape.length > 1;
};

/** Whether the leaf is meant. */
export function matches(match: LeafMatch, path: string, shape: Shape): boolean {
  if (typeof match === 'function') return match(path, shape);
  // A global or sticky expression would remember where it stopped.
  return new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(path);
}

/** @throws SaddlepointError `option` for anything but a function or an expression. */
export function checkMatch(option: string, given: unknown): LeafMatch {
  if (typeof given === 'function' || given instanceof RegExp) return given as LeafMatch;
  throw new SaddlepointError(
    'option',
    `${option}: expected a regular expression or a function of path and shape, got ${show(given)}`,
    "for example /bias$/, or path => path.startsWith('0/')",
  );
}

/** As options are saved. */
export const matchJson = (match: LeafMatch): Json =>
  typeof match === 'function' ? { function: match.name } : { pattern: match.source, flags: match.flags };
