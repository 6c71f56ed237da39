/** @file The public names of finding what belongs together: the namespace `retrieval`. */
export { meanReciprocalRank, medianRank, ranks, recallAt } from '../../nn/metrics/retrieval.ts';
export { evaluate, type GroundTruth, type Retrieved } from './evaluate.ts';
export { linearProbe } from './linear-probe.ts';
export { type Hit, index, type SearchOptions, type VectorIndex } from './search.ts';
export { type ArithmeticOptions, arithmetic, type NamedWords, type Terms, type WordLookup } from './vectors.ts';
