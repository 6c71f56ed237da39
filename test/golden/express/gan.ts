/** @file gan.json: the losses of critics and generators on scores, and penalties of a small critic's gradient. */
import { grad } from '../../../src/autodiff/grad.ts';
import * as losses from '../../../src/gan/losses.ts';
import { gradientPenalty, r1 } from '../../../src/gan/penalties.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { add, greater, mul, sub, tanh, where } from '../../../src/ops/elementwise.ts';
import { linear } from '../../../src/ops/matmul.ts';
import { transpose } from '../../../src/ops/movement.ts';
import type { GoldenCase, GoldenTensor } from '../format.ts';
import { type Adapter, type Expression, inputsOf, type Tensors, tensorCheck } from '../session.ts';

const LOSSES: Readonly<Record<string, losses.GanLoss>> = {
  nonsaturating: losses.nonSaturating(),
  saturating: losses.minimax(),
  hinge: losses.hinge(),
  lsgan: losses.leastSquares(),
  wgan: losses.wasserstein(),
  relativistic_pairing: losses.relativistic(),
};

const scores = (data: GoldenCase, loss: losses.GanLoss): Expression => {
  const names = ['d_loss', 'g_loss', 'd_grad_real', 'd_grad_fake', 'g_grad_fake'];
  return async (session) => {
    const results = await session.prepare((given) => {
      const { real, fake } = given as Record<'real' | 'fake', Tensor>;
      const ofCritic = grad((at: Tensors) => loss.critic(at.real as Tensor, at.fake as Tensor), { real, fake });
      const ofGenerator = grad((at: Tensor) => loss.generator(at, real), fake);
      return {
        d_loss: loss.critic(real, fake),
        g_loss: loss.generator(fake, real),
        d_grad_real: ofCritic.real as Tensor,
        d_grad_fake: ofCritic.fake as Tensor,
        g_grad_fake: ofGenerator as Tensor,
      };
    })(inputsOf(data, ['real', 'fake']));
    return names.map((name) => tensorCheck(name, results[name], data[name]));
  };
};

const leaky = (x: Tensor): Tensor => where(greater(x, 0), x, mul(x, 0.2));
const LEAVES = ['v1', 'c1', 'v2'];

/** D(x) = v2 f(v1 x + c1), of leaves that are (out, in). */
const criticOf =
  (leaves: Tensors, f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    const { v1, c1, v2 } = leaves as Record<'v1' | 'c1' | 'v2', Tensor>;
    return linear(f(linear(x, transpose(v1), c1)), transpose(v2));
  };

const penalties = (name: string, data: GoldenCase): Expression => {
  const f = name.endsWith('leaky') ? leaky : tanh;
  const isR1 = name.startsWith('r1');
  const gamma = Number(/gamma(\d+)/.exec(name)?.[1]);
  const inputs = inputsOf(data, isR1 ? [...LEAVES, 'real'] : [...LEAVES, 'real', 'fake', 'eps']);
  const loss = losses.wasserstein();
  return async (session) => {
    const results = await session.prepare((given) => {
      const { real, fake, eps } = given as Record<'real' | 'fake' | 'eps', Tensor>;
      const leaves = Object.fromEntries(LEAVES.map((leaf) => [leaf, given[leaf] as Tensor]));
      const penalty = (at: Tensors): Tensor =>
        isR1
          ? r1(criticOf(at, f), real, { gamma })
          : gradientPenalty(criticOf(at, f), add(mul(eps, real), mul(sub(1, eps), fake)), { weight: 10 });
      const whole = (at: Tensors): Tensor => {
        const critic = criticOf(at, f);
        return isR1 ? penalty(at) : add(loss.critic(critic(real), critic(fake)), penalty(at));
      };
      const gradients = grad(whole, leaves) as Tensors;
      const ofPenalty = grad(penalty, leaves) as Tensors;
      return {
        penalty: penalty(leaves),
        loss: whole(leaves),
        ...Object.fromEntries(
          LEAVES.flatMap((leaf) => [
            [`g ${leaf}`, gradients[leaf] as Tensor],
            [`g_penalty ${leaf}`, ofPenalty[leaf] as Tensor],
          ]),
        ),
      };
    })(inputs);
    const ofLeaves = (key: string) =>
      (data[key] as GoldenTensor[]).map((expected, i) => {
        const what = `${key} ${LEAVES[i]}`;
        return tensorCheck(what, results[what], expected);
      });
    const known = [tensorCheck('penalty', results.penalty, data.penalty), ...ofLeaves('g')];
    return isR1 ? known : [...known, tensorCheck('loss', results.loss, data.loss), ...ofLeaves('g_penalty')];
  };
};

export const gan: Adapter = (name, data) => {
  const loss = LOSSES[name];
  if (loss !== undefined) return scores(data, loss);
  return name.startsWith('wgan_gp') || name.startsWith('r1') ? penalties(name, data) : undefined;
};
