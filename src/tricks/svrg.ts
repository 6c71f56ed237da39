/**
 * @file SVRG: gradients whose noise is taken out by those at a snapshot. Kind: gradient. Johnson & Zhang 2013, "Accelerating
 * stochastic gradient descent using predictive variance reduction", figure 1, with option I (the snapshot is the last point); deviation:
 * minibatches, and passes in the sampler's order in place of draws with replacement. For deep nets see Defazio & Bottou 2019,
 * "On the ineffectiveness of variance reduced optimization for deep learning": there it rarely helps.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, div, mul, sub, where } from '../ops/elementwise.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { scalarAt } from '../optim/blocks.ts';
import type { GradientTrick } from '../train/trick.ts';

/**
 * Every round begins with an epoch that takes the gradient over all rows, at a snapshot of the parameters, and moves nothing;
 * then for `snapshotEvery` epochs each step's gradient is g(w) − g(snapshot) + mean gradient of the snapshot, both of the same
 * minibatch. A round of 1 + s epochs computes as many gradients as 1 + 2 s passes over the data. With it a constant learning
 * rate converges linearly on strongly convex problems.
 *
 * Give it an optimizer that does not move where the gradient is 0: `sgd` without momentum and weight decay; L2 as a regularizer
 * is part of the gradient, and welcome. No dropout: its masks would differ between the snapshot's pass and the steps.
 *
 * @param options snapshotEvery: epochs of steps a round, a whole number ≥ 1, default 2.
 * @throws SaddlepointError `option` for a value out of range.
 * @example fit(model, data, { loss, optimizer: sgd({ learningRate: 0.1 }), batchSize: 1, tricks: [svrg()] })
 */
export function svrg(options: { readonly snapshotEvery?: number } = {}): GradientTrick {
  checkKnownOptions('svrg', options, ['snapshotEvery']);
  const snapshotEvery = checkNumber('svrg.snapshotEvery', options.snapshotEvery ?? 2, { min: 1, integer: true });
  return {
    kind: 'gradient',
    meetingRows: 'weighs minibatches by their rows',
    name: 'svrg',
    options: { snapshotEvery },
    claims: ['correction of the gradient'],
    scalarCount: 2,
    countsEpochs: true,
    gradientsPerStep: (step, stepsPerEpoch) => (step % ((1 + snapshotEvery) * stepsPerEpoch) < stepsPerEpoch ? 1 : 2),
    // Whether the step is one of the snapshot's pass, and whether it is its first.
    scalars(step, stepsPerEpoch) {
      const inRound = step % ((1 + snapshotEvery) * stepsPerEpoch);
      return [Number(inRound < stepsPerEpoch), Number(inRound === 0)];
    },
    state: ({ leaves }) => ({
      rows: { shape: [1], dtype: 'f32' },
      ...Object.fromEntries(
        [...leaves].flatMap(([path, shape]) =>
          ['snapshot', 'sum'].map((name) => [`${name} ${path}`, { shape, dtype: 'f32' as const }]),
        ),
      ),
    }),
    wrap: (gradient, context) => (at) => {
      const { trained, read, write, rows, scalars } = context;
      if (trained.length === 0) throw new SaddlepointError('option', 'svrg: nothing is trained');
      const [isPass, isFirst] = [scalarAt(scalars, 0), scalarAt(scalars, 1)];
      const of = (leaves: ReadonlyMap<string, Tensor>, path: string): Tensor => leaves.get(path) as Tensor;
      const here = gradient(at);
      const leaves = new Map(at.leaves);
      for (const path of trained) leaves.set(path, where(isPass, of(at.leaves, path), read(`snapshot ${path}`)));
      const there = gradient({ leaves, batch: at.batch });
      const counted = where(isPass, add(where(isFirst, 0, read('rows')), rows), read('rows'));
      write('rows', counted);
      const gradients = new Map(
        trained.map((path) => {
          const own = of(here.gradients, path);
          const total = read(`sum ${path}`);
          const sum = where(isPass, add(where(isFirst, 0, total), mul(own, rows)), total);
          write(`sum ${path}`, sum);
          write(`snapshot ${path}`, of(leaves, path));
          const corrected = add(sub(own, of(there.gradients, path)), div(sum, reshape(counted, [])));
          return [path, where(isPass, broadcastTo(tensor(0), own.shape), corrected)] as const;
        }),
      );
      return { loss: here.loss, gradients };
    },
  };
}
