/** @file Which leaves of a model stay as they are. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { type Layer, pathIn } from '../nn/layer.ts';
import type { ModelState } from './state.ts';

/**
 * The frozen leaves' paths.
 *
 * @param freeze a function of a leaf's path, or paths of layers or leaves: '0' is all of layer 0.
 * @throws SaddlepointError `option` where it names nothing, or leaves nothing to train.
 */
export function frozenPaths(
  { parameters }: Pick<ModelState, 'parameters'>,
  freeze: ((path: string) => boolean) | readonly string[],
): ReadonlySet<string> {
  const paths = [...parameters.keys()];
  if (typeof freeze !== 'function' && !Array.isArray(freeze))
    throw new SaddlepointError(
      'option',
      `fit: freeze: expected a function of a path or a list of paths, got ${show(freeze)}`,
    );
  const covers = (prefix: string, path: string): boolean => path === prefix || path.startsWith(`${prefix}/`);
  if (typeof freeze !== 'function')
    for (const prefix of freeze)
      if (!paths.some((path) => covers(prefix, path)))
        throw new SaddlepointError('option', `fit: freeze: no leaf at or below '${prefix}'`, suggest(prefix, paths));
  const frozen = new Set(
    paths.filter((path) =>
      typeof freeze === 'function' ? freeze(path) : freeze.some((prefix: string) => covers(prefix, path)),
    ),
  );
  if ([...parameters].some(([path, { kind }]) => kind !== 'state' && !frozen.has(path))) return frozen;
  throw new SaddlepointError('option', 'fit: freeze: nothing is left to train', `the leaves are ${paths.join(', ')}`);
}

/**
 * The layer with parts that own frozen statistics in predict mode, also while training: batch normalization then goes on with
 * the statistics it has, as it will at prediction.
 */
export function withFrozenStatistics(
  layer: Layer,
  parameters: ModelState['parameters'],
  frozen: ReadonlySet<string>,
): Layer {
  const owners = new Set(
    [...parameters].flatMap(([path, { kind }]) =>
      kind === 'state' && frozen.has(path) ? [path.slice(0, Math.max(0, path.lastIndexOf('/')))] : [],
    ),
  );
  if (owners.size === 0) return layer;
  const wrapped = <In, Out>(part: Layer<In, Out>, path: string): Layer<In, Out> => {
    const isKept = owners.has(path);
    return {
      ...part,
      // What it does in training it does not do then.
      meetingRows: isKept ? undefined : part.meetingRows,
      call: (x, context) =>
        part.call(x, {
          ...context,
          mode: isKept ? 'predict' : context.mode,
          child: (inner, index, input) =>
            context.child(wrapped(inner, pathIn(context.path, inner.name ?? String(index))), index, input),
        }),
    };
  };
  return wrapped(layer, '');
}
