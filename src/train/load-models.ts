/** @file Reading the saved models of players. */
import type { ReadSource } from '../io/place.ts';
import { TrainedModel } from './model.ts';
import type { LoadOptions } from './model-file.ts';

/**
 * The models that the run of several players has written by `save`, by player: each predicts, and `players` takes them to go on
 * with.
 *
 * @param source as of `loadModel`.
 * @throws SaddlepointError `file` if it is damaged, truncated or holds no models of players.
 * @example const { generator } = await loadModels('gan.safetensors');
 */
export async function loadModels(
  source: ReadSource,
  options: LoadOptions = {},
): Promise<Readonly<Record<string, TrainedModel>>> {
  const [{ readBytes }, { modelsFromBytes }] = await Promise.all([
    import('../io/place.ts'),
    import('./models-file.ts'),
  ]);
  const states = await modelsFromBytes(await readBytes(source), options);
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, new TrainedModel(state)]));
}
