/** @file Losses that are less common, by the names that files know them by; see table.ts. */
export { infoNce, pairwiseRanking, sigmoidContrastive } from './contrastive.ts';
export { klDivergence } from './divergence.ts';
export { binaryFocal, focal } from './focal.ts';
export { hinge, multiClassHinge, squaredHinge } from './hinge.ts';
export { namedLoss } from './named.ts';
export { playerLoss } from './player.ts';
export { logCosh, poissonNegativeLogLikelihood, quantileLoss, smoothL1 } from './robust.ts';
export { ignoring, withClassWeights } from './weighted.ts';
