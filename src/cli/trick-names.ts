/**
 * @file The tricks that the command line knows by name: those that need nothing but rows, targets and literal values. A test holds
 * this table to all tricks that there are.
 */
import {
  accumulate,
  adversarialTraining,
  asam,
  attacks,
  classBalanced,
  corrupt,
  cutmix,
  cutout,
  ema,
  fastAdversarial,
  freeAdversarial,
  gradientNoise,
  inputNoise,
  l1,
  l2,
  labelSmoothing,
  lookahead,
  lsuv,
  maxNorm,
  microBatches,
  mixup,
  perturb,
  sam,
  stratified,
  svrg,
  swa,
  type Trick,
  trades,
  virtualAdversarial,
  withReplacement,
} from '../index.ts';

/** A constructor, and how many values it takes at most. */
export interface Maker<T = unknown> {
  readonly make: (...values: never[]) => T;
  readonly most: number;
}

const of = <T>(make: (...values: never[]) => T, most: number): Maker<T> => ({ make, most });

/** By the name of the constructor. Each checks its values itself, and names them. */
export const TRICKS: ReadonlyMap<string, Maker<Trick>> = new Map<string, Maker<Trick>>([
  ['accumulate', of((count: number) => accumulate(count), 1)],
  ['adversarialTraining', of(adversarialTraining, 2)],
  ['asam', of(asam, 2)],
  ['classBalanced', of(classBalanced, 1)],
  ['corrupt', of(corrupt, 1)],
  ['cutmix', of(cutmix, 2)],
  ['cutout', of(cutout, 2)],
  ['ema', of(ema, 2)],
  ['fastAdversarial', of(fastAdversarial, 1)],
  ['freeAdversarial', of(freeAdversarial, 1)],
  ['gradientNoise', of(gradientNoise, 2)],
  ['inputNoise', of(inputNoise, 1)],
  ['l1', of(l1, 2)],
  ['l2', of(l2, 2)],
  ['labelSmoothing', of(labelSmoothing, 1)],
  ['lookahead', of((options?: Parameters<typeof lookahead>[1]) => lookahead(options), 1)],
  ['lsuv', of((options?: Parameters<typeof lsuv>[2]) => lsuv(options), 1)],
  ['maxNorm', of(maxNorm, 2)],
  ['microBatches', of(microBatches, 1)],
  ['mixup', of(mixup, 2)],
  ['perturb', of(perturb, 1)],
  ['sam', of(sam, 1)],
  ['stratified', of(stratified, 0)],
  ['svrg', of(svrg, 1)],
  ['swa', of(swa, 1)],
  ['trades', of(trades, 1)],
  ['virtualAdversarial', of(virtualAdversarial, 1)],
  ['withReplacement', of(withReplacement, 0)],
]);

/** Why the others are not known here. */
export const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['augment', 'it is a layer, for images'],
  ['bucketByLength', 'it takes a length for each row'],
  ['curriculum', 'it takes a difficulty for each row'],
  ['distinctBatches', 'it takes a key for each row'],
  ['gradientCache', 'it is for losses that compare rows, which tables have none of'],
  ['fixup', 'it starts residual blocks, which networks for tables have none of'],
  ['weightedRows', 'it takes a weight for each row'],
  ['zeroGamma', 'it starts residual blocks, which networks for tables have none of'],
]);

/** What stands among the values of a trick. */
export const VALUES: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['attacks.apgd', of(attacks.apgd, 1)],
  ['attacks.bim', of(attacks.bim, 1)],
  ['attacks.fgsm', of(attacks.fgsm, 1)],
  ['attacks.mifgsm', of(attacks.mifgsm, 1)],
  ['attacks.pgd', of(attacks.pgd, 1)],
]);
