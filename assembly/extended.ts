/**
 * @file The exports of the builds that have every instruction. As in index.ts, kernels are exported so that they are not inlined.
 */
export * from './index';
export { performExtended as x0 } from './dispatch';
export { conv2d as x8, conv2dFilterGradient as x9, conv2dInputGradient as x10 } from './conv';
export { convRow3x3 as x11 } from './conv3x3';
export { cumulativeSum as x17, topK as x18 } from './cumulative';
export { oneHot as x1, scatterAdd as x2 } from './gather';
export { group as x7 } from './group';
export { averagePool as x12, averagePoolGradient as x13, maxPool as x14, maxPoolGather as x15, maxPoolGradient as x16 } from './pool';
export { randomNormal as x3, randomUniform as x4 } from './random';
export { loopLoad as x5, loopStore as x6 } from './loop';
export { multiplyAdd } from './peak';
