/** @file The callback that measures the noise scale of the gradient on the way: how large a batch is worth its rows. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import type { Callback, Control } from '../callback.ts';
import { drawRows, type GradientNoise, noiseOf, noiseOfTwo, noiseOver, squaredNormOver } from '../gradient-noise.ts';

export interface NoiseScaleOptions {
  /**
   * Rows of the small batch: a whole number ≥ 1, default 32. 'row': each row of the big batch by itself, in the same pass over it
   * (`control.rowGradients`), which sees the variance with all of the batch's rows. For models of dense layers it costs less than 32,
   * for others it is a pass a row.
   */
  readonly small?: number | 'row';
  /** Rows of the big one, > small; default 1024. At most as many as are trained on. */
  readonly big?: number;
  /** Steps between two measurements: a whole number ≥ 1, default 100. */
  readonly every?: number;
  /** Pairs of batches that are averaged: a whole number ≥ 1, default 10. Each costs as much as a step of small + big rows. */
  readonly draws?: number;
}

/** A measurement, after so many steps. */
export interface NoiseMeasurement extends GradientNoise {
  readonly step: number;
}

/**
 * Estimates B_simple = tr Σ / ‖G‖² without bias from the squared norms of gradients over small and over big batches, at the
 * start and every so many steps. A batch much smaller than it learns as much from each row; one much larger wastes rows. It
 * mostly grows by orders of magnitude during a run. With `small: 'row'` the two sizes are 1 and `big`.
 *
 * @throws SaddlepointError `option` for values out of range.
 * @see McCandlish et al. 2018, "An empirical model of large-batch training", eq. 2.9 and appendix A.1.
 * @example
 * const noise = noiseScale({ every: 200 });
 * await fit(model, data, { loss: crossEntropy(), callbacks: [noise] });
 * noise.measurements.at(-1)?.noiseScale;
 */
export function noiseScale(
  options: NoiseScaleOptions = {},
): Callback & { readonly measurements: readonly NoiseMeasurement[] } {
  checkKnownOptions('noiseScale', options, ['small', 'big', 'every', 'draws']);
  const { small = 32 } = options;
  if (typeof small === 'string' && small !== 'row')
    throw new SaddlepointError('option', `noiseScale.small: expected a number of rows or 'row', got ${show(small)}`);
  const least = small === 'row' ? 1 : checkNumber('noiseScale.small', small, { min: 1, integer: true });
  const big = checkNumber('noiseScale.big', options.big ?? 1024, { min: least, openMin: true, integer: true });
  const every = checkNumber('noiseScale.every', options.every ?? 100, { min: 1, integer: true });
  const draws = checkNumber('noiseScale.draws', options.draws ?? 10, { min: 1, integer: true });
  const measurements: NoiseMeasurement[] = [];
  const look = async (control: Control, draw: number): Promise<GradientNoise> => {
    const rows = drawRows(control, big, 0, draw);
    if (small === 'row') return noiseOver(control, rows);
    const ofBig = await squaredNormOver(control, rows);
    return noiseOfTwo(small, await squaredNormOver(control, drawRows(control, small, 1, draw)), big, ofBig);
  };
  const measure = async (step: number, control: Control): Promise<void> => {
    checkNumber('noiseScale.big', big, { min: 2, max: control.rows.length, integer: true });
    let [variance, squaredNorm] = [0, 0];
    for (let draw = 0; draw < draws; draw++) {
      const found = await look(control, step * draws + draw);
      variance += found.variance / draws;
      squaredNorm += found.squaredNorm / draws;
    }
    measurements.push(Object.freeze({ step, ...noiseOf(variance, squaredNorm) }));
  };
  return {
    ...{ name: 'noiseScale', measurements, every },
    ...(small === 'row' ? { rowGradientRows: [big] } : { gradientRows: [small, big] }),
    onBegin: (control) => measure(control.step, control),
    async onStep({ step }, control) {
      if ((step + 1) % every === 0) await measure(step + 1, control);
    },
  };
}
