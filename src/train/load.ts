/** @file Reading a saved model. */
import type { ReadSource } from '../io/place.ts';
import { TrainedModel } from './model.ts';
import type { LoadOptions } from './model-file.ts';

/** A trained model that was read from a file. */
export class LoadedModel extends TrainedModel {
  /** What of the file did not fit the model that it describes, with `strict: false`; else empty. */
  get notes(): readonly string[] {
    return this.state.notes ?? [];
  }
}

/**
 * A model that `save` has written: predicts, evaluates, and can be trained on by `fit`.
 *
 * @param source a path (Node), URL, key of IndexedDB, file, blob, answer of a server, stream, or the bytes.
 * @param options see `LoadOptions`: layers of your own, `strict: false`, `finite: true`.
 * @throws SaddlepointError `file` if it is damaged, truncated or no model; nothing is allocated by what a file claims.
 * @example const model = await loadModel('digits.safetensors');
 */
export async function loadModel(source: ReadSource, options: LoadOptions = {}): Promise<LoadedModel> {
  const [{ readBytes }, { modelFromBytes }] = await Promise.all([import('../io/place.ts'), import('./model-file.ts')]);
  return new LoadedModel(await modelFromBytes(await readBytes(source), options));
}
