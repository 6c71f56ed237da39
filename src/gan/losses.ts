/**
 * @file The losses of a critic (discriminator) and a generator, of the critic's raw scores: no sigmoid stands at its end. Each is
 * a pair of functions, one for each player; nothing here knows models.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, neg, relu, square, sub } from '../ops/elementwise.ts';
import { broadcastTo } from '../ops/movement.ts';
import { mean } from '../ops/reduce.ts';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';

/** What both players minimize; scores are of any shape, such as [n, 1], and means are taken over all of them. */
export interface GanLoss {
  readonly name: string;
  /** @param real scores of data. @param fake scores of what the generator made, in the same shape. @returns a scalar. */
  critic(real: Tensor, fake: Tensor): Tensor;
  /** @param fake scores of what the generator made. @param real scores of data: needed by `relativistic` alone. @returns a scalar. */
  generator(fake: Tensor, real?: Tensor): Tensor;
}

export interface SmoothingOption {
  /**
   * One-sided label smoothing (Salimans et al. 2016, section 3.4): the critic is to say 1 − smoothing of data, and 0 of what is
   * made. In [0, 0.5), default 0; 0.1 is usual.
   */
  readonly smoothing?: number;
}

/** The critic of the first paper: real rows are 1 − smoothing, made ones 0. */
const logistic = (smoothing: number) => (real: Tensor, fake: Tensor) =>
  add(against(real, 1 - smoothing), against(fake, 0));

const against = (scores: Tensor, target: number): Tensor =>
  mean(sigmoidCrossEntropy(scores, broadcastTo(target, scores.shape)));

function smoothingOf(name: string, options: SmoothingOption): number {
  checkKnownOptions(name, options, ['smoothing']);
  return checkNumber(`${name}.smoothing`, options.smoothing ?? 0, { min: 0, max: 0.5, openMax: true });
}

const needsReal = (name: string): SaddlepointError =>
  new SaddlepointError(
    'option',
    `${name}.generator: expected the scores of data, too, got none`,
    `it compares both: ${name}().generator(m.critic(m.generator(z)), m.critic(x))`,
  );

/** Refuses scores of two shapes: a broadcast would pair every row with every other, and nobody would see it. */
function checked(loss: GanLoss): GanLoss {
  const check = (real: Tensor, fake: Tensor): void => {
    if (sameShape(real.shape, fake.shape)) return;
    throw new SaddlepointError(
      'shape',
      `${loss.name}: scores of data are ${showShape(real.shape)}, of what was made ${showShape(fake.shape)}`,
      'give both through the same critic, as many rows of each',
    );
  };
  return {
    ...loss,
    critic(real, fake) {
      check(real, fake);
      return loss.critic(real, fake);
    },
    generator(fake, real) {
      if (real !== undefined) check(real, fake);
      return loss.generator(fake, real);
    },
  };
}

/**
 * The game as Goodfellow et al. 2014 state it (equation 1): the critic minimizes −log D(x) − log(1 − D(G(z))), the generator
 * log(1 − D(G(z))), whose gradient fades where the critic is sure; `nonSaturating` mends that.
 *
 * @throws SaddlepointError `option` for a smoothing out of range; the losses `shape` for scores that differ in shape.
 */
export function minimax(options: SmoothingOption = {}): GanLoss {
  const smoothing = smoothingOf('minimax', options);
  return checked({
    name: 'minimax',
    critic: logistic(smoothing),
    generator: (fake) => neg(against(fake, 0)),
  });
}

/**
 * The same critic, and a generator that minimizes −log D(G(z)) (Goodfellow et al. 2014, section 3): its gradient is largest where
 * the critic is sure. The usual choice; with `r1` beside it, it converges (Mescheder et al. 2018).
 *
 * @throws SaddlepointError as `minimax`.
 * @example
 * const loss = ganLosses.nonSaturating({ smoothing: 0.1 });
 * const roles = {
 *   critic: { loss: (m, { x, z }) => loss.critic(m.critic(x), m.critic(m.generator(z))) },
 *   generator: { loss: (m, { z }) => loss.generator(m.critic(m.generator(z))) },
 * };
 */
export function nonSaturating(options: SmoothingOption = {}): GanLoss {
  const smoothing = smoothingOf('nonSaturating', options);
  return checked({
    name: 'nonSaturating',
    critic: logistic(smoothing),
    generator: (fake) => against(fake, 1),
  });
}

/**
 * Least squares (Mao et al. 2017, equation 9): the critic minimizes (D(x) − 1)² / 2 + D(G(z))² / 2, the generator
 * (D(G(z)) − 1)² / 2.
 *
 * @throws SaddlepointError as `minimax`.
 */
export function leastSquares(options: SmoothingOption = {}): GanLoss {
  const smoothing = smoothingOf('leastSquares', options);
  const half = (x: Tensor): Tensor => div(mean(square(x)), 2);
  return checked({
    name: 'leastSquares',
    critic: (real, fake) => add(half(sub(real, 1 - smoothing)), half(fake)),
    generator: (fake) => half(sub(fake, 1)),
  });
}

/**
 * The Wasserstein game (Arjovsky et al. 2017, algorithm 1): the critic minimizes D(G(z)) − D(x), whose negative estimates the
 * distance between data and what is made, the generator −D(G(z)). It needs a critic of bounded slope: `clipWeights(0.01)` behind
 * its optimizer as in the paper, `gradientPenalty`, or `spectralNorm` in its layers. Without one it grows until numbers end.
 */
export const wasserstein = (): GanLoss =>
  checked({
    name: 'wasserstein',
    critic: (real, fake) => sub(mean(fake), mean(real)),
    generator: (fake) => neg(mean(fake)),
  });

/**
 * Hinges (Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17): the critic minimizes max(0, 1 − D(x)) + max(0, 1 + D(G(z))), the
 * generator −D(G(z)). The usual companion of `spectralNorm`.
 */
export const hinge = (): GanLoss =>
  checked({
    name: 'hinge',
    critic: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(1, fake)))),
    generator: (fake) => neg(mean(fake)),
  });

/**
 * The critic says by how much a real row is more real than a made one (Jolicoeur-Martineau 2018): with pairs by index (RSGAN,
 * equations 5 and 6), or each row against the mean of the others (`average`, RaSGAN, equations 7 and 8).
 *
 * @param options average: default false.
 * @throws SaddlepointError `option` where the generator's loss is called without the scores of data.
 */
export function relativistic(options: { readonly average?: boolean } = {}): GanLoss {
  checkKnownOptions('relativistic', options, ['average']);
  const { average = false } = options;
  /** What is minimized by who wants `above` to be the more real. */
  const ahead = (above: Tensor, below: Tensor): Tensor =>
    average
      ? add(against(sub(above, mean(below)), 1), against(sub(below, mean(above)), 0))
      : against(sub(above, below), 1);
  return checked({
    name: 'relativistic',
    critic: (real, fake) => ahead(real, fake),
    generator(fake, real) {
      if (real === undefined) throw needsReal('relativistic');
      return ahead(fake, real);
    },
  });
}
