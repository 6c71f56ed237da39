/** @file One training run that uses all that could differ between engines, and the hash of what it ends with. */
import {
  accuracy,
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  fit,
  type Run,
  sequential,
} from 'saddlepoint';
import { clouds } from '../train/examples.ts';

/**
 * SHA-256 of the parameters of `scenario(42)`, in Node and in Chromium, on any machine. After a change to kernels, passes or
 * initializers that is meant to change bits, the new one is printed by
 *
 *   npx tsx --tsconfig test/train/process/tsconfig.json test/train/process/parameters.ts 42
 */
export const PARAMETERS_OF_42 = 'c45c021a7665ed865c2e158d1656e210873d5e3e19909ae7d52349ff98963ba7';

/** Initializers, standardization, split, shuffling, dropout masks, a schedule, clipping, Adam, and a last batch that is smaller. */
export function scenario(
  seed: number,
  where: Pick<FitOptions, 'worker' | 'workerUrl' | 'wasm'> = {},
): Promise<Run<'accuracy'>> {
  const model = sequential([
    dense(16, { activation: 'relu' }),
    dropout(0.25),
    dense(16, { activation: 'tanh' }),
    dense(3),
  ]);
  return fit(model, clouds(200), {
    loss: crossEntropy({ labelSmoothing: 0.05 }),
    metrics: [accuracy()],
    optimizer: chain(clipByGlobalNorm(1), adam({ learningRate: cosineDecay({ learningRate: 0.02, steps: 300 }) })),
    ...{ epochs: 20, batchSize: 12, validation: 0.1, seed, progress: false, deterministic: true },
    ...where,
  });
}

/** SHA-256 over the bytes of all parameters, path by path, as hexadecimal text. */
export async function hashOf({ parameters }: Pick<Run, 'parameters'>): Promise<string> {
  const bytes = new Blob([...parameters].flatMap(([path, { data }]) => [path, data as Float32Array<ArrayBuffer>]));
  const digest = await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
