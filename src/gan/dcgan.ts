/** @file The blocks of convolutional generators and critics, by the guidelines of DCGAN. */
import { checkName, checkNumber } from '../core/errors.ts';
import { activation } from '../nn/activations.ts';
import { batchNorm } from '../nn/batch-norm.ts';
import { conv2d } from '../nn/conv.ts';
import { conv2dTranspose } from '../nn/conv-transpose.ts';
import { randomNormal } from '../nn/initializers.ts';
import { leakyRelu } from '../nn/leaky-relu.ts';
import { checkOptions, type NamedOption } from '../nn/options.ts';
import { type Sequential, sequential } from '../nn/sequential.ts';
import { upsampling2d } from '../nn/shape-layers.ts';

/** All weights of the paper start so: mean 0, deviation 0.02. */
const start = () => randomNormal(0.02);

export interface GeneratorBlockOptions extends NamedOption {
  /**
   * How images grow: 'transposed' (default) convolution of 4 × 4 at stride 2, or 'resize', which repeats pixels and convolves 3 × 3:
   * no checkerboard (Odena et al. 2016).
   */
  readonly by?: 'transposed' | 'resize';
  /** Whether batch normalization stands before the rectifier; default true. */
  readonly norm?: boolean;
}

/**
 * A block of a generator: twice the height and width, then batch normalization and a rectifier (Radford et al. 2015, section 3).
 *
 * Input [n, height, width, channels] gives [n, 2 · height, 2 · width, filters].
 *
 * @param filters ≥ 1.
 * @throws SaddlepointError `option` for filters out of range, and another word in `by`.
 * @example sequential([dense(7 * 7 * 32), batchNorm(), activation('relu'), reshapeTo([7, 7, 32]), generatorBlock(16), conv2dTranspose(1, 4, { strides: 2, padding: 'same', activation: 'sigmoid' })])
 */
export function generatorBlock(filters: number, options: GeneratorBlockOptions = {}): Sequential {
  checkOptions('generatorBlock', options, ['by'], ['norm']);
  checkNumber('generatorBlock.filters', filters, { min: 1, integer: true });
  const { by = 'transposed', norm = true, name } = options;
  checkName('generatorBlock.by', by, ['transposed', 'resize']);
  const weights = { padding: 'same', bias: !norm, kernelInitializer: start() } as const;
  const grown =
    by === 'resize'
      ? [upsampling2d(2), conv2d(filters, 3, weights)]
      : [conv2dTranspose(filters, 4, { ...weights, strides: 2 })];
  return sequential([...grown, ...(norm ? [batchNorm()] : []), activation('relu')], name === undefined ? {} : { name });
}

/**
 * A block of a critic: half the height and width by a convolution of 4 × 4 at stride 2, then batch normalization where it is asked
 * for, and a leaky rectifier of slope 0.2 (Radford et al. 2015, section 3).
 *
 * Input [n, height, width, channels] gives [n, ⌈height / 2⌉, ⌈width / 2⌉, filters].
 *
 * @param filters ≥ 1.
 * @param options norm: default false: penalties of single rows forbid it, and the paper leaves it out of the first block.
 */
export function criticBlock(filters: number, options: NamedOption & { readonly norm?: boolean } = {}): Sequential {
  checkOptions('criticBlock', options, [], ['norm']);
  checkNumber('criticBlock.filters', filters, { min: 1, integer: true });
  const { norm = false, name } = options;
  return sequential(
    [
      conv2d(filters, 4, { strides: 2, padding: 'same', bias: !norm, kernelInitializer: start() }),
      ...(norm ? [batchNorm()] : []),
      leakyRelu(0.2),
    ],
    name === undefined ? {} : { name },
  );
}
