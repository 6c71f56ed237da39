/** @file A model to its file. */
import { type WriteTarget, writeBytes } from '../io/place.ts';
import { modelToBytes } from './model-file.ts';
import type { ModelState } from './state.ts';

export async function saveModel(state: ModelState, target: WriteTarget): Promise<void> {
  await writeBytes(target, modelToBytes(state));
}
