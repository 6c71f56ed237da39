/** @file What the namespace `embeddings` holds. */
export { from } from './vectors.ts';
export { train } from './train.ts';
