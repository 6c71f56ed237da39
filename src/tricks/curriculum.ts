/**
 * @file Curriculum: easy rows first. Kind: sampler. Bengio, Louradour, Collobert & Weston 2009, "Curriculum learning"; the pace is
 * that of Platanios et al. 2019, "Competence-based curriculum learning", eq. 7 with p = 1 (linear) or 2 (root); deviation: an
 * epoch always has as many rows as the data, those of the easy part more than once.
 */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { Sampler } from '../train/trick.ts';

export interface CurriculumOptions {
  /** How hard each row of the data is, in any unit: lengths, losses of a small model, … Ties keep the order of the rows. */
  readonly difficulty: ArrayLike<number>;
  /** Epochs until all rows take part: a whole number ≥ 0; 0 changes nothing. */
  readonly epochs: number;
  /** The share of rows, the easiest, in the first epoch: in (0, 1], default 0.1. */
  readonly from?: number;
  /** How the share grows: 'linear' or 'root' (default), which gives new rows the same time each. */
  readonly pace?: 'linear' | 'root';
}

/**
 * Trains on the easiest rows at first, and on more and more of them, until after some epochs all take part.
 *
 * @throws SaddlepointError `option` for values out of range; `data`, when the run begins, for another number of rows.
 * @example tricks: [curriculum({ difficulty: texts.map(({ length }) => length), epochs: 5 })]
 */
export function curriculum(options: CurriculumOptions): Sampler {
  checkKnownOptions('curriculum', options, ['difficulty', 'epochs', 'from', 'pace']);
  const { difficulty, pace = 'root' } = options;
  const epochs = checkNumber('curriculum.epochs', options.epochs, { min: 0, integer: true });
  const from = checkNumber('curriculum.from', options.from ?? 0.1, { min: 0, max: 1, openMin: true });
  checkName('curriculum.pace', pace, ['linear', 'root']);
  const bad = Array.from(Object(difficulty) as ArrayLike<number>).findIndex((value) => !Number.isFinite(value));
  if (typeof difficulty?.length !== 'number' || bad >= 0)
    throw new SaddlepointError(
      'option',
      `curriculum.difficulty: expected a finite number for each row, got ${bad >= 0 ? `${show(difficulty[bad])} at row ${bad}` : show(difficulty)}`,
    );
  const shareAt = (epoch: number): number => {
    const t = Math.min(1, epoch / epochs);
    return pace === 'linear' ? from + (1 - from) * t : Math.sqrt(from ** 2 + (1 - from ** 2) * t);
  };
  return {
    kind: 'sampler',
    name: 'curriculum',
    options: { rows: difficulty.length, epochs, from, pace },
    isNeutral: epochs === 0 || from === 1,
    open({ rows, count, seed }) {
      if (count < difficulty.length || difficulty.length <= Math.max(...rows))
        throw new SaddlepointError(
          'data',
          `curriculum: ${difficulty.length} difficulties for ${count} rows`,
          'one a row',
        );
      const easiest = Int32Array.from(
        Array.from(rows).sort((a, b) => (difficulty[a] as number) - (difficulty[b] as number)),
      );
      const stream = streamOf('tricks/curriculum');
      return (epoch) => {
        const part = epoch >= epochs ? rows.length : Math.max(1, Math.round(shareAt(epoch) * rows.length));
        const order = new Int32Array(rows.length);
        for (let at = 0, turn = 0; at < order.length; at += part, turn++) {
          const pass = randomPermutation(part, seed, stream + turn, epoch).map((i) => easiest[i] as number);
          order.set(pass.subarray(0, order.length - at), at);
        }
        return order;
      };
    },
  };
}
