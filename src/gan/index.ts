/** @file The namespace `ganLosses`: what critics and generators minimize, and what keeps critics smooth. */
export { type AuxiliaryLoss, auxiliaryClassifier } from './auxiliary.ts';
export {
  type GanLoss,
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  relativistic,
  type SmoothingOption,
  wasserstein,
} from './losses.ts';
export { between, type Critic, gradientPenalty, r1, r2 } from './penalties.ts';
