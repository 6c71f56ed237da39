/** @file The public names of models of pairs: the namespace `multimodal`. */
export { type DualEncoderOptions, dualEncoder } from '../../nn/dual-encoder.ts';
export { type Encode, type EncoderOptions, type Encoders, encoders, type Prompts } from './encoders.ts';
export { type PairData, pairs } from './pairs.ts';
export type { WordTable } from './words.ts';
