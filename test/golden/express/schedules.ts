/** @file schedules.json: the rate that each update uses, as SGD on a gradient of −1 shows it. */
import { tensor } from '../../../src/graph/tensor.ts';
import { joinSchedules } from '../../../src/optim/schedules/compose.ts';
import { cosineDecay } from '../../../src/optim/schedules/cosine-decay.ts';
import { cosineRestarts } from '../../../src/optim/schedules/cosine-restarts.ts';
import { cyclic } from '../../../src/optim/schedules/cyclic.ts';
import { exponentialDecay, geometricRamp } from '../../../src/optim/schedules/exponential.ts';
import { inverseTimeDecay } from '../../../src/optim/schedules/inverse-time-decay.ts';
import { constantRate, linearRamp, word2vecDecay } from '../../../src/optim/schedules/linear-ramp.ts';
import { oneCycle, oneCycleMomentum } from '../../../src/optim/schedules/one-cycle.ts';
import { type PlateauSchedule, plateauRate } from '../../../src/optim/schedules/plateau.ts';
import { polynomialDecay } from '../../../src/optim/schedules/polynomial-decay.ts';
import type { Schedule } from '../../../src/optim/schedules/schedule.ts';
import { multiStepDecay, stepDecay } from '../../../src/optim/schedules/step-decay.ts';
import { inverseSqrtDecay, noam, warmUp, warmUpStableDecay } from '../../../src/optim/schedules/warm-up.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import type { Check, GoldenCase } from '../format.ts';
import type { Adapter } from '../session.ts';

type Options = Record<string, number>;
interface Expressed {
  readonly rate: Schedule;
  /** What the file lists beside the rates. */
  readonly momentum?: Schedule;
}
type Express = (options: Options, learningRate: number, name: string) => Expressed;

const HEIGHTS: Record<string, 'constant' | 'halving' | 'exponential'> = {
  cyclic_triangular: 'constant',
  cyclic_triangular2: 'halving',
  cyclic_exp_range: 'exponential',
};

const cycles: Express = (o, _, name) => {
  const { base, max, up, down, base_momentum, max_momentum, gamma } = o as Required<Options>;
  const height = HEIGHTS[name] as 'constant';
  const shape = { up: up as number, down: down as number, height, ...(gamma === undefined ? {} : { factor: gamma }) };
  return {
    rate: cyclic({ from: base as number, to: max as number, ...shape }),
    momentum: cyclic({ from: max_momentum as number, to: base_momentum as number, ...shape }),
  };
};

const oneCycles: Express = (o) => {
  const { max: maximum, total_steps: steps, pct_start: rising, div, final_div, base_momentum, max_momentum } = o;
  const { anneal, three_phase: threePhases } = o as unknown as { anneal: 'cos' | 'linear'; three_phase: boolean };
  const shape = anneal === 'cos' ? ('cosine' as const) : anneal;
  const common = { steps: steps as number, rising: rising as number, shape, threePhases };
  return {
    rate: oneCycle({
      ...common,
      maximum: maximum as number,
      startDivisor: div as number,
      endDivisor: final_div as number,
    }),
    momentum: oneCycleMomentum({
      ...common,
      minimum: base_momentum as number,
      maximum: max_momentum as number,
    }),
  };
};

const plateau: Express = (o, learningRate) => {
  const { factor, patience, threshold, cooldown, min_lr: minimum } = o;
  const { mode, threshold_mode } = o as unknown as { mode: 'min' | 'max'; threshold_mode: 'rel' | 'abs' };
  const thresholdMode = threshold_mode === 'rel' ? 'relative' : 'absolute';
  const rest = { factor, patience, threshold, cooldown, minimum } as Record<string, number>;
  return { rate: plateauRate({ learningRate, mode, thresholdMode, ...rest }) };
};

const stable = (shape: 'linear' | '1-sqrt'): Express => {
  return (_, learningRate) => ({ rate: warmUpStableDecay({ learningRate, steps: 50, warmUp: 5, decay: 15, shape }) });
};

