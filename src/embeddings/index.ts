/** @file What the namespace `embeddings` holds. */
export type { Sentences } from './corpus.ts';
export {
  type AnalogyQuestion,
  type AnalogyScore,
  analogyQuestions,
  type SimilarityScore,
  scoreAnalogies,
  scoreSimilarity,
  type WordPair,
} from './evaluate.ts';
export type { WordSum } from './expression.ts';
export { type GloveOptions, glove } from './glove.ts';
export {
  type AttributeRows,
  type CodeScores,
  type HeldOutOptions,
  type HeldOutResult,
  heldOutCombinations,
} from './held-out-combinations.ts';
export { type GloveTables, gloveLoss, negativeSamplingLoss } from './loss.ts';
export type { EmbeddingOptions, EmbeddingProgress } from './options.ts';
export { type Projection, type ProjectionOptions, project } from './project.ts';
export type { SubwordOptions } from './subwords.ts';
export { layer, type PretrainedOptions, tableOf } from './table.ts';
export { train } from './train.ts';
export { type AnalogyOptions, from, type Neighbor, type NeighborOptions, type WordEmbeddings } from './vectors.ts';
