/**
 * @file Stratified batches: every batch has the classes in their shares of the data. Kind: sampler. After Kohavi 1995, section 2.2
 * (stratified folds), by rows instead of folds; deviation: shares are exact over the epoch, and off by a row or two of a class in a batch.
 */
import { SaddlepointError } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { Sampler } from '../train/trick.ts';

/**
 * Spreads the rows of each class evenly over the epoch, each row once: a batch then has as many of each class as its share says,
 * but for one or two. Within a class the order is shuffled anew each epoch.
 *
 * @returns a sampler; with it `shuffle: false` of `fit` keeps the order of rows within classes.
 * @throws SaddlepointError `data`, when the run begins, for targets that are no classes, one a row.
 * @example fit(model, data, { loss: crossEntropy(), tricks: [stratified()] })
 */
export function stratified(): Sampler {
  return {
    kind: 'sampler',
    name: 'stratified',
    options: {},
    open({ rows, labels, seed, shuffle }) {
      if (labels === undefined)
        throw new SaddlepointError(
          'data',
          'stratified: the targets are no classes, one a row',
          'leave it out: rows are shuffled anyway',
        );
      const byClass = new Map<number, number[]>();
      for (const row of rows) {
        const label = labels[row] as number;
        const members = byClass.get(label);
        if (members) members.push(row);
        else byClass.set(label, [row]);
      }
      const classes = [...byClass].sort(([a], [b]) => a - b);
      return (epoch) => {
        const placed = classes.flatMap(([label, members], turn) => {
          const n = members.length;
          const order = shuffle
            ? randomPermutation(n, seed, streamOf('tricks/stratified', label), epoch)
            : Int32Array.from({ length: n }, (_, i) => i);
          // Classes begin at different places, so that small ones do not come all at once.
          const shift = (turn + 0.5) / classes.length;
          return Array.from(order, (at, i) => ({ row: members[at] as number, place: (i + shift) / n }));
        });
        return Int32Array.from(
          placed.sort((a, b) => a.place - b.place),
          ({ row }) => row,
        );
      };
    },
  };
}
