/** @file The callbacks of adaptive batch schedules: they look at the noise of the gradient, and grow the batch. */
import type { Callback, Control } from './callback.ts';
import { drawRows, noiseOfParts, noiseOver, type SampledNoise } from './gradient-noise.ts';

const PARTS = 16;

interface GrowthOptions {
  readonly sizes: readonly number[];
  readonly every: number;
  readonly sample: number;
  readonly by: 'parts' | 'rows';
}

/** Asks every so many steps how many rows a batch should have. */
function growing(
  name: string,
  { sizes, every, sample, by }: GrowthOptions,
  wanted: (noise: SampledNoise) => number,
): Callback {
  return {
    ...{ name, every },
    ...(by === 'rows' ? { rowGradientRows: [sample] } : { gradientRows: [sample / PARTS] }),
    async onStep({ step }, control) {
      if ((step + 1) % every !== 0 || control.batchSize >= (sizes.at(-1) as number)) return;
      const rows = wanted(await look(control, { sample, by }, step));
      const size = sizes.find((one) => one >= rows) ?? (sizes.at(-1) as number);
      if (size > control.batchSize) control.batchSize = size;
    },
  };
}

async function look(
  control: Control,
  { sample, by }: Pick<GrowthOptions, 'sample' | 'by'>,
  draw: number,
): Promise<SampledNoise> {
  const rows = drawRows(control, sample, 0, draw);
  if (by === 'rows') return noiseOver(control, rows);
  const part = sample / PARTS;
  const gradients: Float32Array[] = [];
  for (let at = 0; at + part <= rows.length; at += part)
    gradients.push((await control.gradient(rows.subarray(at, at + part))).gradient);
  return noiseOfParts(gradients, part);
}

/** See `batchSchedule.normTest`. */
export const normGrowth = ({ theta, ...options }: GrowthOptions & { readonly theta: number }): Callback =>
  growing('normTest', options, ({ variance, sampled }) => variance / (theta ** 2 * sampled));

/** See `batchSchedule.byNoise`. */
export const noiseGrowth = ({ share, ...options }: GrowthOptions & { readonly share: number }): Callback =>
  growing('byNoise', options, ({ noiseScale }) => share * noiseScale);
