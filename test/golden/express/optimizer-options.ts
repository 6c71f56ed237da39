/** @file The transforms of optimizers.json: the files' names of options as ours, and which optimizer a case is about. */
import { adabelief } from '../../../src/optim/adabelief.ts';
import { adadelta } from '../../../src/optim/adadelta.ts';
import { adafactor } from '../../../src/optim/adafactor.ts';
import { adagrad } from '../../../src/optim/adagrad.ts';
import { adam } from '../../../src/optim/adam.ts';
import { adamax } from '../../../src/optim/adamax.ts';
import { adamw } from '../../../src/optim/adamw.ts';
import { amsgrad } from '../../../src/optim/amsgrad.ts';
import { asgd } from '../../../src/optim/asgd.ts';
import { lamb } from '../../../src/optim/lamb.ts';
import { lars } from '../../../src/optim/lars.ts';
import { lion } from '../../../src/optim/lion.ts';
import { lookahead } from '../../../src/optim/lookahead.ts';
import { muon } from '../../../src/optim/muon.ts';
import { nadam } from '../../../src/optim/nadam.ts';
import { radam } from '../../../src/optim/radam.ts';
import { rmsprop } from '../../../src/optim/rmsprop.ts';
import { rprop } from '../../../src/optim/rprop.ts';
import { scheduleFreeAdamw, scheduleFreeSgd } from '../../../src/optim/schedule-free.ts';
import { inverseTimeDecay } from '../../../src/optim/schedules/inverse-time-decay.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import type { Transform } from '../../../src/optim/transform.ts';
import type { GoldenCase } from '../format.ts';

export interface OptimizerCase {
  readonly transform: Transform;
  /** Gradients are to be followed upward. */
  readonly maximize: boolean;
  /** The values are what evaluation reads. */
  readonly evaluated: boolean;
  /** The optimizer knows inputs from outputs, and the file's matrix is (out, in). */
  readonly outFirst: boolean;
}

type Options = Record<string, unknown>;
type Make = (options: never) => Transform;

/** Our names; those that stand for no option of ours have none. */
const NAMES: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  momentum: 'momentum',
  dampening: 'dampening',
  nesterov: 'nesterov',
  weight_decay: 'weightDecay',
  wd: 'weightDecay',
  beta: 'beta',
  b1: 'beta1',
  b2: 'beta2',
  eps: 'epsilon',
  initial_accumulator_value: 'initialAccumulator',
  momentum_decay: 'momentumDecay',
  centered: 'centered',
  amsgrad: 'amsgrad',
  mu: 'momentum',
  trust: 'trust',
  eps1: 'epsilon',
  d: 'clip',
  lambd: 'decay',
  t0: 'averageFrom',
  rho: 'decay',
  alpha: 'decay',
};

/** By name's beginning, the longest first; a function for options that are named otherwise there. */
const CASES: readonly (readonly [RegExp, Make, Readonly<Record<string, string>>?])[] = [
  [/^(sgd|momentum|nesterov)(_|$)/, sgd],
  [/^adamw(_|$)/, adamw],
  [/^adam_|^adam$/, adam],
  [/^amsgrad$/, ({ amsgrad: _, ...options }: Options) => amsgrad(options)],
  [/^adamax$/, adamax],
  [/^radam(_|$)/, radam],
  [/^nadam(_|$)/, nadam],
  [/^adabelief$/, adabelief],
  [/^rmsprop(_|$)/, rmsprop],
  [/^adagrad(_|$)/, adagrad],
  [/^adadelta(_|$)/, adadelta],
  [/^rprop$/, rprop],
  [/^asgd$/, asgd, { alpha: 'exponent' }],
  [/^lion$/, lion],
  [/^lamb$/, lamb],
  [/^lars$/, lars],
  [/^adafactor$/, adafactor],
  [
    /^muon_matrix_sgd_bias$/,
    (options: { learningRate: number }) => muon({ ...options, others: sgd({ learningRate: options.learningRate }) }),
  ],
  [/^schedulefree_sgd_[xy]$/, scheduleFreeSgd],
  [/^schedulefree_adamw_y$/, scheduleFreeAdamw],
  [
    /^lookahead_sgd$/,
    ({ learningRate, every, share }: { learningRate: number; every: number; share: number }) =>
      lookahead(sgd({ learningRate }), { every, share }),
    { k: 'every', alpha: 'share' },
  ],
];

/** Pairs as two options each, and rates that fall as schedules. */
function flattened(given: Options): Options {
  const { betas, etas, step_sizes: sizes, lr_decay: decay, ...rest } = given as Record<string, [number, number]>;
  const flat: Options = { ...rest };
  if (betas !== undefined) [flat.b1, flat.b2] = betas;
  if (etas !== undefined) [flat.shrink, flat.grow] = etas;
  if (sizes !== undefined) [flat.minimumStep, flat.maximumStep] = sizes;
  // The t-th rate is lr / (1 + (t − 1) · decay).
  const rate = decay as unknown as number | undefined;
  if (rate) flat.lr = inverseTimeDecay({ learningRate: flat.lr as number, decay: rate });
  return flat;
}

/** The transform of a case; undefined if the library has none. Every option of the case reaches it, or it throws. */
export function transformFor(name: string, data: GoldenCase): OptimizerCase | undefined {
  const row = CASES.find(([pattern]) => pattern.test(name));
  if (row === undefined) return undefined;
  const [, make, own = {}] = row;
  const { maximize = false, ...options } = { ...(data.defaults as Options), ...(data.options as Options) };
  const entries = Object.entries(flattened(options)).map(([key, value]) => [own[key] ?? NAMES[key] ?? key, value]);
  return {
    transform: make(Object.fromEntries(entries) as never),
    maximize: maximize === true,
    evaluated: name === 'schedulefree_sgd_x',
    outFirst: name.startsWith('muon'),
  };
}
