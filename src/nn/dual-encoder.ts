/** @file Two encoders into one space: what is trained on pairs, such as pictures and captions. */
import { checkKnownOptions, SaddlepointError, show } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { l2Normalize } from '../ops/normalize.ts';
import { zeros } from './initializers.ts';
import { type Layer, layer, layerError, type Tensors } from './layer.ts';
import { checkLayer, type NamedOption, optionsToJson } from './options.ts';

export interface DualEncoderOptions extends NamedOption {
  /** From pictures, or whatever stands on the one side, to vectors [n, size]; its path is `image`. */
  readonly image: Layer;
  /** From texts, as numbers of words or anything else, to vectors of the same size; its path is `text`. */
  readonly text: Layer;
  /** Whether vectors are scaled to length 1, so that products are cosines; default true. */
  readonly normalize?: boolean;
}

/**
 * A model of pairs: takes { image, text } and gives for each row both vectors side by side, and behind them what contrastive
 * losses learn besides: [n, 2 · size + 2]. Train it with `pairwiseRanking`, `infoNce` or `sigmoidContrastive` on
 * `multimodal.pairs(…)`, and take it apart by `multimodal.encoders(run)`.
 *
 * Parameters: those of the two under `image` and `text`; `logScale` and `bias` [1], first 0: how far log(1 / temperature) and the
 * bias are from where the loss starts them; they stay 0 where it has none.
 *
 * @throws SaddlepointError `option` for what is no layer; `shape`, when the model is built, where the two give other shapes.
 * @see Kiros, Salakhutdinov & Zemel 2014; Frome et al. 2013 (DeViSE); Radford et al. 2021 (CLIP), figure 3.
 * @example multimodal.dualEncoder({ image: sequential([dense(256, { activation: 'relu' }), dense(64)]), text: bagEmbedding(1000, 64) })
 */
export function dualEncoder(options: DualEncoderOptions): Layer<Tensors, Tensor> {
  checkKnownOptions('dualEncoder', options, ['image', 'text', 'normalize', 'name']);
  const { image, text, normalize = true, name } = options;
  checkLayer('dualEncoder.image', image);
  checkLayer('dualEncoder.text', text);
  if (typeof normalize !== 'boolean')
    throw new SaddlepointError('option', `dualEncoder.normalize: expected true or false, got ${show(normalize)}`);
  return layer<Tensors, Tensor>(
    'dualEncoder',
    optionsToJson({ image, text, normalize }),
    (given, context) => {
      const sides = (['image', 'text'] as const).map((side, i) => {
        const x = given[side];
        if (x === undefined)
          throw layerError('data', context, `dualEncoder: there is no input '${side}'`, 'give x: { image, text }');
        return context.child({ ...(side === 'image' ? image : text), name: side }, i, x);
      }) as [Tensor, Tensor];
      const [left, right] = sides;
      if (left.shape.length !== 2 || !sameShape(left.shape, right.shape))
        throw layerError(
          'shape',
          context,
          `dualEncoder: expected vectors [n, size] of one size, got ${showShape(left.shape)} of image and ${showShape(right.shape)} of text`,
          'end both with as many units',
        );
      const vectors = normalize ? sides.map((side) => l2Normalize(side)) : sides;
      const [n] = left.shape as [number];
      const shared = ['logScale', 'bias'].map((leaf) =>
        broadcastTo(reshape(context.parameter(leaf, [1], zeros()), [1, 1]), [n, 1]),
      );
      return concat([...vectors, ...shared], 1);
    },
    name,
  );
}
