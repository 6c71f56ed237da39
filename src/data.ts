/**
 * @file Data in: tables, encoders, readers. Runs anywhere; what needs a file system is in `saddlepoint/node`.
 * @module saddlepoint/data
 */

// Readers.
export { type CsvStream, type OpenCsvOptions, openCsv } from './data/csv/open-csv.ts';
export { type CsvOptions, readCsv } from './data/csv/read-csv.ts';
// Rows as numbers.
export { type ColumnEncoder, type DatePart, kindOf } from './data/encode/column-encoder.ts';
export type { EncoderJson } from './data/encode/encoder-json.ts';
export {
  type CategoryEncoding,
  type EncoderOptions,
  encoderFromJson,
  fitEncoder,
  type MissingPolicy,
} from './data/encode/fit-encoder.ts';
export type { EncodedRows, RowEncoder } from './data/encode/row-encoder.ts';
export type { ArrayFileOptions, NumericArray } from './data/files/array.ts';
export { readIdx } from './data/files/idx.ts';
export { type JsonLinesOptions, readJson, readJsonLines } from './data/files/json-records.ts';
export { readNpy, readNpz } from './data/files/npy.ts';
export { type ImageOptions, type Images, readImages } from './data/images/read-images.ts';
export type { ByteSource } from './data/inputs.ts';
export { type Opener, openerOf, type Reopenable } from './data/reopen.ts';
// Scaling.
export {
  type FittedScaling,
  maxAbsScaler,
  minMaxScaler,
  robustScaler,
  type Scaler,
  type StreamingScaler,
  standardizeScaler,
  streamingScaler,
} from './data/scale/scalers.ts';
export {
  applyWhitening,
  fitWhitening,
  invertWhitening,
  type Whitening,
  type WhiteningJson,
  type WhiteningOptions,
  whiteningFromJson,
  whiteningToJson,
} from './data/scale/whiten.ts';
export { applyScaling, invertScaling, type Scaling, scalingFromJson, scalingToJson } from './data/scaling.ts';
// Sequences.
export {
  type BucketOptions,
  bucketByLength,
  type LengthBatch,
  type PaddedSequences,
  type PadOptions,
  padSequences,
} from './data/sequence/pad.ts';
export { slidingWindows, type WindowOptions, type Windows } from './data/sequence/windows.ts';
// Splits.
export { balancedWeights, balanceRows } from './data/split/balance.ts';
export {
  type FoldOptions,
  kFold,
  leaveOneOut,
  type TimeFoldOptions,
  timeSeriesFolds,
} from './data/split/folds.ts';
export { type Sides, splitByGroups } from './data/split/groups.ts';
export { type SplitOptions, splitRows } from './data/split.ts';
// Tables.
export { type ColumnKind, MISSING_TOKENS } from './data/table/cells.ts';
export type { Column } from './data/table/column.ts';
export { completeRows } from './data/table/missing.ts';
export {
  type ColumnKinds,
  columnOf,
  describeTable,
  dropColumns,
  recordsOf,
  selectColumns,
  selectRows,
  type Table,
  type TableColumns,
  type TableOptions,
  type TableRecord,
  tableOf,
} from './data/table/table.ts';
export { type TableTarget, type TargetColumnOptions, targetOf } from './data/table/target.ts';
// Text.
export { type Bag, type BagJson, type BagOptions, bagFromJson, fitBag } from './data/text/bag.ts';
export { type BytePairs, bytePairsFromJson, trainBytePairs } from './data/text/byte-pairs.ts';
export {
  findPhrases,
  type PhraseOptions,
  type Phrases,
  type PhrasesJson,
  phrasesFromJson,
} from './data/text/phrases.ts';
export { ngrams, type Tokenizer, type TokenizerOptions, tokenizer } from './data/text/tokenize.ts';
export {
  buildVocabulary,
  PADDING_ID,
  UNKNOWN_ID,
  type Vocabulary,
  type VocabularyJson,
  type VocabularyOptions,
  vocabularyFromJson,
} from './data/text/vocabulary.ts';
// Files of tensors.
export { readSafetensors, type SafetensorsFile, type StoredTensor } from './io/safetensors.ts';
export { type ListedTensor, listSafetensors } from './io/safetensors-list.ts';
// Word vectors.
export {
  type ReadWordVectorsOptions,
  readWordVectors,
  type WordVectorFormat,
  type WordVectors,
  writeWordVectors,
} from './io/word-vectors.ts';
