/** @file Attention layers, the transformer's block, and positions. */
import { checkNumber } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { isTensor, type Tensor } from '../graph/tensor.ts';
import * as ops from '../ops/attention.ts';
import { add } from '../ops/elementwise.ts';
import { reshape, slice } from '../ops/movement.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { glorotUniform, type Initializer, randomNormal, zeros } from './initializers.ts';
import { type Context, type Layer, layer, layerError, maskOf, withMask } from './layer.ts';
import { layerNorm } from './layer-norm.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface MultiHeadAttentionOptions extends NamedOption {
  /** Features of a head's queries and keys; default: those of the input divided by the heads. */
  readonly keySize?: number;
  /** Features of the output; default: those of the input. */
  readonly outputSize?: number;
  /** Whether a step sees those before it and itself alone; default false. */
  readonly causal?: boolean;
  /** Whether biases are added; default true. */
  readonly bias?: boolean;
  /** Of all four kernels; default `glorotUniform()`. */
  readonly kernelInitializer?: Initializer;
}

/** Of a sequence; or of a list of two: the queries' and the memory that keys and values are made of. */
export type AttentionLayer = Layer<Tensor | readonly [queries: Tensor, memory: Tensor], Tensor>;

function requireSequence(type: string, x: Tensor, context: Context): [number, number, number] {
  if (x.shape.length === 3) return x.shape as unknown as [number, number, number];
  throw layerError('shape', context, `${type}: expected [n, steps, features], got ${showShape(x.shape)}`);
}

/**
 * Attention of several heads (Vaswani et al. 2017, section 3.2.2). Steps that the mask rules out are seen by none.
 *
 * Input [n, steps, features] gives [n, steps, outputSize]. In a graph `apply(multiHeadAttention(8), [x, memory])` lets x look at
 * another sequence. Parameters: `queryKernel`, `keyKernel`, `valueKernel` [features, heads · keySize] and `outputKernel` [heads ·
 * keySize, outputSize], each with a bias (`queryBias` …).
 *
 * @param heads a whole number ≥ 1; it divides the features unless keySize is given.
 * @throws SaddlepointError `shape` with the layer's path for other ranks, and heads that do not divide the features.
 * @example residual([layerNorm(), multiHeadAttention(4, { causal: true })])
 */
export function multiHeadAttention(heads: number, options: MultiHeadAttentionOptions = {}): AttentionLayer {
  checkOptions('multiHeadAttention', options, ['keySize', 'outputSize', 'kernelInitializer'], ['causal', 'bias']);
  checkNumber('multiHeadAttention.heads', heads, { min: 1, integer: true });
  const { keySize, outputSize, causal = false, bias = true, kernelInitializer = glorotUniform() } = options;
  for (const [name, size] of Object.entries({ keySize, outputSize }))
    if (size !== undefined) checkNumber(`multiHeadAttention.${name}`, size, { min: 1, integer: true });
  return layer<Tensor | readonly [Tensor, Tensor], Tensor>(
    'multiHeadAttention',
    optionsToJson({ ...options, heads }),
    (given, context) => {
      const [x, memory] = isTensor(given) ? [given, given] : given;
      const features = requireSequence('multiHeadAttention', x, context)[2];
      const [n, steps, memoryFeatures] = requireSequence('multiHeadAttention', memory, context);
      if (keySize === undefined && features % heads !== 0) {
        const message = `multiHeadAttention: ${heads} heads do not divide ${features} features`;
        throw layerError('shape', context, message, 'choose another number of heads, or give keySize');
      }
      const inner = heads * (keySize ?? features / heads);
      const map = (name: string, from: number, to: number) => ({
        kernel: context.parameter(`${name}Kernel`, [from, to], kernelInitializer),
        bias: bias ? context.parameter(`${name}Bias`, [to], zeros()) : undefined,
      });
      const parameters = {
        query: map('query', features, inner),
        key: map('key', memoryFeatures, inner),
        value: map('value', memoryFeatures, inner),
        output: map('output', inner, outputSize ?? features),
      };
      const counts = maskOf(memory);
      const mask = counts === undefined ? undefined : reshape(counts, [n, 1, 1, steps]);
      const { y } = inLayer(context, () => ops.multiHeadAttention(x, parameters, { heads, memory, causal, mask }));
      return withMask(y, maskOf(x));
    },
    options.name,
  );
}

