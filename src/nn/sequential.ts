/** @file Layers one after the other. */
import { checkKnownOptions, SaddlepointError, show } from '../core/errors.ts';
import { type Layer, layer, layerToJson } from './layer.ts';

/** A model of layers one after the other; `layers` are its parts. */
export interface Sequential extends Layer {
  readonly type: 'sequential';
  readonly layers: readonly Layer[];
}

/**
 * Layers one after the other: each is called with the result of the one before it. A layer's path is its name, or else its
 * index; so appending a layer, or adding a named one, changes no other layer's first weights.
 *
 * @param layers at least one.
 * @throws SaddlepointError `option` for an empty list, or something that is no layer.
 * @example sequential([dense(64, { activation: 'relu' }), dropout(0.2), dense(10, { name: 'head' })])
 */
export function sequential(layers: readonly Layer[], options: { readonly name?: string } = {}): Sequential {
  checkKnownOptions('sequential', options, ['name']);
  if (layers.length === 0)
    throw new SaddlepointError('option', 'sequential: expected at least one layer, got an empty list');
  layers.forEach((part, i) => {
    if (typeof part?.call !== 'function' || typeof part.type !== 'string') {
      throw new SaddlepointError(
        'option',
        `sequential: element ${i} is no layer: ${show(part)}`,
        'call the factory: dense(10), not dense',
      );
    }
  });
  const parts = [...layers];
  const made = layer(
    'sequential',
    { layers: parts.map(layerToJson) },
    (x, context) => parts.reduce((value, part, index) => context.child(part, index, value), x),
    options.name,
  );
  return { ...made, type: 'sequential', layers: parts };
}
