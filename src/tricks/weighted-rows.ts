/**
 * @file Rows drawn by weight, with replacement. Kind: sampler. Importance weights on the side of the sampler: Zhao & Zhang 2015,
 * "Stochastic optimization with importance sampling for regularized loss minimization", section 3; deviation: draws are systematic (Madow
 * 1949), so that an epoch has each row as often as its weight says, but for one, and losses are not divided by the weights.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { drawByWeight } from '../data/draw.ts';
import type { Sampler } from '../train/trick.ts';

/**
 * Draws rows by weight, with replacement: in an epoch of n rows a row comes n · weight / Σ weights times, on average. Other than
 * `data.weights`, which multiply losses, this shows heavy rows more often; do not use both for the same purpose.
 *
 * @param weights how often each row of the data comes, in relation to the others: a number ≥ 0 for each, 0 for never; there is no default.
 * @throws SaddlepointError `option` for what are no such numbers; `data`, when the run begins, for another number of rows, or if
 *   all rows that are trained on have weight 0.
 * @example fit(model, data, { loss: crossEntropy(), tricks: [weightedRows(importance)] })
 */
export function weightedRows(weights: ArrayLike<number>): Sampler {
  const bad = Array.from(Object(weights) as ArrayLike<number>).findIndex((weight) => !(weight >= 0 && weight < 1 / 0));
  if (typeof weights?.length !== 'number' || bad >= 0)
    throw new SaddlepointError(
      'option',
      `weightedRows: expected a finite number ≥ 0 for each row, got ${bad >= 0 ? `${show(weights[bad])} at row ${bad}` : show(weights)}`,
    );
  return {
    kind: 'sampler',
    name: 'weightedRows',
    options: { rows: weights.length },
    open({ rows, count, seed }) {
      if (count < weights.length || weights.length <= Math.max(...rows))
        throw new SaddlepointError(
          'data',
          `weightedRows: ${weights.length} weights for ${count} rows`,
          'one for each row of the data',
        );
      const own = Float64Array.from(rows, (row) => weights[row] as number);
      const stream = streamOf('tricks/weightedRows');
      drawByWeight(own, 1, { seed, stream, epoch: 0 });
      return (epoch) => drawByWeight(own, rows.length, { seed, stream, epoch }).map((at) => rows[at] as number);
    },
  };
}
