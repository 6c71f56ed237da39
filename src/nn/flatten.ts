/** @file Images and sequences to rows. */
import { checkKnownOptions } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { reshape } from '../ops/movement.ts';
import { type Layer, layer } from './layer.ts';

/** [n, ...] to [n, features], row-major. */
export function flatten(options: { readonly name?: string } = {}): Layer {
  checkKnownOptions('flatten', options, ['name']);
  return layer('flatten', {}, (x) => reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]), options.name);
}
