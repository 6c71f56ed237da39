/** @file Rules about the course of the loss and the gradient's norm. */
import type { Evidence } from './evidence.ts';
import { currentLoss, FLAT_WINDOWS, guessLoss, isFlat, lastOf, median, short, windowMeans } from './numbers.ts';
import type { Rule } from './rule.ts';

/** Steps whose median is the usual norm. */
const USUAL = 200;
/** A loss below this share of guessing (or of the first window, where nothing is guessed) has nothing left to complain of. */
const LEARNT = 0.2;

/** Whether the loss is far above what a trained model has. */
function isHigh({ run, steps }: Evidence): boolean {
  if (run === undefined || steps === undefined) return false;
  const [first = 0] = windowMeans(steps.losses, steps.window);
  return currentLoss(steps) > LEARNT * (guessLoss(run) ?? first);
}

/** The median norm of the last window, and the largest of the run's window medians. */
function norms({ steps }: Evidence): { readonly now: number; readonly most: number; readonly usual: number } {
  const { gradientNorms = [], window = 1 } = steps ?? {};
  const medians: number[] = [];
  for (let end = gradientNorms.length; end >= window; end -= window)
    medians.push(median(Array.from({ length: window }, (_, i) => gradientNorms[end - window + i] as number)));
  return { now: medians[0] as number, most: Math.max(...medians), usual: median(gradientNorms) };
}

/** Flat, far from done, with a gradient below a tenth of its largest: a saddle, if the curvature says so. */
export function isSuspectedSaddle(evidence: Evidence): boolean {
  if (evidence.steps === undefined || !isFlat(evidence.steps) || !isHigh(evidence)) return false;
  const { now, most } = norms(evidence);
  return now < 0.1 * most;
}

const DOMAIN = new Set(['log', 'log1p', 'div', 'reciprocal', 'sqrt', 'pow']);