/** By name; the options that a name alone tells stand here. */
const EXPRESS: Readonly<Record<string, Express>> = {
  'step_10_0.5': ({ every, gamma: factor }, learningRate) => ({
    rate: stepDecay({ learningRate, every: every as number, factor: factor as number }),
  }),
  multistep: ({ gamma: factor, ...o }, learningRate) => ({
    rate: multiStepDecay({
      learningRate,
      milestones: o.milestones as unknown as number[],
      factor: factor as number,
    }),
  }),
  constant_factor: ({ factor, steps }, learningRate) => ({
    rate: joinSchedules([
      { schedule: constantRate(learningRate * (factor as number)), steps: steps as number },
      { schedule: constantRate(learningRate) },
    ]),
  }),
  linear_warmup: lines,
  linear_decay: lines,
  'exponential_0.9': ({ gamma: factor }, learningRate) => ({
    rate: exponentialDecay({ learningRate, factor: factor as number }),
  }),
  polynomial_2: ({ steps, power }, learningRate) => ({
    rate: polynomialDecay({ learningRate, steps: steps as number, exponent: power as number }),
  }),
  cosine_50: cosine,
  cosine_50_min: cosine,
  cosine_restarts_10_2: ({ t0, t_mult, eta_min }, learningRate) => ({
    rate: cosineRestarts({
      ...{ learningRate, period: t0 as number },
      ...{ growth: t_mult as number, minimum: eta_min as number },
    }),
  }),
  cyclic_triangular: cycles,
  cyclic_triangular2: cycles,
  cyclic_exp_range: cycles,
  onecycle_cos: oneCycles,
  onecycle_linear: oneCycles,
  onecycle_three_phase: oneCycles,
  warmup5_cosine45: (_, learningRate) => ({ rate: warmUp(5, cosineDecay({ learningRate, steps: 45 })) }),
  noam_d64_w10: () => ({ rate: noam({ dimension: 64, warmUp: 10 }) }),
  inverse_sqrt_warm10: (_, learningRate) => ({ rate: inverseSqrtDecay({ learningRate, warmUp: 10 }) }),
  inverse_time: (_, learningRate) => ({ rate: inverseTimeDecay({ learningRate, decay: 0.1 }) }),
  wsd_warm5_decay15_linear: stable('linear'),
  wsd_1_minus_sqrt: stable('1-sqrt'),
  word2vec_linear_floor: (_, learningRate) => ({ rate: word2vecDecay({ learningRate, steps: 50 }) }),
  plateau_min_p3: plateau,
  plateau_cooldown2_minlr: plateau,
  plateau_max_abs: plateau,
};

function lines({ start, end, steps }: Options, learningRate: number): Expressed {
  const [from, to] = [start as number, end as number].map((factor) => factor * learningRate) as [number, number];
  return { rate: linearRamp({ from, to, steps: steps as number }) };
}

function cosine({ t_max: steps, eta_min: minimum }: Options, learningRate: number): Expressed {
  return { rate: cosineDecay({ learningRate, steps: steps as number, minimum: minimum as number }) };
}

function expressed(name: string, data: GoldenCase): Expressed | undefined {
  if (name === 'lr_range_exponential')
    return {
      rate: geometricRamp({ from: data.lo as number, to: data.hi as number, steps: (data.lr as number[]).length }),
    };
  const express = Object.hasOwn(EXPRESS, name) ? EXPRESS[name] : undefined;
  return express?.((data.options ?? {}) as Options, data.lr0 as number, name);
}

export const schedules: Adapter = (name, data) => {
  if (expressed(name, data) === undefined) return undefined;
  return async (session) => {
    // A plateau has a state: each backend begins anew.
    const { rate, momentum } = expressed(name, data) as Expressed;
    const reports = data.metric as number[] | undefined;
    const transform = sgd({ learningRate: rate });
    const run = session.prepare(({ gradient, scalars }) => {
      const known = { parameters: tensor([0]), slots: {}, gradientNorm: undefined };
      return { update: transform.update({ gradient: gradient as never, scalars: scalars as never, ...known }).update };
    });
    const expected = data.lr as number[];
    const got: number[] = [];
    const inDouble: number[] = [];
    for (const i of expected.keys()) {
      const { update } = await run({ gradient: tensor([-1]), scalars: tensor([...transform.scalars(i)]) });
      got.push(update?.item() as number);
      inDouble.push(rate(i));
      if (reports !== undefined) (rate as PlateauSchedule).report(reports[i] as number);
    }
    const checks: Check[] = [
      { what: 'schedule', got: inDouble, expected },
      { what: 'lr', got, expected },
    ];
    if (data.momentum === undefined) return checks;
    const momenta = data.momentum as number[];
    return [
      ...checks,
      { what: 'momentum', got: momenta.map((_, i) => momentum?.(i) ?? Number.NaN), expected: momenta },
    ];
  };
};
