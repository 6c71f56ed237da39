/** @file The fully connected layer. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import { add } from '../ops/elementwise.ts';
import { matmulRows } from '../ops/matmul.ts';
import { reshape } from '../ops/movement.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { glorotUniform, type Initializer, zeros } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';

export interface DenseOptions {
  /** What is applied to the result; default: nothing. */
  readonly activation?: ActivationName;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /** Default `glorotUniform()`, which suits most activations; `heNormal()` for deep stacks of relu. */
  readonly kernelInitializer?: Initializer;
  /** Default `zeros()`. */
  readonly biasInitializer?: Initializer;
  /** The size of the last axis of the input. It is inferred; a stated one is checked. */
  readonly inputSize?: number;
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

/**
 * y = activation(x · kernel + bias), over the last axis.
 *
 * Input [n, in] gives [n, units]; [n, ..., in] gives [n, ..., units]. Parameters: `kernel` [in, units], `bias` [units].
 *
 * @param units the size of the output, a whole number ≥ 1.
 * @throws SaddlepointError `shape` with the layer's path when the input has no feature axis or another size than stated.
 * @example sequential([dense(128, { activation: 'relu' }), dense(10)])
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  checkKnownOptions('dense', options, [
    'activation',
    'bias',
    'kernelInitializer',
    'biasInitializer',
    'inputSize',
    'name',
  ]);
  checkNumber('dense.units', units, { min: 1, integer: true });
  const {
    activation,
    bias = true,
    kernelInitializer = glorotUniform(),
    biasInitializer = zeros(),
    inputSize,
  } = options;
  const activate = activation === undefined ? undefined : activationNamed('dense.activation', activation);
  if (typeof bias !== 'boolean')
    throw new SaddlepointError('option', `dense.bias: expected true or false, got ${show(bias)}`);
  if (inputSize !== undefined) checkNumber('dense.inputSize', inputSize, { min: 1, integer: true });
  // As text what was not given is left out, and of an initializer its functions are: name and options remain.
  const json = JSON.parse(JSON.stringify({ units, ...options, name: undefined }));
  return layer(
    'dense',
    json,
    (x, context) => {
      const size = x.shape.at(-1);
      if (size === undefined || x.shape.length < 2) {
        throw layerError(
          'shape',
          context,
          `dense: expected rows [n, features], got ${showShape(x.shape)}`,
          'reshape single numbers to [n, 1]; flatten() makes rows of images',
        );
      }
      if (inputSize !== undefined && size !== inputSize) {
        throw layerError(
          'shape',
          context,
          `dense: inputSize is ${inputSize}, but the input ${showShape(x.shape)} has ${size} features`,
          'leave inputSize out: it is inferred; or correct the layer before this one',
        );
      }
      // Rows first, so that product, bias and activation stand together and become one kernel.
      const rows = x.shape.length === 2 ? x : reshape(x, [sizeOf(x.shape) / size, size]);
      const product = matmulRows(rows, context.parameter('kernel', [size, units], kernelInitializer));
      const sum = bias ? add(product, context.parameter('bias', [units], biasInitializer)) : product;
      const y = activate === undefined ? sum : activate(sum);
      return reshape(y, [...x.shape.slice(0, -1), units]);
    },
    options.name,
  );
}
