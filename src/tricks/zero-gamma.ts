/**
 * @file Residual blocks that start as the identity, a trick of kind 'model': the last norm's scale γ of each block starts at 0. Goyal
 * et al. 2017 (arXiv 1706.02677), section 5.1. No deviations; any norm with a γ counts, not batch norm alone.
 */
import { SaddlepointError } from '../core/errors.ts';
import { TrainedModel } from '../train/model.ts';
import { branchesOf, withLeaves } from '../train/residual-branches.ts';
import type { ModelTrick } from '../train/trick.ts';

/**
 * Starts the scale of the last norm of every `residual` block at 0, so that a deep net begins as a shallow one, with gradients that
 * go straight through; the blocks grow in as they learn.
 *
 * @throws SaddlepointError `option` when training begins, for a model without residual blocks, or a block without a norm.
 * @example fit(model, data, { loss, tricks: [zeroGamma()] })
 */
export function zeroGamma(): ModelTrick {
  return {
    ...{ kind: 'model', name: 'zeroGamma', options: {}, claims: ['start of residual blocks'] },
    prepare({ state }) {
      const changes = branchesOf(state, 'zeroGamma').map(({ path, gammas }) => {
        const last = gammas.at(-1);
        if (last !== undefined) return [last, (values: Float32Array) => values.fill(0)] as const;
        throw new SaddlepointError(
          'option',
          `zeroGamma: the residual block '${path}' has no norm`,
          'fixup() starts blocks without norms',
        );
      });
      return new TrainedModel(withLeaves(state, new Map(changes)));
    },
  };
}
