/** @file tricks.json: attacks on a small network, and what is trained on them. */

import type { Attack } from '../../../src/attacks/attack.ts';
import { divergences, dlrLoss } from '../../../src/attacks/class-losses.ts';
import { bim, fgsm, pgd } from '../../../src/attacks/iterated.ts';
import type { Problem } from '../../../src/attacks/problem.ts';
import { grad } from '../../../src/autodiff/grad.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { add, mul, tanh } from '../../../src/ops/elementwise.ts';
import { linear } from '../../../src/ops/matmul.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { mean, sum } from '../../../src/ops/reduce.ts';
import { softmaxCrossEntropy } from '../../../src/ops/softmax.ts';
import { type GoldenCase, type GoldenTensor, hostTensorOf, numbersOf } from '../format.ts';
import { type Adapter, type Expression, type Tensors, tensorCheck } from '../session.ts';

const WEIGHTS = ['w1', 'b1', 'w2', 'b2'] as const;

const logits = (net: Tensors, u: Tensor): Tensor => {
  const { w1, b1, w2, b2 } = net as Record<(typeof WEIGHTS)[number], Tensor>;
  return linear(tanh(linear(u, transpose(w1), b1)), transpose(w2), b2);
};

const netOf = (net: GoldenCase): Tensors =>
  Object.fromEntries([...WEIGHTS, 'x'].map((name) => [name, hostTensorOf(net[name])]));

function problemOf(given: Tensors): Problem {
  const { x, y, start } = given as { x: Tensor; y: Tensor; start?: Tensor };
  return {
    ...{ x, labels: y, ...(start && { start }) },
    predict: (u) => logits(given, u),
    losses: (u) => softmaxCrossEntropy(logits(given, u), y),
    random: () => {
      throw new Error('a golden attack draws nothing');
    },
  };
}

/** The rows that each attack ends with. */
const attacked = (
  net: GoldenCase,
  labels: unknown,
  runs: readonly [Attack, unknown][],
  start?: unknown,
): Expression => {
  const given = {
    ...netOf(net),
    y: hostTensorOf(labels, 'i32'),
    ...(start !== undefined && { start: hostTensorOf(start) }),
  };
  return async (session) => {
    const run = session.prepare((inputs) =>
      Object.fromEntries(runs.map(([attack], i) => [`rows ${i}`, attack.perturb(problemOf(inputs))])),
    );
    const found = await run(given);
    return runs.map(([, expected], i) => tensorCheck(`rows ${i}`, found[`rows ${i}`], expected));
  };
};

/** The summed cross-entropies at given rows. */
const withLosses = (
  net: GoldenCase,
  inner: Expression,
  steps: readonly unknown[],
  losses: readonly number[],
): Expression => {
  const given = { ...netOf(net), y: hostTensorOf(net.y, 'i32') };
  return async (session) => {
    const run = session.prepare((inputs) => ({ loss: sum(problemOf(inputs).losses(inputs.u as Tensor)) }));
    const checks = await inner(session);
    for (const [i, step] of steps.entries()) {
      const { loss } = await run({ ...given, u: hostTensorOf(step) });
      checks.push({ what: `loss ${i}`, got: (loss as Tensor).data, expected: [losses[i] as number] });
    }
    return checks;
  };
};

const tradesCase = (net: GoldenCase, data: GoldenCase): Expression => {
  const given = { ...netOf(net), y: hostTensorOf(net.y, 'i32'), adversarial: hostTensorOf(data.x_adv) };
  return async (session) => {
    const parts = (inputs: Tensors) => {
      const at = (x: Tensor): Tensor => logits(inputs, x);
      const natural = mean(softmaxCrossEntropy(at(inputs.x as Tensor), inputs.y as Tensor));
      const kl = mean(divergences(at(inputs.x as Tensor), at(inputs.adversarial as Tensor)));
      return { natural, kl, loss: add(natural, mul(kl, 6)) };
    };
    const run = session.prepare((inputs) => {
      const weights = Object.fromEntries(WEIGHTS.map((name) => [name, inputs[name] as Tensor]));
      const found = grad((w: Tensors) => parts({ ...inputs, ...w }).loss, weights) as Tensors;
      return { ...parts(inputs), ...Object.fromEntries(WEIGHTS.map((name) => [`g ${name}`, found[name] as Tensor])) };
    });
    const results = await run(given);
    return [
      ...(['natural', 'kl', 'loss'] as const).map((name) => tensorCheck(name, results[name], data[name])),
      ...WEIGHTS.map((name, i) => tensorCheck(name, results[`g ${name}`], (data.g as GoldenTensor[])[i])),
    ];
  };
};

export const attackCases: Adapter = (name, data, { _net: net = {} }) => {
  const steps = data.steps as readonly unknown[];
  const each = (make: (count: number) => Attack): [Attack, unknown][] => steps.map((step, i) => [make(i + 1), step]);
  switch (name) {
    case 'fgsm_eps0.1':
      return attacked(net, net.y, [[fgsm({ epsilon: 0.1 }), data.x_adv]]);
    case 'fgsm_targeted_eps0.1':
      return attacked(net, data.target, [[fgsm({ epsilon: 0.1, targeted: true }), data.x_adv]]);
    case 'pgd_linf_eps0.2_a0.05_10': {
      const runs = each((count) => pgd({ epsilon: 0.2, stepSize: 0.05, steps: count }));
      const losses = Array.isArray(data.loss) ? (data.loss as number[]) : numbersOf((data.loss as GoldenTensor).d);
      return withLosses(net, attacked(net, net.y, runs, data.start), steps, losses);
    }
    case 'pgd_l2_eps0.5_a0.2_10':
      return attacked(
        net,
        net.y,
        each((count) => bim({ epsilon: 0.5, norm: 'l2', stepSize: 0.2, steps: count })),
      );
    case 'dlr_loss': {
      const inputs = { z: hostTensorOf(data.logits), labels: hostTensorOf(data.y, 'i32') };
      return async (session) => {
        const run = session.prepare(({ z, labels }) => ({ dlr: dlrLoss(z as Tensor, labels as Tensor) }));
        return [tensorCheck('dlr', (await run(inputs)).dlr, data.dlr)];
      };
    }
    case 'trades_beta6':
      return tradesCase(net, data);
    default:
      return undefined;
  }
};
