/** @file Layers made of other layers side by side: both directions of a sequence, branches, residual connections. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { add, mul } from '../ops/elementwise.ts';
import { constant } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { type MergeLayer, mergeConcat } from './merge.ts';
import { checkLayer, checkLayers, isLayer, type NamedOption, optionsToJson } from './options.ts';
import type { RecurrentLayer } from './recurrent.ts';

export interface MergeOption extends NamedOption {
  /** How the results become one; default `mergeConcat()`, side by side. */
  readonly merge?: MergeLayer;
}

/**
 * A recurrent layer in both directions (Schuster & Paliwal 1997). Parameters: those of the layer, under `forward` and `backward`.
 * Padding may stand at either end: with a mask, both directions carry the state over it.
 *
 * Input [n, steps, features] gives [n, 2 · units], or with the layer's `returnSequences` [n, steps, 2 · units].
 *
 * @param part made by `simpleRnn`, `gru` or `lstm`; not stateful, since no batch begins where the reversed one ended.
 * @throws SaddlepointError `option` for another layer.
 * @example sequential([embedding(1000, 32, { maskId: 0 }), bidirectional(lstm(32)), dense(2)])
 */
export function bidirectional(part: RecurrentLayer, options: MergeOption = {}): Layer {
  checkKnownOptions('bidirectional', options, ['merge', 'name']);
  if (typeof part?.reversed !== 'function' || part.options.stateful !== undefined) {
    const given = isLayer(part) ? `${part.type}(…)` : show(part);
    const help = 'both directions of lstm(…), gru(…) or simpleRnn(…), without stateful';
    throw new SaddlepointError('option', `bidirectional.layer: expected a recurrent layer, got ${given}`, help);
  }
  const { merge = mergeConcat() } = options;
  checkLayer('bidirectional.merge', merge);
  const forward = { ...part, name: 'forward' };
  const backward = { ...part.reversed(), name: 'backward' };
  const merged = { ...merge, name: 'merge' };
  return layer(
    'bidirectional',
    optionsToJson({ layer: part, ...options }),
    (x, context) => context.child(merged, 2, [context.child(forward, 0, x), context.child(backward, 1, x)]),
    options.name,
  );
}

/**
 * Several layers on the same input, their results made one: paths are the layers' names, or else their indices.
 *
 * @param layers at least one.
 * @param options merge: default `mergeConcat()`.
 * @throws SaddlepointError `option` for an empty list, or something that is no layer.
 * @example parallel([conv1d(16, 3, { padding: 'same' }), conv1d(16, 5, { padding: 'same' })])
 */
export function parallel(layers: readonly Layer[], options: MergeOption = {}): Layer {
  checkKnownOptions('parallel', options, ['merge', 'name']);
  checkLayers('parallel.layers', layers);
  const { merge = mergeConcat() } = options;
  checkLayer('parallel.merge', merge);
  const parts = [...layers];
  const merged = { ...merge, name: 'merge' };
  return layer(
    'parallel',
    optionsToJson({ layers: parts, ...options }),
    (x, context) =>
      context.child(
        merged,
        parts.length,
        parts.map((part, i) => context.child(part, i, x)),
      ),
    options.name,
  );
}

export interface ResidualOptions extends NamedOption {
  /** What stands in for x in the sum where the shapes differ, such as `dense(64)`; its path is `shortcut`. Default: x itself. */
  readonly shortcut?: Layer;
  /**
   * Multiplies what the layers give by a trained number, `scale` [1], that starts here: 0 is ReZero (Bachlechner et al. 2020) and
   * SkipInit (De & Smith 2020), so that a deep net begins as the identity; 1 goes with `fixup()`. Default: none.
   */
  readonly scale?: number;
}

/**
 * y = x + layers(x) (He et al. 2016, eq. 1): the layers, one after the other, learn what is to be changed, and gradients have a
 * straight way. Paths are the layers' names, or else their indices.
 *
 * @param layers at least one; what they give has the shape of x, or of the shortcut's result.
 * @throws SaddlepointError `shape` with the layer's path where the two differ.
 * @example residual([dense(64, { activation: 'relu' }), dense(64)])
 */
export function residual(layers: readonly Layer[], options: ResidualOptions = {}): Layer {
  checkKnownOptions('residual', options, ['shortcut', 'scale', 'name']);
  checkLayers('residual.layers', layers);
  const { shortcut, scale } = options;
  if (scale !== undefined) checkNumber('residual.scale', scale, {});
  if (shortcut !== undefined) checkLayer('residual.shortcut', shortcut);
  const parts = [...layers];
  const direct = shortcut === undefined ? undefined : { ...shortcut, name: 'shortcut' };
  return layer(
    'residual',
    optionsToJson({ layers: parts, ...options }),
    (x, context) => {
      const made = parts.reduce((value, part, i) => context.child(part, i, value), x);
      const change = scale === undefined ? made : mul(made, context.parameter('scale', [1], constant(scale)));
      const kept = direct === undefined ? x : context.child(direct, parts.length, x);
      if (sameShape(kept.shape, change.shape)) return add(kept, change);
      const message = `residual: the layers give ${showShape(change.shape)}, x${direct ? "'s shortcut" : ''} is ${showShape(kept.shape)}`;
      throw layerError(
        'shape',
        context,
        message,
        'give { shortcut: dense(…) } or another layer that leads to that shape',
      );
    },
    options.name,
  );
}
