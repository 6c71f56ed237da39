/** @file The loss of a Wasserstein critic with gradient penalty, whole. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/elementwise.ts';
import { keyOf, type ModelCalls } from '../train/model-calls.ts';
import { wasserstein } from './losses.ts';
import { between, gradientPenalty } from './penalties.ts';

/**
 * What a critic minimizes in the WGAN-GP: mean D(G(z)) − mean D(x) + λ · mean (‖∇D(x̂)‖ − 1)², with x̂ = ε x + (1 − ε) G(z)
 * and ε drawn from [0, 1) for every row.
 *
 * @param models the models of a player's loss; they must be named `critic` and `generator`.
 * @param x rows of the data [n, …].
 * @param z noise [n, …], for the generator.
 * @param options gradientPenalty: λ ≥ 0, default 10; 0 leaves the penalty out.
 * @returns a scalar. Of rows alone, so batch normalization in the critic would make it wrong.
 * @throws SaddlepointError `shape` if generated rows have not the shape of x.
 * @example critic: { loss: (m, { x, z }) => wassersteinCritic(m, x, z, { gradientPenalty: 10 }), repeat: 5 }
 * @see Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville: "Improved training of Wasserstein GANs", NeurIPS 2017, Algorithm 1.
 */
export function wassersteinCritic(
  models: ModelCalls<'critic' | 'generator'>,
  x: Tensor,
  z: Tensor,
  options: { readonly gradientPenalty?: number } = {},
): Tensor {
  checkKnownOptions('wassersteinCritic', options, ['gradientPenalty']);
  const weight = checkNumber('wassersteinCritic.gradientPenalty', options.gradientPenalty ?? 10, { min: 0 });
  const fake = models.generator(z);
  if (!sameShape(fake.shape, x.shape)) {
    throw new SaddlepointError(
      'shape',
      `wassersteinCritic: the generator gives ${showShape(fake.shape)}, x is ${showShape(x.shape)}`,
      'let the last layer of the generator give rows of the shape of x',
    );
  }
  const distance = wasserstein().critic(models.critic(x), models.critic(fake));
  if (weight === 0) return distance;
  if (keyOf(models) === undefined) {
    throw new SaddlepointError(
      'option',
      'wassersteinCritic: expected the models that a loss gets, for their random numbers',
      'under other names: wassersteinCritic({ ...m, critic: m.judge, generator: m.artist }, x, z)',
    );
  }
  return add(distance, gradientPenalty(models.critic, between(models, x, fake), { weight }));
}
