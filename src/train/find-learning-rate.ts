/** @file `findLearningRate`: trains for some steps at growing rates, looks at the losses, and throws the weights away. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { Layer } from '../nn/layer.ts';
import { type LearningRateRangeOptions, learningRateRangeTest } from '../optim/drivers/learning-rate-range.ts';
import type { Callback } from './callback.ts';
import { fit } from './fit.ts';
import { LearningRateCurve } from './learning-rate-curve.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';
import type { RecordOptions, Records } from './records.ts';

/** Options of the test and of `fit`; of the latter `epochs`, `validation`, `callbacks` and the bar play no part in it. */
export interface FindLearningRateOptions extends FitOptions, LearningRateRangeOptions {}

/**
 * The learning-rate range test (Smith 2017): trains with rates that grow by equal factors, one a step, until the smoothed loss
 * is 4 times its lowest, and reads from the curve which rate suits. Model, data and optimizer stay as they are; the weights of
 * the test are thrown away. The rate replaces the optimizer's own, all else of the optimizer holds.
 *
 * @param data as for `fit`; it is gone through as often as the steps need.
 * @param options those that `fit` will get, and `from` (default 1e-7), `to` (10), `steps` (100), `smoothing` (0.9), `stopAt` (4).
 * @returns the curve, with `suggestion`: the smaller of the rate where the loss falls fastest and a tenth of the rate where it
 *   is lowest; undefined if it never fell.
 * @throws SaddlepointError `option` for values out of range and optimizers without a learning rate, or whose own is 0 at the
 *   first step (a warm-up); `aborted` by the signal; what `fit` throws.
 * @see Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
 * @example
 * const { suggestion = 1e-3 } = await findLearningRate(model, data, { loss: crossEntropy() });
 * await fit(model, data, { loss: crossEntropy(), optimizer: adam({ learningRate: suggestion }) });
 */
export async function findLearningRate(
  model: Layer | TrainedModel,
  data: Data,
  options: FindLearningRateOptions,
): Promise<LearningRateCurve>;
/** As `findLearningRate`, for the model and the options that `fit` makes of records. */
export async function findLearningRate(
  records: Records,
  options: RecordOptions & LearningRateRangeOptions,
): Promise<LearningRateCurve>;
export async function findLearningRate(
  model: Layer | TrainedModel | Records,
  data: Data | (RecordOptions & LearningRateRangeOptions),
  options?: FindLearningRateOptions,
): Promise<LearningRateCurve> {
  const ofRecords = options === undefined && 'target' in Object(data);
  const given = ofRecords ? (data as RecordOptions & LearningRateRangeOptions) : options;
  if (given === null || typeof given !== 'object')
    throw new SaddlepointError(
      'option',
      `findLearningRate: expected options, got ${show(given)}`,
      '{ loss } is needed',
    );
  if ('resume' in given) throw new SaddlepointError('option', "findLearningRate: 'resume' is for one run of fit");
  const { from, to, steps, smoothing, stopAt, ...rest } = given;
  const wanted = Object.entries({ from, to, steps, smoothing, stopAt }).filter(([, value]) => value !== undefined);
  const test = learningRateRangeTest(Object.fromEntries(wanted));
  const climb: Callback = {
    name: 'findLearningRate',
    every: 1,
    onBegin(control) {
      control.learningRate = test.schedule(0);
    },
    onStep({ step, loss }, control) {
      if (test.report(loss)) control.learningRate = test.schedule(step + 1);
      else control.stop('the test is over');
    },
  };
  // An epoch has at least one step, so these are enough.
  const own = { epochs: test.steps, callbacks: [climb], progress: false } as const;
  try {
    const run = ofRecords
      ? await fit(model as Records, { ...(rest as RecordOptions), ...own, validation: 0 })
      : await fit(model as Layer, data as Data, { ...(rest as FitOptions), ...own, validation: undefined as never });
    if (run.ending === 'aborted') throw new SaddlepointError('aborted', 'findLearningRate: aborted by the signal');
  } catch (error) {
    // A loss that is no number any more ends the test like one that is too large.
    if ((error as Partial<SaddlepointError>).code !== 'divergence') throw error;
  }
  return new LearningRateCurve(test.result());
}
