/** @file Layers of images: what convolutions and pools are used with. By the names that files know them by; see factories.ts. */
import { conv1d as ofOneSize } from '../conv.ts';

export { augment } from '../../tricks/augment.ts';
export { batchNorm } from '../batch-norm.ts';
export { colorJitter } from '../color-jitter.ts';
export { conv2d } from '../conv.ts';
export { depthwiseConv2d, separableConv2d } from '../conv-depthwise.ts';
export { conv2dTranspose } from '../conv-transpose.ts';
export { ghostBatchNorm } from '../ghost-batch-norm.ts';
export { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from '../pool.ts';
export { averagePool1d, globalAveragePool1d, globalMaxPool1d, maxPool1d } from '../pool-1d.ts';
export { reshapeTo, upsampling2d } from '../shape-layers.ts';

/** Its JSON has the size of the kernel as convolutions of more dimensions have it. */
export const conv1d = (filters: number, [size]: readonly [number], options: object) =>
  ofOneSize(filters, size, options);
