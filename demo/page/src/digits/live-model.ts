/** @file The network in the middle of its training: the answer for one digit with the weights of this moment. */
import { applyModel, compile, softmax, type Tensor, tensor } from 'saddlepoint';
import { PIXELS } from './load.ts';
import { type ModelName, models } from './models.ts';

/** The weights by path, as a run hands them out. */
export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Compiled once for each network; the weights are arguments. */
const compiled = new Map<ModelName, (weights: Record<string, Tensor>, x: Tensor) => Promise<Tensor>>();

/** @returns the probability of each digit. */
export async function answerOf(name: ModelName, weights: Weights, pixels: Uint8Array): Promise<number[]> {
  let forward = compiled.get(name);
  if (forward === undefined) {
    const { layer } = models[name];
    forward = compile(
      (leaves: Record<string, Tensor>, x: Tensor) =>
        softmax(applyModel(layer, new Map(Object.entries(leaves)), x, { mode: 'predict' })),
      { device: 'wasm' },
    ) as (weights: Record<string, Tensor>, x: Tensor) => Promise<Tensor>;
    compiled.set(name, forward);
  }
  const leaves = Object.fromEntries([...weights].map(([path, { data, shape }]) => [path, tensor(data, shape)]));
  // The training divides bytes by 255, too.
  const x = tensor(
    Float32Array.from(pixels, (byte) => byte / 255),
    [1, PIXELS],
  );
  const { data } = await forward(leaves, x);
  return Array.from(data);
}
