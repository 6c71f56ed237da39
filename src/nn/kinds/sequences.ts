/** @file Layers of sequences, of words and of steps. By the names that files know them by; see factories.ts. */
export { multiHeadAttention, positionEmbedding, sinusoidalEncoding, transformerBlock } from '../attention.ts';
export { bagEmbedding } from '../bag-embedding.ts';
export { embedding } from '../embedding.ts';
export { groupNorm, instanceNorm, layerNorm, rmsNorm } from '../layer-norm.ts';
export { masking } from '../masks.ts';
export { gru, lstm, simpleRnn } from '../recurrent.ts';
