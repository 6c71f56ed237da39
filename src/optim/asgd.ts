/** @file ASGD: gradient descent whose weights are averaged. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { power } from '../core/power.ts';
import { add, mul, neg, sub } from '../ops/elementwise.ts';
import { scalarAt } from './blocks.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface AsgdOptions {
  /** Of the first step, ≥ 0; default 0.01. */
  readonly learningRate?: number;
  /** λ: how strongly parameters shrink and the rate falls, ≥ 0; default 1e-4. */
  readonly decay?: number;
  /** How fast the rate falls, ≥ 0; default 0.75. */
  readonly exponent?: number;
  /** The step from which on weights are averaged: a whole number ≥ 0, default 1e6. Before it, the average is the weights. */
  readonly averageFrom?: number;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

/**
 * ηₜ = learningRate / (1 + λ · learningRate · (t − 1))^exponent; update = −ηₜ(g + λ · parameters). Evaluation reads the
 * average of the weights since step `averageFrom`.
 *
 * The slot holds average − parameters.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Polyak & Juditsky 1992; Bottou 2010, section 5, in PyTorch's form.
 * @example asgd({ learningRate: 0.1, averageFrom: 1000 })
 */
export function asgd(options: AsgdOptions = {}): Transform {
  checkKnownOptions('asgd', options, ['learningRate', 'decay', 'exponent', 'averageFrom', 'weightDecay']);
  const learningRate = checkNumber('asgd.learningRate', options.learningRate ?? 0.01, { min: 0 });
  const decay = checkNumber('asgd.decay', options.decay ?? 1e-4, { min: 0 });
  const exponent = checkNumber('asgd.exponent', options.exponent ?? 0.75, { min: 0 });
  const averageFrom = checkNumber('asgd.averageFrom', options.averageFrom ?? 1e6, { min: 0, integer: true });
  const weightDecay = checkNumber('asgd.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const rate = (step: number): number => learningRate / power(1 + decay * learningRate * step, exponent);
  return {
    name: 'asgd',
    options: { learningRate, decay, exponent, averageFrom, weightDecay },
    slots: ['averageOffset'],
    // The rate, and the share that the average keeps of itself: PyTorch's 1 − μ, μ = 1 / max(1, t − t₀).
    scalarCount: 2,
    learningRate: rate,
    scalars: (step, scale = 1) => [rate(step) * scale, 1 - 1 / Math.max(1, step - averageFrom)],
    update(input) {
      const { parameters, scalars } = input;
      const gradient = withL2(input.gradient, parameters, weightDecay);
      const update = mul(add(gradient, mul(parameters, decay)), neg(scalarAt(scalars, 0)));
      const offset = sub(slot(input, 'asgd', 'averageOffset'), update);
      return { update, slots: { averageOffset: mul(offset, scalarAt(scalars, 1)) } };
    },
    evaluationParameters: (input) => add(input.parameters, slot(input, 'asgd', 'averageOffset')),
  };
}
