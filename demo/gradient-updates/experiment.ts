/** @file Full, stochastic and growing batches: what a pass over the data buys, on a convex problem and on a network. */
import {
  batchSchedule,
  chain,
  fit,
  fitSaga,
  minimize,
  sgd,
  svrg,
  type Tensor,
  tensor,
  weightAverage,
} from 'saddlepoint';
import type { Experiment, Finding } from '../experiment.ts';
import { gapFigure } from './figure.ts';
import {
  CLASSES,
  digitsProblem,
  LAMBDA,
  LIPSCHITZ,
  list,
  type Problem,
  reached,
  ridge,
  type Sample,
  shared,
  start,
  watch,
} from './problem.ts';
import { smith } from './smith.ts';

type Runs = Map<string, readonly Sample[]>;

/** Steps of fit, looked at every so many. */
async function descend(
  problem: Problem,
  options: {
    readonly learningRate: number;
    readonly momentum?: number;
    readonly batchSize: number;
    readonly epochs: number;
    readonly every: number;
    readonly variance?: boolean;
  },
): Promise<readonly Sample[]> {
  const { learningRate, momentum = 0, batchSize, epochs, every, variance } = options;
  const perEpoch = Math.ceil(problem.rows / batchSize);
  const passesAt = (steps: number): number => {
    if (!variance) return steps / perEpoch;
    // A round: one pass for the snapshot, two for each epoch of steps.
    const [rounds, rest] = [Math.floor(steps / perEpoch / 3), (steps / perEpoch) % 3];
    return 5 * rounds + (rest <= 1 ? rest : 1 + 2 * (rest - 1));
  };
  const watching = watch(problem, every, passesAt);
  await fit(
    problem.model(),
    { x: problem.x, y: problem.y },
    {
      ...{ ...shared, batchSize, epochs, callbacks: [watching], optimizer: sgd({ learningRate, momentum }) },
      tricks: [ridge, ...(variance ? [svrg({ snapshotEvery: 2 })] : [])],
    },
  );
  return watching.samples;
}

async function averaged(problem: Problem): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const epochs of [1, 2, 3, 4, 5, 10, 20, 30]) {
    const run = await fit(
      problem.model(),
      { x: problem.x, y: problem.y },
      {
        ...{ ...shared, batchSize: 1, epochs, tricks: [ridge] },
        optimizer: chain(sgd({ learningRate: 0.1 }), weightAverage({ from: problem.rows })),
      },
    );
    const [leaf] = [...run.parameters.values()];
    samples.push({ passes: epochs, gap: problem.value(leaf?.data ?? []) - problem.minimum });
  }
  return samples;
}

async function saga(problem: Problem, learningRate: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  await fitSaga(
    problem.model(),
    { x: problem.x, y: problem.y },
    {
      ...{ loss: shared.loss, standardize: false, device: 'wasm', learningRate, weightDecay: LAMBDA, epochs: 36 },
      every: problem.rows,
      onStep(step, parameters) {
        const [leaf] = [...parameters.values()];
        samples.push({ passes: step / problem.rows, gap: problem.value(leaf?.data ?? []) - problem.minimum });
      },
    },
  );
  return samples;
}

/** One pass of SGD in a growing batch, then L-BFGS from there: passes of both. */
async function handedOver(problem: Problem): Promise<readonly Sample[]> {
  const watching = watch(problem, 1_000_000, (steps) => steps);
  const epochs = 4;
  const run = await fit(
    problem.model(),
    { x: problem.x, y: problem.y },
    {
      ...{ ...shared, epochs, callbacks: [watching], tricks: [ridge], optimizer: sgd({ learningRate: 0.2 }) },
      batchSize: batchSchedule.grow({ from: 1, factor: 2, every: 'epoch', max: problem.rows }),
    },
  );
  const [leaf] = [...run.parameters.values()];
  const samples = [{ passes: epochs, gap: problem.value(leaf?.data ?? []) - problem.minimum }];
  const w = tensor(Float32Array.from(leaf?.data ?? []), [problem.columns, CLASSES]);
  return [...samples, ...(await evaluationsFrom(problem, w)).map((gap, i) => ({ passes: epochs + i + 1, gap }))];
}

