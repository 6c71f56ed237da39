/**
 * @file Data in: tables, encoders, readers. Runs anywhere; what needs a file system is in `saddlepoint/node`.
 * @module saddlepoint/data
 */

// Readers.
export { type CsvOptions, readCsv } from './data/csv/read-csv.ts';
// Rows as numbers.
export type { ColumnEncoder, DatePart } from './data/encode/column-encoder.ts';
export type { EncoderJson } from './data/encode/encoder-json.ts';
export {
  type CategoryEncoding,
  type EncoderOptions,
  encoderFromJson,
  fitEncoder,
  type MissingPolicy,
} from './data/encode/fit-encoder.ts';
export type { EncodedRows, RowEncoder } from './data/encode/row-encoder.ts';
export type { ByteSource } from './data/inputs.ts';
// Tables.
export { type ColumnKind, MISSING_TOKENS } from './data/table/cells.ts';
export type { Column } from './data/table/column.ts';
export { completeRows } from './data/table/missing.ts';
export {
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