export interface TransformerBlockOptions extends NamedOption {
  /** Units between the two dense layers; default four times the features, as in the paper. */
  readonly hidden?: number;
  /** Between the two dense layers; default 'gelu'. */
  readonly activation?: ActivationName;
  /** Whether a step sees those before it and itself alone; default false. */
  readonly causal?: boolean;
  /** Rate of dropout behind attention and behind the dense layers, in [0, 1); default 0. */
  readonly dropout?: number;
  /** Of the normalizations; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * A block of a transformer with the normalizations before its parts, which trains without a warm-up (Xiong et al. 2020):
 * h = x + attention(norm(x)), y = h + dense(activation(dense(norm(h)))).
 *
 * Input [n, steps, features]; the output has the same shape. Parts: `attentionNorm`, `attention`, `feedForwardNorm`, `expand`,
 * `contract`.
 *
 * @param heads divides the features.
 * @throws SaddlepointError `shape` with the layer's path for other ranks, and heads that do not divide the features.
 * @example sequential([embedding(64, 32), positionEmbedding(128), transformerBlock(4, { causal: true }), layerNorm(), dense(64)])
 */
export function transformerBlock(heads: number, options: TransformerBlockOptions = {}): Layer {
  checkOptions('transformerBlock', options, ['hidden', 'activation', 'dropout', 'epsilon'], ['causal']);
  const { hidden, activation = 'gelu', causal = false, dropout: rate = 0, epsilon = 1e-5 } = options;
  activationNamed('transformerBlock.activation', activation);
  checkNumber('transformerBlock.heads', heads, { min: 1, integer: true });
  checkNumber('transformerBlock.dropout', rate, { min: 0, max: 1, openMax: true });
  if (hidden !== undefined) checkNumber('transformerBlock.hidden', hidden, { min: 1, integer: true });
  const parts = {
    attentionNorm: layerNorm({ epsilon, name: 'attentionNorm' }),
    attention: multiHeadAttention(heads, { causal, name: 'attention' }),
    attentionDropout: dropout(rate, { name: 'attentionDropout' }),
    feedForwardNorm: layerNorm({ epsilon, name: 'feedForwardNorm' }),
    feedForwardDropout: dropout(rate, { name: 'feedForwardDropout' }),
  };
  return layer(
    'transformerBlock',
    optionsToJson({ ...options, heads }),
    (x, context) => {
      const features = requireSequence('transformerBlock', x, context)[2];
      const call = (part: Layer, index: number, value: Tensor): Tensor => context.child(part, index, value);
      const seen = call(parts.attention as Layer, 1, call(parts.attentionNorm, 0, x));
      const h = withMask(add(x, call(parts.attentionDropout, 2, seen)), maskOf(x));
      const expand = dense(hidden ?? 4 * features, { activation, name: 'expand' });
      const thought = call(expand, 4, call(parts.feedForwardNorm, 3, h));
      const contracted = call(dense(features, { name: 'contract' }), 5, thought);
      return add(h, call(parts.feedForwardDropout, 6, contracted));
    },
    options.name,
  );
}

/**
 * Adds sines and cosines of falling frequency, by which attention tells positions apart (Vaswani et al. 2017, section 3.5): no
 * parameters, any length. Input and output [n, steps, features], features even.
 *
 * @param options base: of the frequencies, ≥ 1, default 10,000.
 * @example sequential([embedding(64, 32), sinusoidalEncoding(), transformerBlock(4)])
 */
export function sinusoidalEncoding(options: NamedOption & { readonly base?: number } = {}): Layer {
  checkOptions('sinusoidalEncoding', options, ['base'], []);
  const base = checkNumber('sinusoidalEncoding.base', options.base ?? 10_000, { min: 1 });
  return layer(
    'sinusoidalEncoding',
    optionsToJson(options),
    (x, context) => {
      const [, steps, features] = requireSequence('sinusoidalEncoding', x, context);
      return inLayer(context, () => add(x, ops.sinusoidalPositions(steps, features, base)));
    },
    options.name,
  );
}

/**
 * Adds a learnt vector for each position. Input and output [n, steps, features]; parameter: `table` [length, features].
 *
 * @param length the largest number of steps.
 * @param options initializer: default `randomNormal(0.02)`, as in GPT-2.
 * @throws SaddlepointError `shape` with the layer's path for longer sequences.
 */
export function positionEmbedding(
  length: number,
  options: NamedOption & { readonly initializer?: Initializer } = {},
): Layer {
  checkOptions('positionEmbedding', options, ['initializer'], []);
  checkNumber('positionEmbedding.length', length, { min: 1, integer: true });
  const { initializer = randomNormal(0.02) } = options;
  return layer(
    'positionEmbedding',
    optionsToJson({ ...options, length }),
    (x, context) => {
      const [, steps, features] = requireSequence('positionEmbedding', x, context);
      if (steps > length) {
        const message = `positionEmbedding: ${steps} steps, but length is ${length}`;
        throw layerError('shape', context, message, 'give a larger length, or cut the sequences');
      }
      return add(x, slice(context.parameter('table', [length, features], initializer), [0, 0], [steps, features]));
    },
    options.name,
  );
}
