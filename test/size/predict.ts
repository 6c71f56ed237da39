/** @file What a page runs to load a trained model and predict; scripts/size.mjs measures all that this loads. */
import { loadModel } from 'saddlepoint';

/** The answer for one row of 784 numbers by a model's file. */
export const answer = async (file: Uint8Array): Promise<unknown> =>
  (await loadModel(file)).predict(new Float32Array(784));
