/** @file The attacks, listed by hand: the namespace `attacks`. */
export { type ApgdOptions, apgd } from './apgd.ts';
export type { Attack } from './attack.ts';
export type { Clip } from './box.ts';
export { type CarliniWagnerOptions, carliniWagner } from './carlini-wagner.ts';
export { dlrLoss } from './class-losses.ts';
export { type DeepfoolOptions, deepfool } from './deepfool.ts';
export {
  type BimOptions,
  bim,
  type FgsmOptions,
  fgsm,
  type MifgsmOptions,
  mifgsm,
  type PgdOptions,
  pgd,
} from './iterated.ts';
export { type LinearFooling, linearFooling } from './linear-fooling.ts';
export type { Norm } from './norms.ts';
export type { AttackRunOptions } from './run-rows.ts';
export { type TransferMatrix, transferMatrix } from './transfer.ts';
export { type UniversalOptions, universalPerturbation } from './universal.ts';
