/**
 * @file Class-balanced batches: rows of rare classes come more often. Kind: sampler. After Kang et al. 2020, "Decoupling
 * representation and classifier for long-tailed recognition", eq. 1 (p_class ∝ n_class^q); deviation: draws are systematic, so
 * that an epoch has the shares exactly, but for one row.
 */
import { checkNumber, SaddlepointError } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { drawByWeight } from '../data/draw.ts';
import type { Sampler } from '../train/trick.ts';

/**
 * Draws rows so that a class with n rows has a share ∝ n^power of an epoch: with 0 all classes come alike. Rows of rare classes
 * are seen several times an epoch, some of frequent ones not at all.
 *
 * @param power in [0, 1], default 0; ½ is square-root sampling; 1 is the data as they are, and changes nothing.
 * @throws SaddlepointError `option` for a power out of range; `data`, when the run begins, for targets that are no classes.
 * @example fit(model, data, { loss: crossEntropy(), tricks: [classBalanced()] })
 */
export function classBalanced(power = 0): Sampler {
  checkNumber('classBalanced', power, { min: 0, max: 1 });
  return {
    kind: 'sampler',
    name: 'classBalanced',
    options: { power },
    isNeutral: power === 1,
    open({ rows, labels, seed }) {
      if (labels === undefined)
        throw new SaddlepointError(
          'data',
          'classBalanced: the targets are no classes, one a row',
          'weightedRows(weights)',
        );
      const counts = new Map<number, number>();
      for (const row of rows) counts.set(labels[row] as number, (counts.get(labels[row] as number) ?? 0) + 1);
      const weights = Float64Array.from(rows, (row) => (counts.get(labels[row] as number) ?? 1) ** (power - 1));
      const stream = streamOf('tricks/classBalanced');
      return (epoch) => drawByWeight(weights, rows.length, { seed, stream, epoch }).map((at) => rows[at] as number);
    },
  };
}