/** The lowest gap after each evaluation of L-BFGS, which is not more often looked at than it evaluates. */
async function evaluationsFrom(problem: Problem, w: Tensor): Promise<readonly number[]> {
  const gaps: number[] = [];
  for (let most = 1; most <= 60 && (gaps.at(-1) ?? 1) > 1e-9; most += most < 10 ? 1 : 3) {
    const { value } = await minimize(
      ({ w: at }: { w: Tensor }) => problem.objective(at),
      { w },
      {
        ...{ device: 'reference', maximumEvaluations: most, gradientTolerance: 0, valueTolerance: 0 },
      },
    );
    while (gaps.length < most - 1) gaps.push(gaps.at(-1) ?? Number.POSITIVE_INFINITY);
    gaps.push(value - problem.minimum);
  }
  return gaps;
}

const within = (found: number | undefined, wanted: number, share: number): boolean =>
  found !== undefined && Math.abs(found / wanted - 1) <= share;

export const experiment: Experiment = {
  section: 'gradient-updates',
  title: 'Gradient updates: full, stochastic, growing batches',
  minutes: 4,
  async run(tell) {
    const problem = await digitsProblem();
    const { rows } = problem;
    const quarter = Math.floor(rows / 4);
    const runs: Runs = new Map();
    const at = (name: string, tolerance: number) => reached(runs.get(name) ?? []).get(tolerance);
    const ours = (name: string, tolerances: readonly number[]) => list(reached(runs.get(name) ?? []), tolerances);
    const take = async (name: string, samples: Promise<readonly Sample[]>) => {
      runs.set(name, await samples);
      tell(`${name}: ${ours(name, [1e-1, 1e-2, 1e-4, 1e-6, 1e-8])}`);
    };
    tell(`f* = ${problem.minimum}`);
    await take(
      'L-BFGS',
      evaluationsFrom(problem, start(problem.columns).w).then((gaps) => gaps.map((gap, i) => ({ passes: i + 1, gap }))),
    );
    // With the start, whose gradient is the first evaluation.
    const full = { batchSize: rows, every: 1, learningRate: 1 / LIPSCHITZ };
    await take('gradient descent', descend(problem, { ...full, epochs: 1720 }));
    await take('gradient descent, momentum 0.9', descend(problem, { ...full, momentum: 0.9, epochs: 170 }));
    await take('SGD', descend(problem, { batchSize: 1, learningRate: 0.1, epochs: 200, every: quarter }));
    await take('SGD, averaged', averaged(problem));
    await take('minibatch 32', descend(problem, { batchSize: 32, learningRate: 0.5, epochs: 60, every: 19 }));
    for (const learningRate of [0.1, 0.2]) {
      const name = `SVRG ${learningRate}`;
      await take(name, descend(problem, { batchSize: 1, learningRate, epochs: 36, every: rows, variance: true }));
      await take(`SAGA ${learningRate}`, saga(problem, learningRate));
    }
    await take('growing, then L-BFGS', handedOver(problem));
    const floor = Math.min(...(runs.get('SGD') ?? []).map(({ gap }) => gap));
    const lbfgsTargets = [8, 18, 27, 37].map((evaluations) => Math.floor(1.3 * evaluations));
    const gdTargets = [
      [1e-1, 43],
      [1e-2, 180],
      [1e-4, 820],
      [1e-6, 1681],
    ] as const;
    const convex: Finding[] = [
      {
        what: 'L-BFGS (10): evaluations to 1e-2 / 1e-4 / 1e-6 / 1e-8',
        published: 'superlinear in practice',
        reference: '8 / 18 / 27 / 37',
        ours: ours('L-BFGS', [1e-2, 1e-4, 1e-6, 1e-8]),
        target: `at most ${lbfgsTargets.join(' / ')}`,
        isMet: [1e-2, 1e-4, 1e-6, 1e-8].every(
          (tolerance, i) => (at('L-BFGS', tolerance) ?? 1e9) <= (lbfgsTargets[i] as number),
        ),
      },
      {
        what: 'gradient descent, rate 1 / L: passes to 1e-1 / 1e-2 / 1e-4 / 1e-6',
        published: 'linear rate',
        reference: '43 / 180 / 820 / 1,681',
        ours: ours('gradient descent', [1e-1, 1e-2, 1e-4, 1e-6]),
        target: '± 1 %',
        isMet: gdTargets.every(([tolerance, wanted]) =>
          within(at('gradient descent', tolerance), wanted, Math.max(0.01, 1 / wanted)),
        ),
      },
      {
        what: 'the same, momentum 0.9',
        reference: '8 / 55 / 101 / 157',
        ours: ours('gradient descent, momentum 0.9', [1e-1, 1e-2, 1e-4, 1e-6]),
        target: '± 1 % (one step where that is less)',
        isMet: (
          [
            [1e-1, 8],
            [1e-2, 55],
            [1e-4, 101],
            [1e-6, 157],
          ] as const
        ).every(([tolerance, wanted]) =>
          within(at('gradient descent, momentum 0.9', tolerance), wanted, Math.max(0.01, 1 / wanted)),
        ),
      },
      {
        what: 'SGD, batch 1, rate 0.1: passes to 1e-1 / 1e-2; lowest gap in 200',
        published: 'sublinear, noise floor',
        reference: '0.5 / 2.75; never 1e-3',
        ours: `${ours('SGD', [1e-1, 1e-2])}; ${floor.toExponential(1)}`,
        target: '1e-1 within 1 pass',
        isMet: (at('SGD', 1e-1) ?? 1e9) <= 1,
      },
      {
        what: 'the same, averaged from pass 1: passes to 1e-4',
        reference: '30',
        ours: ours('SGD, averaged', [1e-4]),
        target: 'reached',
        isMet: at('SGD, averaged', 1e-4) !== undefined,
      },
      {
        what: 'batch 1, × 2 an epoch for 4 epochs, rate 0.2, then L-BFGS: passes to 1e-2 / 1e-4 / 1e-6',
        published: 'linear rate where the batch grows geometrically',
        reference: '1.75 passes to 1e-2, then slow (1.4e-3 at 300) without the handing over',
        ours: ours('growing, then L-BFGS', [1e-2, 1e-4, 1e-6]),
        target: 'hand over to L-BFGS: 1e-6 before 300 passes',
        isMet: (at('growing, then L-BFGS', 1e-6) ?? 1e9) < 300,
      },
      ...([0.1, 0.2] as const).flatMap((rate): Finding[] => [
        {
          what: `SVRG, batch 1, rate ${rate}: passes to 1e-2 / 1e-4 / 1e-6 / 1e-8`,
          published: 'linear rate',
          reference: rate === 0.1 ? '10 / 30 / 55 / –' : '15 / 25 / 40 / 50',
          ours: ours(`SVRG ${rate}`, [1e-2, 1e-4, 1e-6, 1e-8]),
          ...(rate === 0.2 && { target: '1e-8 within 60 passes', isMet: (at('SVRG 0.2', 1e-8) ?? 1e9) <= 60 }),
        },
        {
          what: `SAGA, batch 1, rate ${rate}: passes to 1e-2 / 1e-4 / 1e-6 / 1e-8`,
          published: 'linear rate',
          reference: rate === 0.1 ? '5 / 12 / 22 / 33' : '5 / 11 / 16 / 22',
          ours: ours(`SAGA ${rate}`, [1e-2, 1e-4, 1e-6, 1e-8]),
          ...(rate === 0.2 && { target: '1e-8 within 28 passes', isMet: (at('SAGA 0.2', 1e-8) ?? 1e9) <= 28 }),
        },
      ]),
      {
        what: 'minibatch 32, rate 0.5: passes to 1e-1 / 1e-2',
        reference: '3.3 / 13',
        ours: ours('minibatch 32', [1e-1, 1e-2]),
        target: '± 20 %',
        isMet: within(at('minibatch 32', 1e-1), 3.3, 0.2) && within(at('minibatch 32', 1e-2), 13, 0.2),
      },
    ];
    const network = await smith(tell);
    return {
      tables: [
        { title: 'Softmax regression on digits8: a pass is a gradient of each row', findings: convex },
        { title: 'MLP 784-128-10 on digits28, 15 epochs, seeds 0–2', findings: network },
      ],
      figures: [gapFigure(runs)],
      notes: [
        'Stochastic runs are computed in f32 by the wasm device, L-BFGS in double by the reference device; gaps are measured in double by code of their own. Rows come in passes in random order (SAGA: drawn with replacement).',
      ],
    };
  },
};
