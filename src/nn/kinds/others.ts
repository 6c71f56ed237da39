/** @file Layers that are neither common nor of images or sequences. By the names that files know them by; see factories.ts. */
export { autoencoder } from '../autoencoder.ts';
export { bidirectional, parallel, residual } from '../combined.ts';
export { dualEncoder } from '../dual-encoder.ts';
export { glu, prelu, swiglu } from '../gated.ts';
export { instanceNoise } from '../instance-noise.ts';
export { projection } from '../labels.ts';
export { mergeAdd, mergeAverage, mergeConcat, mergeMaximum, mergeMultiply } from '../merge.ts';
export { minibatchDeviation } from '../minibatch-deviation.ts';
export { alphaDropout, gaussianDropout, gaussianNoise, spatialDropout, stochasticDepth } from '../noise.ts';
export { spectralNorm, weightNorm } from '../rewritten.ts';
