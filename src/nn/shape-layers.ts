/** @file Layers without parameters that change shapes: rows of another shape, larger images. */
import { SaddlepointError, show } from '../core/errors.ts';
import { reshape } from '../ops/movement.ts';
import { upsample2d } from '../ops/resize.ts';
import { type Pair, pairOf } from '../ops/window.ts';
import { type Layer, layer } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

/**
 * Rows of another shape, row-major: [n, …] → [n, ...shape]. (The function of tensors is `reshape`.)
 *
 * @param shape of one row; one dimension may be −1 and is inferred.
 * @throws SaddlepointError `shape` with the layer's path where the elements do not fit.
 * @example sequential([dense(7 * 7 * 8), reshapeTo([7, 7, 8]), conv2dTranspose(1, 4, { strides: 2, padding: 'same' })])
 */
export function reshapeTo(shape: readonly number[], options: NamedOption = {}): Layer {
  checkOptions('reshapeTo', options, [], []);
  const isLegal =
    Array.isArray(shape) &&
    shape.every((size) => Number.isInteger(size) && (size >= 1 || size === -1)) &&
    shape.filter((size) => size === -1).length <= 1;
  if (!isLegal) {
    const message = `reshapeTo.shape: expected whole numbers ≥ 1, one of which may be −1, got ${show(shape)}`;
    throw new SaddlepointError('option', message, 'the shape of one row, without the batch');
  }
  return layer(
    'reshapeTo',
    { shape: [...shape] },
    (x, context) => inLayer(context, () => reshape(x, [x.shape[0] as number, ...shape])),
    options.name,
  );
}

/**
 * Images enlarged by a whole factor: [n, height, width, channels] → [n, height · factor, width · factor, channels]. (The function
 * of tensors is `upsample2d`.)
 *
 * @param factor a whole number ≥ 1, or [vertical, horizontal]; default 2.
 * @param options method: 'nearest' (default: followed by a convolution it leaves no checkerboard, Odena et al. 2016) or 'bilinear'.
 * @example sequential([upsampling2d(2), conv2d(8, 3, { padding: 'same' })])
 */
export function upsampling2d(
  factor: number | Pair = 2,
  options: NamedOption & { readonly method?: 'nearest' | 'bilinear' } = {},
): Layer {
  checkOptions('upsampling2d', options, ['method'], []);
  const pair = pairOf('upsampling2d.factor', factor, 1);
  const { method = 'nearest' } = options;
  if (method !== 'nearest' && method !== 'bilinear')
    throw new SaddlepointError(
      'option',
      `upsampling2d.method: unknown value ${show(method)}`,
      'legal: nearest, bilinear',
    );
  return layer(
    'upsampling2d',
    optionsToJson({ ...options, factor }),
    (x, context) => inLayer(context, () => upsample2d(x, pair, { method })),
    options.name,
  );
}
