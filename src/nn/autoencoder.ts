/** @file A dense autoencoder, whose decoder may have the encoder's weights. */
import { checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import { linear } from '../ops/matmul.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { glorotUniform, zeros } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { checkOptions, type NamedOption } from './options.ts';

export interface AutoencoderOptions extends NamedOption {
  /** Of every layer but the last; default 'relu'. */
  readonly activation?: ActivationName;
  /** Of the result; default: none, as `binaryCrossEntropy` and `meanSquaredError` take it. */
  readonly outputActivation?: ActivationName;
  /** Whether the decoder's kernels are those of the encoder, transposed (Vincent et al. 2010, section 2.2); default false. */
  readonly tied?: boolean;
}

/**
 * Dense layers that become narrower, or wider, and back to the width of a row: with `corrupt` among the tricks it is a denoising
 * autoencoder.
 *
 * Input [n, …] gives the same shape. Parameters, for each layer i of the encoder: `encoder{i}Kernel` [in, units], `encoder{i}Bias`
 * [units], `decoder{i}Bias` [in], and unless tied `decoder{i}Kernel` [units, in].
 *
 * @param units of the encoder's layers, from the input on: at least one, each ≥ 1.
 * @throws SaddlepointError `option` for units out of range; `shape` with the layer's path for rows without numbers.
 * @example await fit(autoencoder([256], { tied: true }), { x, y: x }, { loss: binaryCrossEntropy(), standardize: false, tricks: [corrupt({ masking: 0.25 })] })
 */
export function autoencoder(units: readonly number[], options: AutoencoderOptions = {}): Layer {
  checkOptions('autoencoder', options, ['activation', 'outputActivation'], ['tied']);
  if (!Array.isArray(units) || units.length === 0)
    throw new SaddlepointError('option', `autoencoder.units: expected a list of widths, got ${show(units)}`, '[256]');
  units.forEach((width, i) => {
    checkNumber(`autoencoder.units[${i}]`, width, { min: 1, integer: true });
  });
  const { activation = 'relu', outputActivation, tied = false, name, ...rest } = options;
  const activate = activationNamed('autoencoder.activation', activation);
  const finish =
    outputActivation === undefined ? undefined : activationNamed('autoencoder.outputActivation', outputActivation);
  const json = { ...rest, units: [...units], activation, ...(outputActivation && { outputActivation }), tied };
  return layer(
    'autoencoder',
    json,
    (x, context) => {
      const [n, ...row] = x.shape as [number, ...number[]];
      if (row.length === 0)
        throw layerError('shape', context, `autoencoder: expected rows [n, …], got ${showShape(x.shape)}`);
      const widths = [sizeOf(row), ...units];
      const kernels = units.map((width, i) =>
        context.parameter(`encoder${i}Kernel`, [widths[i] as number, width], glorotUniform()),
      );
      let value = reshape(x, [n, widths[0] as number]);
      kernels.forEach((kernel, i) => {
        value = activate(linear(value, kernel, context.parameter(`encoder${i}Bias`, [units[i] as number], zeros())));
      });
      for (let i = units.length - 1; i >= 0; i--) {
        const [to, from] = [widths[i] as number, units[i] as number];
        const kernel = tied
          ? transpose(kernels[i] as (typeof kernels)[number])
          : context.parameter(`decoder${i}Kernel`, [from, to], glorotUniform());
        const made = linear(value, kernel, context.parameter(`decoder${i}Bias`, [to], zeros()));
        value = i > 0 ? activate(made) : (finish?.(made) ?? made);
      }
      return reshape(value, x.shape);
    },
    name,
  );
}