export const STEP_RULES: readonly Rule[] = [
  {
    id: 'B1',
    title: 'loss or gradient are not finite',
    severity: 'stop',
    needs: ['divergence'],
    windows: 1,
    test({ divergence }) {
      const { op = '', path = '', step = 0 } = divergence ?? {};
      const remedy = DOMAIN.has(op)
        ? `Keep the argument of ${op} away from 0 by an epsilon, or take a loss of logits`
        : op.startsWith('exp')
          ? 'Take softmax out of the model: crossEntropy() expects logits'
          : undefined;
      return [
        {
          ...(path === '' ? {} : { layer: path }),
          saw: `step ${step}: the first bad value is made by ${op}`,
          limit: 'finite numbers',
          ...(remedy && { remedy }),
        },
      ];
    },
    remedy: 'A third of the learning rate, and chain(clipByGlobalNorm(1), …)',
    trick: 'training',
    source: 'Pascanu et al. 2013',
  },
  {
    id: 'B2',
    title: 'the learning rate is too large, or steps spike',
    severity: 'warn',
    needs: ['steps', 'run'],
    windows: 2,
    test(evidence) {
      const { losses = [], gradientNorms = [], window = 1 } = evidence.steps ?? {};
      const means = windowMeans(losses, window);
      const now = means.at(-1) as number;
      const lowest = Math.min(...means);
      const usual = median(lastOf(gradientNorms, USUAL));
      if (now > 3 * lowest && isHigh(evidence))
        return [{ saw: `loss ${short(now)}, after ${short(lowest)}`, limit: '≤ 3 × its lowest' }];
      const recent = lastOf(gradientNorms, window);
      const spikes = recent.filter((norm) => norm > 10 * usual);
      // A step may be odd, and the first ones are: a spike is a fiftieth of a window, and two steps at least.
      if (spikes.length < Math.max(2, window / 50) || !isHigh(evidence)) return [];
      return [
        {
          saw: `‖g‖ up to ${short(Math.max(...spikes))} in ${spikes.length} steps of ${recent.length}, usually ${short(usual)}`,
          limit: '≤ 10 × its median',
          remedy: `chain(clipByGlobalNorm(${short(usual)}), …), a warm-up, or a third of the learning rate`,
        },
      ];
    },
    remedy: 'A third of the learning rate, or a warm-up: linearWarmup',
    trick: 'training',
    source: 'Pascanu et al. 2013; Goyal et al. 2017',
    action: { divideLearningRate: 3 },
  },
  {
    id: 'B4',
    title: 'steps swing across a ravine',
    severity: 'warn',
    needs: ['steps', 'run'],
    windows: 2,
    test({ steps, run, curvature }) {
      if (steps === undefined || run === undefined) return [];
      const rate = steps.learningRates.at(-1);
      if (curvature !== undefined && rate !== undefined && rate * curvature.top > 2)
        return [{ saw: `learning rate × top curvature ${short(rate * curvature.top)}`, limit: '≤ 2' }];
      if (run.stepsPerEpoch > 1) return [];
      const losses = lastOf(steps.losses, steps.window);
      const changes = losses.slice(1).map((loss, i) => loss - (losses[i] as number));
      const turns = changes.slice(1).filter((change, i) => change * (changes[i] as number) < 0).length;
      const share = turns / Math.max(1, changes.length - 1);
      // Where nothing changes any more, rounding turns the sign.
      const size = Math.max(...changes.map(Math.abs));
      if (!(share > 0.6) || size < 1e-4 * Math.max(...losses.map(Math.abs))) return [];
      return [{ saw: `the full-batch loss turned in ${short(100 * share)} % of the steps`, limit: '≤ 60 %' }];
    },
    remedy: 'A smaller learning rate, or sgd({ learningRate, momentum: 0.9 })',
    trick: 'saddle-points',
    source: 'Cohen et al. 2021, "Gradient descent typically occurs at the edge of stability"',
    action: { divideLearningRate: 2 },
  },
  {
    id: 'D1',
    title: 'saddle plateau',
    severity: 'hint',
    needs: ['steps', 'run'],
    windows: 2,
    test(evidence) {
      const { steps, curvature } = evidence;
      if (steps === undefined || curvature === undefined || !isSuspectedSaddle(evidence)) return [];
      const { top, bottom } = curvature;
      if (!(bottom < -0.01 * Math.abs(top))) return [];
      const { now, most } = norms(evidence);
      const span = FLAT_WINDOWS * steps.window;
      return [
        {
          saw: `loss ${short(currentLoss(steps))} over ${span} steps, ‖g‖ ${short(now)} (most ${short(most)}), bottom curvature ${short(bottom)} (top ${short(top)})`,
          limit: 'loss moves ≥ 1 %, ‖g‖ ≥ 10 %, bottom ≥ −0.01 × top',
        },
      ];
    },
    remedy: 'Wait, or sgd({ learningRate, momentum: 0.9 }), adam(), perturbed steps, saddle-free Newton',
    trick: 'saddle-points',
    source: 'Dauphin et al. 2014; Jin et al. 2017',
  },
  {
    id: 'D2',
    title: 'the loss bounces at the floor of its noise',
    severity: 'hint',
    needs: ['steps', 'run'],
    windows: 2,
    test(evidence) {
      if (!isBouncing(evidence)) return [];
      const { now, usual } = norms(evidence);
      return [
        {
          saw: `loss ${short(currentLoss(evidence.steps as never))}, flat, while ‖g‖ is ${short(now)} (usually ${short(usual)})`,
          limit: 'loss moves ≥ 1 % in four windows',
        },
      ];
    },
    remedy: 'Decay the learning rate × 0.1 … 0.2 (cosineDecay, reduceOnPlateau()), or grow the batch × 5',
    trick: 'gradient-updates',
    source: 'Smith et al. 2018, "Don\'t decay the learning rate, increase the batch size"',
    action: { divideLearningRate: 5 },
  },
  {
    id: 'D3',
    title: 'nothing is learnt: the gradient vanishes',
    severity: 'stop',
    needs: ['steps', 'run', 'firstGradientNorm'],
    windows: 2,
    test({ steps, run, firstGradientNorm }) {
      const guess = run === undefined ? undefined : guessLoss(run);
      if (steps === undefined || run === undefined || guess === undefined || firstGradientNorm === undefined) return [];
      if (steps.losses.length < run.stepsPerEpoch || firstGradientNorm >= 1e-6) return [];
      const means = windowMeans(steps.losses, steps.window);
      if (means.some((mean) => Math.abs(mean / guess - 1) > 0.01)) return [];
      return [
        {
          saw: `loss ${short(currentLoss(steps))} since the first step, as by guessing; ‖g‖ of the first layer ${short(firstGradientNorm)}`,
          limit: 'a change of 1 % in an epoch, ‖g‖ ≥ 1e-6',
        },
      ];
    },
    remedy: 'kernelInitializer: heNormal() before relu, glorotUniform() before tanh; tricks: [lsuv()]; layerNorm()',
    trick: 'initialization',
    source: 'Saxe et al. 2013; Glorot & Bengio 2010',
  },
];

/** Flat, far from done, and the gradient as large as ever. */
export function isBouncing(evidence: Evidence): boolean {
  if (evidence.steps === undefined || !isFlat(evidence.steps) || !isHigh(evidence)) return false;
  const { now, usual } = norms(evidence);
  return now > 0.5 * usual;
}
