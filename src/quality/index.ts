/** @file The namespace `quality`: how near made samples are to real ones, and cleaned pictures to clean ones. */
export { frechetDistance, inceptionScore, kernelDistance, type Matrix } from '../nn/metrics/quality.ts';
export { medianFilter, type NonLocalMeansOptions, nonLocalMeans } from './baselines.ts';
export type { Classifier } from './features.ts';
export { type Distance, frechet, kid, nearest, precisionRecall, type Score, score } from './judged.ts';
export { type Modes, type ModesOptions, modes } from './modes.ts';
export { type PeakOption, psnr, ssim } from './pictures.ts';
