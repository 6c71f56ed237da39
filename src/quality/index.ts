/** @file The namespace `quality`: how near made samples are to real ones, and cleaned pictures to clean ones. */
export { frechetDistance, inceptionScore, kernelDistance, type Matrix } from '../nn/metrics/quality.ts';
export { type Modes, type ModesOptions, modes } from './modes.ts';
