/**
 * @file The exports of the builds that have every instruction. As in index.ts, kernels are exported so that they are not inlined.
 */
export * from './index';
export { performExtended as x0 } from './dispatch';
export { conv2d as x8, conv2dFilterGradient as x9, conv2dInputGradient as x10 } from './conv';
export { lines3x8 as x88, lines4x8 as x86, placed4x8 as x87 } from './conv-tiles';
export { convRow3x3 as x11 } from './conv3x3';
export {
  addProducts as x77, addProducts3x3 as x78, addTaps as x79, correlate as x80, correlateOne as x85, correlateRow as x81, depthwise as x82,
  depthwiseFilterGradient as x83, depthwiseInputGradient as x84,
} from './depthwise';
export { cumulativeSum as x19, topK as x20 } from './cumulative';
export { oneHot as x1, scatterAdd as x2 } from './gather';
export { dots6 as x21, sumRow6 as x27, gatherDot as x22, gatherLogistic as x23, gatherSum as x24, logistic as x25, sumRow as x26 } from './gather-product';
export { group as x7 } from './group';
export { averagePool as x12, averagePoolGradient as x13, maxPool as x14, maxPoolGather as x15, maxPoolGradient as x16, maxPool2x2 as x17, spread2x2 as x18 } from './pool';
export { randomNormal as x3, randomUniform as x4 } from './random';
export { batchMatmul as x64 } from './batch-matmul';
export {
  maskedSoftmax as x71, maxUnmasked as x72, softmaxGradient as x73, throughSoftmax as x74, unmaskedExponentials as x75,
} from './attention';
export {
  project as x65, rescale as x66, standardize as x67, standardizeGradient as x68, sumDeviations as x69, sumProducts as x70,
} from './standardize';
export { loopLoad as x5, loopStore as x6 } from './loop';
export { packRows as x76 } from './pack';
export { multiplyAdd } from './peak';
