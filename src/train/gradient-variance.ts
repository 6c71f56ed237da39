/** @file How much the gradients of single rows differ, at the weights that a model has. */
import { checkNumber, must, SaddlepointError, show } from '../core/errors.ts';
import type { Layer } from '../nn/layer.ts';
import type { Callback } from './callback.ts';
import { fit } from './fit.ts';
import { drawRows, type GradientNoise, noiseOfRows } from './gradient-noise.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';

/** Options of the look, and of `fit`; of the latter `epochs`, `batchSize`, `callbacks`, `tricks` and the bar play no part in it. */
export interface GradientVarianceOptions extends FitOptions {
  /** How many rows, drawn by the seed: a whole number ≥ 2; default 1024, or all that are trained on. */
  readonly rows?: number;
}

/** What `gradientVariance` found. */
export interface GradientVariance extends GradientNoise {
  /** Numbers of the rows, in the order of the data. */
  readonly rows: Int32Array;
  /** ‖gᵢ‖² of each of them. The largest are rows that the model fits worst, mislabelled ones among them. */
  readonly squaredNorms: Float32Array;
  /** Their mean loss. */
  readonly loss: number;
}

/**
 * The variance of the gradients of single rows, tr Σ, at the weights as they are, without a gradient of a row being kept: dense layers
 * take one backward pass (Goodfellow 2015), all other trained layers a pass a row. `noiseScale({ small: 'row' })` is the same
 * along a run. The model stays as it is.
 *
 * @param model a layer, with its first weights, or a trained model.
 * @param data as for `fit`.
 * @param options those that `fit` would get, and `rows`.
 * @returns tr Σ, ‖G‖² and their ratio, unbiased for rows beyond these, and ‖gᵢ‖² of each row.
 * @throws SaddlepointError `option` for values out of range, losses that compare rows, batch normalization (unless frozen) and tables
 *   that are trained by rows; what `fit` throws.
 * @see Goodfellow 2015, "Efficient per-example gradient computations", section 4; McCandlish et al. 2018, eq. 2.9.
 * @example
 * const { variance, squaredNorms, rows } = await gradientVariance(run, data, { loss: crossEntropy() });
 * const worst = rows[squaredNorms.indexOf(Math.max(...squaredNorms))]; // to be looked at
 */
export async function gradientVariance(
  model: Layer | TrainedModel,
  data: Data,
  options: GradientVarianceOptions,
): Promise<GradientVariance> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError(
      'option',
      `gradientVariance: expected options, got ${show(options)}`,
      '{ loss } is needed',
    );
  const { rows: wanted, ...rest } = options;
  const where = 'gradientVariance.rows';
  if (wanted !== undefined) checkNumber(where, wanted, { min: 2, integer: true });
  let count = wanted as number | undefined;
  if (count === undefined) {
    // Plans are made before the first step, so the rows are counted first.
    const counting: Callback = {
      onBegin({ rows, stop }) {
        count = Math.min(1024, rows.length);
        stop('counted');
      },
    };
    await look(model, data, rest, counting);
  }
  const sampled = must(count, 'a count');
  let found = undefined as GradientVariance | undefined;
  const looking: Callback = {
    rowGradientRows: [sampled],
    async onBegin(control) {
      checkNumber(where, sampled, { min: 2, max: control.rows.length, integer: true });
      const rows = drawRows(control, sampled, 0, 0).sort();
      const { gradient, squaredNorms, loss } = await control.rowGradients(rows);
      const { variance, squaredNorm, noiseScale } = noiseOfRows(gradient, squaredNorms);
      found = { variance, squaredNorm, noiseScale, rows, squaredNorms, loss };
      control.stop('looked');
    },
  };
  await look(model, data, rest, looking);
  return must(found, 'a look');
}

/** A run that a callback ends at once. */
const look = (model: Layer | TrainedModel, data: Data, options: FitOptions, callback: Callback) =>
  fit(model, data, { ...options, callbacks: [callback], tricks: [], epochs: 1, batchSize: 1, progress: false });
