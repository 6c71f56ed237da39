/** @file Every optimizer, with options under which it must bring down a quadratic: the rows of the contract test. */
import { accumulate } from '../../src/optim/accumulate.ts';
import { adabelief } from '../../src/optim/adabelief.ts';
import { adadelta } from '../../src/optim/adadelta.ts';
import { adafactor } from '../../src/optim/adafactor.ts';
import { adagrad } from '../../src/optim/adagrad.ts';
import { adam } from '../../src/optim/adam.ts';
import { adamax } from '../../src/optim/adamax.ts';
import { adamw } from '../../src/optim/adamw.ts';
import { adaptiveGradientClip } from '../../src/optim/adaptive-clip.ts';
import { amsgrad } from '../../src/optim/amsgrad.ts';
import { asgd } from '../../src/optim/asgd.ts';
import { weightAverage, weightEma } from '../../src/optim/average.ts';
import { clipByGlobalNorm } from '../../src/optim/clip.ts';
import { clipWeights } from '../../src/optim/clip-weights.ts';
import { lamb } from '../../src/optim/lamb.ts';
import { lars } from '../../src/optim/lars.ts';
import { lazyAdam } from '../../src/optim/lazy-adam.ts';
import { isMatrix } from '../../src/optim/leaf-match.ts';
import { lion } from '../../src/optim/lion.ts';
import { lookahead } from '../../src/optim/lookahead.ts';
import { muon } from '../../src/optim/muon.ts';
import { nadam } from '../../src/optim/nadam.ts';
import { masked, partition } from '../../src/optim/partition.ts';
import { radam } from '../../src/optim/radam.ts';
import { rmsprop } from '../../src/optim/rmsprop.ts';
import { rprop } from '../../src/optim/rprop.ts';
import { scheduleFreeAdamw, scheduleFreeSgd } from '../../src/optim/schedule-free.ts';
import { cosineDecay } from '../../src/optim/schedules/cosine-decay.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain, type Transform } from '../../src/optim/transform.ts';

/** Those that are made from one object of options: what it may hold is checked by name. */
export const MAKERS: Readonly<Record<string, (options: never) => Transform>> = {
  ...{ adabelief, adadelta, adafactor, adagrad, adam, adamax, adamw, amsgrad, asgd, lamb, lars, lazyAdam, lion },
  ...{ muon, nadam, radam, rmsprop, rprop, scheduleFreeAdamw, scheduleFreeSgd, sgd },
};

const learningRate = 0.05;
const falling = cosineDecay({ learningRate: 0.1, steps: 400, minimum: 0.01 });

export const OPTIMIZERS: Readonly<Record<string, Transform>> = {
  sgd: sgd({ learningRate: 0.2 }),
  'sgd, Nesterov': sgd({ learningRate, momentum: 0.9, nesterov: true }),
  adagrad: adagrad({ learningRate: 0.5 }),
  adam: adam({ learningRate }),
  lazyAdam: lazyAdam({ learningRate }),
  amsgrad: amsgrad({ learningRate }),
  adamw: adamw({ learningRate, weightDecay: 0.01 }),
  'adamw of matrices, with AMSGrad': adamw({ learningRate: falling, decayOf: 'matrices', amsgrad: true }),
  'adamw by groups': adamw({ learningRate, groups: [{ match: /bias$/, weightDecay: 0, learningRate: falling }] }),
  adamax: adamax({ learningRate }),
  radam: radam({ learningRate }),
  nadam: nadam({ learningRate }),
  adabelief: adabelief({ learningRate, weightDecay: 0.01, decayOf: /kernel$/ }),
  rmsprop: rmsprop({ learningRate: falling }),
  'rmsprop, centered, with momentum': rmsprop({ learningRate: 0.01, centered: true, momentum: 0.5 }),
  adadelta: adadelta({ epsilon: 1e-4 }),
  rprop: rprop(),
  asgd: asgd({ learningRate: 0.2, averageFrom: 100 }),
  lion: lion({ learningRate: 0.02, weightDecay: 0.01 }),
  lamb: lamb({ learningRate, weightDecay: 0.01 }),
  lars: lars({ learningRate: 1, trust: 0.02 }),
  adafactor: adafactor({ learningRate: falling, weightDecay: 0.01 }),
  muon: muon({ learningRate: falling, weightDecay: 0.01, others: sgd({ learningRate: 0.2 }) }),
  scheduleFreeSgd: scheduleFreeSgd({ learningRate: 0.5, weightDecay: 0.001 }),
  scheduleFreeAdamw: scheduleFreeAdamw({ learningRate, weightDecay: 0.01, decayOf: 'matrices' }),
  'lookahead of adam': lookahead(adam({ learningRate: 0.1 }), { every: 4 }),
  'lookahead of sgd': lookahead(sgd({ learningRate: 0.3 })),
  'weightEma of adam': chain(clipByGlobalNorm(10), adam({ learningRate }), weightEma(0.9)),
  'weightEma, corrected, of sgd': chain(sgd({ learningRate: 0.2 }), weightEma(0.95, { biasCorrection: true })),
  'clipWeights behind sgd': chain(sgd({ learningRate: 0.2 }), clipWeights(10)),
  'weightAverage of sgd': chain(sgd({ learningRate: 0.2 }), weightAverage({ from: 150, every: 10 })),
  'accumulate adam': accumulate(2, chain(clipByGlobalNorm(10), adam({ learningRate: 0.1 }), weightEma(0.5))),
  partition: partition([
    { match: isMatrix, transform: sgd({ learningRate, momentum: 0.9 }) },
    { transform: chain(adam({ learningRate }), weightEma(0.9)) },
  ]),
  masked: chain(masked(adaptiveGradientClip({ limit: 1 }), isMatrix), sgd({ learningRate: 0.2 })),
};
