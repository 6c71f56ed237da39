/** @file Which numbers of a row an answer depends on: slopes of a class' logit at the input. The namespace `explain`. */

import { labelsOf, slope } from '../attacks/problem.ts';
import { type AttackRunOptions, runRows } from '../attacks/run-rows.ts';
import { checkKnownOptions, checkName, checkNumber, must } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { oneHot } from '../ops/indexing.ts';
import { scan } from '../ops/loops.ts';
import { normalWithKey } from '../ops/random.ts';
import { sum } from '../ops/reduce.ts';
import type { TrainedModel } from '../train/model.ts';

export interface InputGradientOptions extends AttackRunOptions {
  /**
   * 'plain' (default): the slope (Simonyan et al. 2013, §3). 'integrated': the way from a baseline, its parts adding up to the
   * difference of the logits (Sundararajan et al. 2017). 'smooth': the mean slope of noisy rows (Smilkov et al. 2017).
   */
  readonly method?: 'plain' | 'integrated' | 'smooth';
  /** Points on the way, or noisy rows; default 50. */
  readonly samples?: number;
  /** Deviation of the noise, in the units of the data; default 0.15. */
  readonly noise?: number;
  /** Where the way begins: this number everywhere; default 0. */
  readonly baseline?: number;
}

/**
 * How much each number of a row moves the logit of a class: its slope ('plain'; Simonyan et al. 2013), summed on the way from a
 * baseline ('integrated'; Sundararajan et al. 2017, eq. 3), or averaged over noisy rows ('smooth'; Smilkov et al. 2017).
 *
 * @param y the class that is asked about, for each row.
 * @returns f32 [n, …], of the shape of x: logits per unit of the data, of 'integrated' logits.
 * @throws SaddlepointError as attacks do.
 * @example const relevance = await explain.inputGradient(run, images, labels, { method: 'integrated' });
 */
export async function inputGradient(
  model: TrainedModel,
  x: unknown,
  y: unknown,
  options: InputGradientOptions = {},
): Promise<Tensor> {
  const {
    method: asked = 'plain',
    samples: wanted = 50,
    noise: deviation = 0.15,
    baseline: from = 0,
    ...run
  } = options;
  const what = 'inputGradient';
  checkKnownOptions(what, options, ['method', 'samples', 'noise', 'baseline', 'seed', 'device', 'batchSize']);
  const method = checkName(`${what}.method`, asked, ['plain', 'integrated', 'smooth']);
  const samples = checkNumber(`${what}.samples`, wanted, { min: 1, max: 1000, integer: true });
  const noise = checkNumber(`${what}.noise`, deviation, { min: 0 });
  const baseline = checkNumber(`${what}.baseline`, from, {});
  const { slopes } = await runRows(
    { what, model, x, y },
    (problem) => {
      const { x: rows, predict } = problem;
      const labels = labelsOf(problem, what);
      const logit = (u: Tensor): Tensor => {
        const z = predict(u);
        return sum(mul(z, oneHot(labels, z.shape[1] as number)), 1);
      };
      if (method === 'plain') return { slopes: slope(logit, rows) };
      const none = mul(rows, 0);
      if (method === 'integrated') {
        const way = sub(rows, baseline);
        const points = tensor(Float32Array.from({ length: samples }, (_, i) => (i + 0.5) / samples));
        const [total] = scan(
          (all: Tensor, share: Tensor) => [add(all, slope(logit, add(mul(way, share), baseline))), undefined] as const,
          none,
          points,
        );
        return { slopes: mul(mul(total, way), 1 / samples) };
      }
      let total = none;
      for (let i = 0; i < samples; i++) {
        const { key, stream } = problem.random();
        total = add(total, slope(logit, add(rows, mul(normalWithKey(key, rows.shape, stream), noise))));
      }
      return { slopes: mul(total, 1 / samples) };
    },
    run,
  );
  return must(slopes, 'slopes');
}
