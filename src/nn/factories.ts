/**
 * @file The library's layers by the type that their JSON carries: each with where its factory is, which is loaded when a file names it,
 * and the options that the factory takes first.
 */
import { SaddlepointError } from '../core/errors.ts';

/** What a file of layers exports, the factories among it under the name of their type. */
type Exports = Readonly<Record<string, unknown>>;

/** A factory, and the names in JSON of what it takes before its options. */
export type Factory = (...given: unknown[]) => object;
type Row = readonly [load: () => Promise<Exports>, ...first: string[]];

const attention = () => import('./attention.ts');
const combined = () => import('./combined.ts');
const depthwise = () => import('./conv-depthwise.ts');
const gated = () => import('./gated.ts');
const merges = () => import('./merge.ts');
const noise = () => import('./noise.ts');
const norms = () => import('./layer-norm.ts');
const pool = () => import('./pool.ts');
const pool1d = () => import('./pool-1d.ts');
const recurrent = () => import('./recurrent.ts');
const rewritten = () => import('./rewritten.ts');
const shapes = () => import('./shape-layers.ts');

/** Its JSON has the size of the kernel as convolutions of more dimensions have it. */
async function conv1d(): Promise<Exports> {
  const { conv1d: make } = await import('./conv.ts');
  return {
    conv1d: (filters: number, [size]: readonly [number], options: object) => make(filters, size, options),
  };
}

export const factories: Readonly<Record<string, Row>> = {
  dense: [() => import('./dense.ts'), 'units'],
  conv1d: [conv1d, 'filters', 'kernelSize'],
  conv2d: [() => import('./conv.ts'), 'filters', 'kernelSize'],
  conv2dTranspose: [() => import('./conv-transpose.ts'), 'filters', 'kernelSize'],
  depthwiseConv2d: [depthwise, 'kernelSize'],
  separableConv2d: [depthwise, 'filters', 'kernelSize'],
  maxPool1d: [pool1d, 'poolSize'],
  averagePool1d: [pool1d, 'poolSize'],
  globalAveragePool1d: [pool1d],
  globalMaxPool1d: [pool1d],
  maxPool2d: [pool, 'poolSize'],
  averagePool2d: [pool, 'poolSize'],
  globalAveragePool2d: [pool],
  globalMaxPool2d: [pool],
  upsampling2d: [shapes, 'factor'],
  autoencoder: [() => import('./autoencoder.ts'), 'units'],
  colorJitter: [() => import('./color-jitter.ts'), 'strength'],
  leakyRelu: [() => import('./leaky-relu.ts'), 'slope'],
  minibatchDeviation: [() => import('./minibatch-deviation.ts')],
  instanceNoise: [() => import('./instance-noise.ts'), 'deviation'],
  projection: [() => import('./labels.ts'), 'classes', 'layer'],
  flatten: [() => import('./flatten.ts')],
  reshapeTo: [shapes, 'shape'],
  embedding: [() => import('./embedding.ts'), 'vocabulary', 'dimension'],
  bagEmbedding: [() => import('./bag-embedding.ts'), 'vocabulary', 'dimension'],
  masking: [() => import('./masks.ts'), 'value'],
  batchNorm: [() => import('./batch-norm.ts')],
  ghostBatchNorm: [() => import('./ghost-batch-norm.ts')],
  layerNorm: [norms],
  rmsNorm: [norms],
  groupNorm: [norms, 'groups'],
  instanceNorm: [norms],
  weightNorm: [rewritten, 'layer'],
  spectralNorm: [rewritten, 'layer'],
  dropout: [() => import('./dropout.ts'), 'rate'],
  spatialDropout: [noise, 'rate'],
  stochasticDepth: [noise, 'rate'],
  gaussianDropout: [noise, 'rate'],
  gaussianNoise: [noise, 'deviation'],
  alphaDropout: [noise, 'rate'],
  augment: [() => import('../tricks/augment.ts')],
  activation: [() => import('./activations.ts'), 'activation'],
  prelu: [gated],
  glu: [gated],
  swiglu: [gated, 'units'],
  simpleRnn: [recurrent, 'units'],
  lstm: [recurrent, 'units'],
  gru: [recurrent, 'units'],
  bidirectional: [combined, 'layer'],
  multiHeadAttention: [attention, 'heads'],
  transformerBlock: [attention, 'heads'],
  sinusoidalEncoding: [attention],
  positionEmbedding: [attention, 'length'],
  sequential: [() => import('./sequential.ts'), 'layers'],
  residual: [combined, 'layers'],
  parallel: [combined, 'layers'],
  dualEncoder: [() => import('./dual-encoder.ts')],
  mergeAdd: [merges],
  mergeMultiply: [merges],
  mergeAverage: [merges],
  mergeMaximum: [merges],
  mergeConcat: [merges],
};

/**
 * The factory of a type, and what it takes first; undefined for a type that is none of the library's.
 *
 * @throws SaddlepointError `internal` for a row that leads nowhere, which the contract of layers finds.
 */
export async function factoryOf(type: string): Promise<readonly [factory: Factory, first: string[]] | undefined> {
  const row = Object.hasOwn(factories, type) ? factories[type] : undefined;
  if (row === undefined) return undefined;
  const [load, ...first] = row;
  const factory = (await load())[type];
  if (typeof factory === 'function') return [factory as Factory, first];
  throw new SaddlepointError('internal', `layer: no factory '${type}' where its row says`);
}
