/** @file The same training step on each device of this browser, timed. */
import { accuracy, adam, crossEntropy, fit } from 'saddlepoint';
import { type DigitSets, PIXELS } from '../digits/load.ts';
import { models } from '../digits/models.ts';
import type { Settings } from '../digits/settings.ts';

/** How long a device is watched; the first part of it is warm-up. */
const SECONDS = 2.5;
const WARM_UP_MS = 1000;
const ROWS = 4096;

/**
 * Milliseconds a step, by the times at which steps are told after the warm-up.
 *
 * @throws whatever the library says of a device that cannot be used.
 */
export async function stepMilliseconds(
  device: Settings['device'],
  { model, batchSize, learningRate }: Settings,
  { train }: DigitSets,
): Promise<number> {
  const marks: { readonly step: number; readonly at: number }[] = [];
  let began = Number.NaN;
  const data = { x: train.x.subarray(0, ROWS * PIXELS), y: train.y.subarray(0, ROWS) };
  await fit(models[model].layer, data, {
    loss: crossEntropy(),
    metrics: [accuracy()],
    optimizer: adam({ learningRate }),
    ...{ batchSize, epochs: 10_000, device, maxSeconds: SECONDS },
    callbacks: [
      {
        onStep({ step }: { readonly step: number }) {
          const at = performance.now();
          began = Number.isNaN(began) ? at : began;
          if (at - began >= WARM_UP_MS) marks.push({ step, at });
        },
      },
    ],
  });
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined || last.step === first.step)
    throw new Error(`fewer than two steps in ${SECONDS} s`);
  return (last.at - first.at) / (last.step - first.step);
}
