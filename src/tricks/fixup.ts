/**
 * @file Deep residual nets without norms, a trick of kind 'model': Zhang et al. 2019 (arXiv 1901.09321, Fixup), rules 1 and 2.
 * Deviations: kernels start by the model's own initializer, which should be heNormal; rule 3, a scalar bias before each layer and a
 * scalar factor for each block, is the model's affair (every layer here has biases, and `residual(…, { scale: 1 })` the factor).
 */
import { SaddlepointError } from '../core/errors.ts';
import { TrainedModel } from '../train/model.ts';
import { branchesOf, withLeaves } from '../train/residual-branches.ts';
import type { ModelTrick } from '../train/trick.ts';

/**
 * Starts the last kernel of every residual block, and of the model, at 0, and scales the other m − 1 kernels of a block by
 * L^(−1/(2m − 2)), L being the number of blocks: a step then changes the outputs by as much as the learning rate says, whatever the
 * depth.
 *
 * @throws SaddlepointError `option` when training begins, for a model without residual blocks, or a block without kernels.
 * @example fit(model, data, { loss, tricks: [fixup()] })
 */
export function fixup(): ModelTrick {
  return {
    ...{ kind: 'model', name: 'fixup', options: {}, claims: ['start of residual blocks'] },
    prepare({ state }) {
      const branches = branchesOf(state, 'fixup');
      const changes = new Map<string, (values: Float32Array) => Float32Array>();
      const zero = (values: Float32Array): Float32Array => values.fill(0);
      for (const { path, kernels } of branches) {
        const m = kernels.length;
        if (m === 0) throw new SaddlepointError('option', `fixup: the residual block '${path}' has no kernel`);
        const factor = m === 1 ? 1 : branches.length ** (-1 / (2 * m - 2));
        kernels.forEach((kernel, i) => {
          changes.set(kernel, i === m - 1 ? zero : (values) => values.map((value) => value * factor));
        });
      }
      const last = [...state.parameters]
        .filter(([, { kind, shape }]) => kind === 'trainable' && shape.length >= 2)
        .at(-1);
      if (last !== undefined) changes.set(last[0], zero);
      return new TrainedModel(withLeaves(state, changes));
    },
  };
}
