/**
 * @file The library's layers by the type that their JSON carries: each with the kind that its factory is of, which is loaded when a
 * file names one of it, and the options that the factory takes first. Kinds, not single layers: every part that is loaded by itself
 * cuts what it shares with others into smaller parts, which all then load (docs/adr/035).
 */
import { SaddlepointError } from '../core/errors.ts';
import { activation } from './activations.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { flatten } from './flatten.ts';
import { leakyRelu } from './leaky-relu.ts';
import { sequential } from './sequential.ts';

/** The factories of a kind, each under the name of its type. */
type Exports = Readonly<Record<string, unknown>>;

/** A factory, and the names in JSON of what it takes before its options. */
export type Factory = (...given: unknown[]) => object;
type Row = readonly [load: () => Promise<Exports>, ...first: string[]];

const images = () => import('./kinds/images.ts');
const sequences = () => import('./kinds/sequences.ts');
const others = () => import('./kinds/others.ts');
/** What most models have comes with the table. */
const common = async (): Promise<Exports> => ({ activation, dense, dropout, flatten, leakyRelu, sequential });

export const factories: Readonly<Record<string, Row>> = {
  dense: [common, 'units'],
  conv1d: [images, 'filters', 'kernelSize'],
  conv2d: [images, 'filters', 'kernelSize'],
  conv2dTranspose: [images, 'filters', 'kernelSize'],
  depthwiseConv2d: [images, 'kernelSize'],
  separableConv2d: [images, 'filters', 'kernelSize'],
  maxPool1d: [images, 'poolSize'],
  averagePool1d: [images, 'poolSize'],
  globalAveragePool1d: [images],
  globalMaxPool1d: [images],
  maxPool2d: [images, 'poolSize'],
  averagePool2d: [images, 'poolSize'],
  globalAveragePool2d: [images],
  globalMaxPool2d: [images],
  upsampling2d: [images, 'factor'],
  autoencoder: [others, 'units'],
  colorJitter: [images, 'strength'],
  leakyRelu: [common, 'slope'],
  minibatchDeviation: [others],
  instanceNoise: [others, 'deviation'],
  projection: [others, 'classes', 'layer'],
  flatten: [common],
  reshapeTo: [images, 'shape'],
  embedding: [sequences, 'vocabulary', 'dimension'],
  bagEmbedding: [sequences, 'vocabulary', 'dimension'],
  masking: [sequences, 'value'],
  batchNorm: [images],
  ghostBatchNorm: [images],
  layerNorm: [sequences],
  rmsNorm: [sequences],
  groupNorm: [sequences, 'groups'],
  instanceNorm: [sequences],
  weightNorm: [others, 'layer'],
  spectralNorm: [others, 'layer'],
  dropout: [common, 'rate'],
  spatialDropout: [others, 'rate'],
  stochasticDepth: [others, 'rate'],
  gaussianDropout: [others, 'rate'],
  gaussianNoise: [others, 'deviation'],
  alphaDropout: [others, 'rate'],
  augment: [images],
  activation: [common, 'activation'],
  prelu: [others],
  glu: [others],
  swiglu: [others, 'units'],
  simpleRnn: [sequences, 'units'],
  lstm: [sequences, 'units'],
  gru: [sequences, 'units'],
  bidirectional: [others, 'layer'],
  multiHeadAttention: [sequences, 'heads'],
  transformerBlock: [sequences, 'heads'],
  sinusoidalEncoding: [sequences],
  positionEmbedding: [sequences, 'length'],
  sequential: [common, 'layers'],
  residual: [others, 'layers'],
  parallel: [others, 'layers'],
  dualEncoder: [others],
  mergeAdd: [others],
  mergeMultiply: [others],
  mergeAverage: [others],
  mergeMaximum: [others],
  mergeConcat: [others],
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
