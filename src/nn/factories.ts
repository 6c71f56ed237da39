/** @file The library's layers by the type that their JSON carries: each with its factory and the options that it takes first. */
import { augment } from '../tricks/augment.ts';
import { activation } from './activations.ts';
import * as attention from './attention.ts';
import { autoencoder } from './autoencoder.ts';
import { bagEmbedding } from './bag-embedding.ts';
import { batchNorm } from './batch-norm.ts';
import { colorJitter } from './color-jitter.ts';
import { bidirectional, parallel, residual } from './combined.ts';
import { conv1d, conv2d } from './conv.ts';
import { depthwiseConv2d, separableConv2d } from './conv-depthwise.ts';
import { conv2dTranspose } from './conv-transpose.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { dualEncoder } from './dual-encoder.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import * as gated from './gated.ts';
import { ghostBatchNorm } from './ghost-batch-norm.ts';
import { instanceNoise } from './instance-noise.ts';
import { projection } from './labels.ts';
import * as norms from './layer-norm.ts';
import { leakyRelu } from './leaky-relu.ts';
import { masking } from './masks.ts';
import * as merges from './merge.ts';
import { minibatchDeviation } from './minibatch-deviation.ts';
import * as noise from './noise.ts';
import * as pool from './pool.ts';
import * as pool1d from './pool-1d.ts';
import * as recurrent from './recurrent.ts';
import { spectralNorm, weightNorm } from './rewritten.ts';
import { sequential } from './sequential.ts';
import { reshapeTo, upsampling2d } from './shape-layers.ts';

/** A factory, and the names in JSON of what it takes before its options. */
type Row = readonly [factory: (...given: never[]) => object, ...first: string[]];

export const factories: Readonly<Record<string, Row>> = {
  dense: [dense, 'units'],
  conv1d: [
    (filters: number, [size]: readonly [number], options: object) => conv1d(filters, size, options),
    ...['filters', 'kernelSize'],
  ],
  conv2d: [conv2d, 'filters', 'kernelSize'],
  conv2dTranspose: [conv2dTranspose, 'filters', 'kernelSize'],
  depthwiseConv2d: [depthwiseConv2d, 'kernelSize'],
  separableConv2d: [separableConv2d, 'filters', 'kernelSize'],
  maxPool1d: [pool1d.maxPool1d, 'poolSize'],
  averagePool1d: [pool1d.averagePool1d, 'poolSize'],
  globalAveragePool1d: [pool1d.globalAveragePool1d],
  globalMaxPool1d: [pool1d.globalMaxPool1d],
  maxPool2d: [pool.maxPool2d, 'poolSize'],
  averagePool2d: [pool.averagePool2d, 'poolSize'],
  globalAveragePool2d: [pool.globalAveragePool2d],
  globalMaxPool2d: [pool.globalMaxPool2d],
  upsampling2d: [upsampling2d, 'factor'],
  autoencoder: [autoencoder, 'units'],
  colorJitter: [colorJitter, 'strength'],
  leakyRelu: [leakyRelu, 'slope'],
  minibatchDeviation: [minibatchDeviation],
  instanceNoise: [instanceNoise, 'deviation'],
  projection: [projection, 'classes', 'layer'],
  flatten: [flatten],
  reshapeTo: [reshapeTo, 'shape'],
  embedding: [embedding, 'vocabulary', 'dimension'],
  bagEmbedding: [bagEmbedding, 'vocabulary', 'dimension'],
  masking: [masking, 'value'],
  batchNorm: [batchNorm],
  ghostBatchNorm: [ghostBatchNorm],
  layerNorm: [norms.layerNorm],
  rmsNorm: [norms.rmsNorm],
  groupNorm: [norms.groupNorm, 'groups'],
  instanceNorm: [norms.instanceNorm],
  weightNorm: [weightNorm, 'layer'],
  spectralNorm: [spectralNorm, 'layer'],
  dropout: [dropout, 'rate'],
  spatialDropout: [noise.spatialDropout, 'rate'],
  stochasticDepth: [noise.stochasticDepth, 'rate'],
  gaussianDropout: [noise.gaussianDropout, 'rate'],
  gaussianNoise: [noise.gaussianNoise, 'deviation'],
  alphaDropout: [noise.alphaDropout, 'rate'],
  augment: [augment],
  activation: [activation, 'activation'],
  prelu: [gated.prelu],
  glu: [gated.glu],
  swiglu: [gated.swiglu, 'units'],
  simpleRnn: [recurrent.simpleRnn, 'units'],
  lstm: [recurrent.lstm, 'units'],
  gru: [recurrent.gru, 'units'],
  bidirectional: [bidirectional, 'layer'],
  multiHeadAttention: [attention.multiHeadAttention, 'heads'],
  transformerBlock: [attention.transformerBlock, 'heads'],
  sinusoidalEncoding: [attention.sinusoidalEncoding],
  positionEmbedding: [attention.positionEmbedding, 'length'],
  sequential: [sequential, 'layers'],
  residual: [residual, 'layers'],
  parallel: [parallel, 'layers'],
  dualEncoder: [dualEncoder],
  mergeAdd: [merges.mergeAdd],
  mergeMultiply: [merges.mergeMultiply],
  mergeAverage: [merges.mergeAverage],
  mergeMaximum: [merges.mergeMaximum],
  mergeConcat: [merges.mergeConcat],
};
