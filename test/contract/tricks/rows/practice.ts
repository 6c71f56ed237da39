/** @file The general training tricks in the contract. */
import {
  accumulate,
  asam,
  cutmix,
  cutout,
  ema,
  gradientNoise,
  inputNoise,
  l1,
  l2,
  labelSmoothing,
  lookahead,
  maxNorm,
  mixup,
  sam,
  swa,
} from 'saddlepoint';
import type { TrickRow } from '../row.ts';

const section = 'training';
const IMAGES = { section, task: 'images' } as const;
const wrong = <T>(value: T): never => value as never;

export const rows: readonly TrickRow[] = [
  {
    ...{ section, name: 'mixup', file: 'src/tricks/mixup.ts' },
    create: () => mixup(0.4),
    neutral: () => mixup(0),
    illegal: [
      [() => mixup(-1), /mixup.alpha: expected a finite number ≥ 0, got -1/],
      [() => mixup(0.2, wrong({ rows: true })), /mixup: unknown option 'rows'/],
    ],
  },
  {
    ...{ ...IMAGES, name: 'cutmix', file: 'src/tricks/cutmix.ts' },
    create: () => cutmix(1),
    neutral: () => cutmix(0),
    illegal: [
      [() => cutmix(-1), /cutmix.alpha: expected a finite number ≥ 0, got -1/],
      [() => cutmix(1, { shape: [28] }), /cutmix.shape: expected \[height, width\]/],
    ],
  },
  {
    ...{ ...IMAGES, name: 'cutout', file: 'src/tricks/cutout.ts' },
    create: () => cutout(3),
    neutral: () => cutout(0),
    illegal: [
      [() => cutout(1.5), /cutout.size: expected an integer ≥ 0, got 1.5/],
      [() => cutout(2, { shape: [0, 2] }), /cutout.shape: expected \[height, width\]/],
    ],
  },
  {
    ...{ section, name: 'inputNoise', file: 'src/tricks/input-noise.ts' },
    create: () => inputNoise(0.1),
    neutral: () => inputNoise(0),
    illegal: [[() => inputNoise(-0.1), /inputNoise.deviation: expected a finite number ≥ 0, got -0.1/]],
  },
  {
    ...{ section, name: 'labelSmoothing', file: 'src/tricks/label-smoothing.ts' },
    create: () => labelSmoothing(0.1),
    neutral: () => labelSmoothing(0),
    illegal: [[() => labelSmoothing(1), /labelSmoothing.share: expected a finite number ≥ 0 and < 1, got 1/]],
  },
  {
    ...{ section, name: 'l1', file: 'src/tricks/l1.ts' },
    create: () => l1(1e-3),
    neutral: () => l1(0),
    illegal: [
      [() => l1(-1), /l1.rate: expected a finite number ≥ 0, got -1/],
      [() => l1(1, { of: wrong('kernels') }), /l1.of: unknown value 'kernels'/],
    ],
  },
  {
    ...{ section, name: 'l2', file: 'src/tricks/l2.ts' },
    create: () => l2(1e-3),
    neutral: () => l2(0),
    illegal: [[() => l2(Number.NaN), /l2.rate: expected a finite number ≥ 0, got NaN/]],
  },
  {
    ...{ section, name: 'sam', file: 'src/tricks/sam.ts' },
    create: () => sam(0.05),
    neutral: () => sam(0),
    illegal: [[() => sam(-1), /sam.rho: expected a finite number ≥ 0, got -1/]],
  },
  {
    ...{ section, name: 'asam', file: 'src/tricks/asam.ts' },
    create: () => asam(0.5),
    neutral: () => asam(0),
    illegal: [
      [() => asam(-1), /asam.rho: expected a finite number ≥ 0, got -1/],
      [() => asam(1, { eta: -1 }), /asam.eta: expected a finite number ≥ 0, got -1/],
    ],
  },
  {
    ...{ section, name: 'gradientNoise', file: 'src/tricks/gradient-noise.ts' },
    create: () => gradientNoise(0.01),
    neutral: () => gradientNoise(0),
    illegal: [
      [() => gradientNoise(-1), /gradientNoise.eta: expected a finite number ≥ 0, got -1/],
      [() => gradientNoise(1, { gamma: -1 }), /gradientNoise.gamma: expected a finite number ≥ 0, got -1/],
    ],
  },
  {
    ...{ section, name: 'ema', file: 'src/tricks/ema.ts' },
    create: () => ema(0.9),
    neutral: () => ema(0),
    illegal: [[() => ema(1), /weightEma: expected a finite number ≥ 0 and < 1, got 1/]],
    excused: { 8: 'it is itself what keeps averages, and two of those are refused' },
  },
  {
    ...{ section, name: 'swa', file: 'src/tricks/swa.ts' },
    create: () => swa({ from: 3, every: 2 }),
    illegal: [[() => swa({ from: -1 }), /weightAverage.from: expected an integer ≥ 0, got -1/]],
    excused: {
      2: 'an average that never begins needs the length of the run',
      8: 'it is itself what keeps averages, and two of those are refused',
    },
  },
  {
    ...{ section, name: 'lookahead', file: 'src/tricks/lookahead.ts' },
    create: () => lookahead({ every: 3, share: 0.5 }),
    neutral: () => lookahead({ share: 1 }),
    illegal: [[() => lookahead({ every: 0 }), /lookahead.every: expected an integer ≥ 1, got 0/]],
  },
  {
    ...{ section, name: 'accumulate', file: 'src/tricks/accumulate.ts' },
    create: () => accumulate(2),
    neutral: () => accumulate(1),
    illegal: [[() => accumulate(0), /accumulate: expected an integer ≥ 1, got 0/]],
  },
  {
    ...{ section, name: 'maxNorm', file: 'src/tricks/max-norm.ts' },
    create: () => maxNorm(1),
    neutral: () => maxNorm(Number.POSITIVE_INFINITY),
    illegal: [
      [() => maxNorm(0), /maxNorm.limit: expected a finite number > 0, got 0/],
      [() => maxNorm(1, { of: wrong('all') }), /maxNorm.of: expected a regular expression or a function/],
    ],
  },
];
