/** @file The arms of the ablation on digits: what each leaves out or adds, and what the reference implementation measured. */
import {
  accumulate,
  adam,
  asam,
  cosineDecay,
  cutmix,
  cutout,
  dense,
  dropout,
  ema,
  type FitOptions,
  gradientNoise,
  inputNoise,
  type Layer,
  l1,
  l2,
  labelSmoothing,
  lookahead,
  maxNorm,
  mixup,
  sam,
  sequential,
  sgd,
  swa,
} from 'saddlepoint';

/** Of the run: 8 epochs of 125 steps. */
export const BATCH_SIZE = 64;
export const EPOCHS = 8;
const STEPS = 1000;

export interface Arm {
  readonly name: string;
  /** In percent after the first and the last epoch, as PyTorch measured it. */
  readonly reference?: string;
  /** Pixels as they are, in [0, 1], instead of standardized ones. */
  readonly raw?: boolean;
  readonly options: Pick<FitOptions, 'optimizer' | 'tricks'>;
  model?(): Layer;
}

const rate = (learningRate: number) => cosineDecay({ learningRate, steps: STEPS });
const momentum = sgd({ learningRate: rate(0.05), momentum: 0.9 });

/** Standardized, momentum, cosine. */
export const full: Arm = {
  name: 'all three: standardized, momentum 0.9, cosine from 0.05',
  reference: '91.65 / 95.72 ± 0.07 %',
  options: { optimizer: momentum },
};

/** The first four are compared by their harm. */
export const leaveOneOut: readonly Arm[] = [
  {
    name: 'none of them: [0, 1], SGD 0.05',
    reference: '86.0 / 91.30 ± 0.18 %',
    raw: true,
    options: { optimizer: sgd({ learningRate: 0.05 }) },
  },
  {
    name: 'without momentum',
    reference: '89.2 / 93.15 ± 0.18 %',
    options: { optimizer: sgd({ learningRate: rate(0.05) }) },
  },
  {
    name: 'Adam 1e-3 instead of momentum',
    reference: '91.1 / 94.23 ± 0.11 %',
    options: { optimizer: adam({ learningRate: rate(1e-3) }) },
  },
  {
    name: 'without standardizing ([0, 1] pixels)',
    reference: '90.4 / 94.42 ± 0.02 %',
    raw: true,
    options: { optimizer: momentum },
  },
  {
    name: 'without decay',
    reference: '91.9 / 95.72 ± 0.19 % (no loss here)',
    options: { optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) },
  },
];

const SHAPE = { shape: [28, 28] } as const;

const withTrick = (name: string, tricks: FitOptions['tricks'], reference?: string): Arm => ({
  name,
  ...(reference === undefined ? {} : { reference }),
  options: { optimizer: momentum, tricks },
});

/** Each of the section's tricks, at its default or at the value that its paper names first. */
export const addOne: readonly Arm[] = [
  {
    name: 'dropout(0.5)',
    reference: '94.50 ± 0.16 % (hurts at this width and length)',
    options: { optimizer: momentum },
    model: () => sequential([dense(128, { activation: 'relu' }), dropout(0.5), dense(10)]),
  },
  withTrick('labelSmoothing(0.1)', [labelSmoothing(0.1)], '95.85 ± 0.18 %'),
  withTrick('mixup(0.2)', [mixup(0.2)], '95.45 ± 0.15 %'),
  withTrick('l2(5e-4)', [l2(5e-4)], '95.78 ± 0.06 %'),
  withTrick('l1(1e-5)', [l1(1e-5)]),
  withTrick('maxNorm(3)', [maxNorm(3)]),
  withTrick('cutmix(1)', [cutmix(1, SHAPE)]),
  withTrick('cutout(8)', [cutout(8, SHAPE)]),
  withTrick('inputNoise(0.1)', [inputNoise(0.1)]),
  withTrick('gradientNoise(0.01)', [gradientNoise(0.01)]),
  withTrick('sam(0.05)', [sam(0.05)]),
  withTrick('asam(0.5)', [asam(0.5)]),
  withTrick('ema(0.99)', [ema(0.99)]),
  withTrick('swa({ from: 750 })', [swa({ from: 750 })]),
  withTrick('lookahead()', [lookahead()]),
  withTrick('accumulate(2)', [accumulate(2)]),
];
