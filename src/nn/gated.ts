/** @file Activations that learn, or that take one part of their input to open and close the other. */
import { checkNumber } from '../core/errors.ts';
import { mul } from '../ops/elementwise.ts';
import { linear } from '../ops/matmul.ts';
import * as functions from './activations.ts';
import { constant, glorotUniform, type Initializer, zeros } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface PreluOptions extends NamedOption {
  /** Whether each feature of the last axis has a slope of its own (default), or all share one. */
  readonly perFeature?: boolean;
  /** Default `constant(0.25)`, as in the paper. */
  readonly initializer?: Initializer;
}

/**
 * x for x > 0, else slope · x with a learnt slope (He et al. 2015, eq. 1). Input [n, …, features]; parameter: `slope` [features],
 * or [1] if shared. No weight decay should be put on it.
 *
 * @example sequential([conv2d(16, 3), prelu()])
 */
export function prelu(options: PreluOptions = {}): Layer {
  checkOptions('prelu', options, ['initializer'], ['perFeature']);
  const { perFeature = true, initializer = constant(0.25) } = options;
  return layer(
    'prelu',
    optionsToJson(options),
    (x, context) => {
      const features = x.shape.at(-1);
      if (features === undefined || x.shape.length < 2)
        throw layerError('shape', context, `prelu: expected [n, …, features], got shape [${x.shape}]`);
      return functions.prelu(x, context.parameter('slope', [perFeature ? features : 1], initializer));
    },
    options.name,
  );
}

/**
 * The first half of an axis times the sigmoid of the second (Dauphin et al. 2017): [n, …, 2 · features] → [n, …, features].
 *
 * @param options axis: default −1, the last.
 * @throws SaddlepointError `shape` with the layer's path for an axis of odd size.
 * @example sequential([conv1d(64, 3, { padding: 'same' }), glu()])
 */
export function glu(options: NamedOption & { readonly axis?: number } = {}): Layer {
  checkOptions('glu', options, ['axis'], []);
  const axis = checkNumber('glu.axis', options.axis ?? -1, { integer: true });
  return layer(
    'glu',
    optionsToJson(options),
    (x, context) => inLayer(context, () => functions.glu(x, axis)),
    options.name,
  );
}

export interface SwigluOptions extends NamedOption {
  /** Whether biases are added; default false, as in the paper. */
  readonly bias?: boolean;
  /** Of both kernels; default `glorotUniform()`. */
  readonly kernelInitializer?: Initializer;
}

/**
 * silu(x · gate) · (x · value) over the last axis: the gated layer of feed-forward blocks (Shazeer 2020, eq. 6).
 *
 * Input [n, …, in] gives [n, …, units]. Parameters: `gate` and `value` [in, units]; with bias `gateBias` and `valueBias` [units].
 *
 * @param units the size of the output, a whole number ≥ 1.
 * @example residual([rmsNorm(), swiglu(128), dense(64)])
 */
export function swiglu(units: number, options: SwigluOptions = {}): Layer {
  checkOptions('swiglu', options, ['kernelInitializer'], ['bias']);
  checkNumber('swiglu.units', units, { min: 1, integer: true });
  const { bias = false, kernelInitializer = glorotUniform() } = options;
  return layer(
    'swiglu',
    optionsToJson({ ...options, units }),
    (x, context) => {
      const features = x.shape.at(-1);
      if (features === undefined || x.shape.length < 2)
        throw layerError('shape', context, `swiglu: expected [n, …, features], got shape [${x.shape}]`);
      const map = (name: string) => {
        const kernel = context.parameter(name, [features, units], kernelInitializer);
        return linear(x, kernel, bias ? context.parameter(`${name}Bias`, [units], zeros()) : undefined);
      };
      return mul(functions.silu(map('gate')), map('value'));
    },
    options.name,
  );
}
