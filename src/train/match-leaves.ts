/** @file The tensors of a file beside the leaves of the model that it describes: what fits, and what does not. */
import { nearest, SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import type { StoredTensor } from '../io/safetensors.ts';
import type { LeafKind } from '../nn/layer.ts';
import type { Parameter } from './state.ts';

/** Differences that an error lists at most. */
const LISTED = 12;

export interface MatchOptions {
  /**
   * False: what does not fit is left, and said in `notes` of the model; its leaves start as those of a new model. Default true:
   * refuse the file.
   */
  readonly strict?: boolean;
  /** True: refuse weights that are NaN or infinite. Default false, since looking at each takes time. */
  readonly finite?: boolean;
}

interface ExpectedLeaf {
  readonly path: string;
  readonly kind: LeafKind;
  readonly shape: Shape;
}

/**
 * The leaves that the file has, in the order of the model's, and all differences side by side.
 *
 * @throws SaddlepointError `file` for differences unless `strict` is false; for a weight that is not finite if that is asked for.
 */
export function matchLeaves(
  expected: readonly ExpectedLeaf[],
  tensors: ReadonlyMap<string, StoredTensor>,
  { strict = true, finite = false }: MatchOptions,
): { readonly parameters: Map<string, Parameter>; readonly differences: readonly string[] } {
  const known = new Set(expected.map(({ path }) => path));
  const unexpected = [...tensors.keys()].filter((path) => !known.has(path));
  const parameters = new Map<string, Parameter>();
  const differences: string[] = [];
  for (const { path, kind, shape } of expected) {
    const found = tensors.get(path);
    if (found === undefined) differences.push(`missing ${path} ${showShape(shape)}`);
    else if (!(found.data instanceof Float32Array) || found.shape.join() !== shape.join())
      differences.push(
        `${path}: expected f32${showShape(shape)}, the file has ${found.dtype}${showShape(found.shape)}`,
      );
    else parameters.set(path, { kind, shape, data: found.data });
  }
  differences.push(...unexpected.map((path) => `unexpected ${path}`));
  if (strict && differences.length > 0) throw misfit(differences, [...known], tensors, unexpected);
  if (finite) checkFinite(parameters);
  return { parameters, differences };
}

function misfit(
  differences: readonly string[],
  paths: readonly string[],
  tensors: ReadonlyMap<string, unknown>,
  unexpected: readonly string[],
): SaddlepointError {
  const more = differences.length > LISTED ? `; and ${differences.length - LISTED} more` : '';
  const pairs = paths
    .filter((path) => !tensors.has(path))
    .slice(0, LISTED)
    .flatMap((path) => {
      const near = nearest(path, unexpected.slice(0, LISTED * LISTED));
      return near === undefined ? [] : [`${path} may be '${near}'`];
    });
  return new SaddlepointError(
    'file',
    `the tensors do not fit the model: ${differences.slice(0, LISTED).join('; ')}${more}`,
    [...pairs, 'strict: false loads the rest'].join('; '),
  );
}

function checkFinite(parameters: ReadonlyMap<string, Parameter>): void {
  for (const [path, { data }] of parameters) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new SaddlepointError(
        'file',
        `${path}: weight ${at} (counted from 0) is ${data[at]}, a finite number expected`,
        'the model diverged before it was saved; load it without finite: true to look at it',
      );
  }
}
