/** @file Records to be predicted, as the rows of numbers that a model of records takes. */
import { isTensorLike, isVector } from '../data/nested.ts';
import { isTable } from '../data/table/table.ts';
import { tensor } from '../graph/tensor.ts';
import type { Columns } from './records.ts';

/**
 * Records, a table, or one record, in numbers; `single` says that it was one. Undefined for rows of numbers, which stay as they are.
 */
export function encodedRows(x: unknown, { encoder }: Columns): { x: unknown; single: boolean } | undefined {
  const first = Array.isArray(x) ? x[0] : x;
  if (first === null || typeof first !== 'object' || isVector(first) || isTensorLike(first)) return undefined;
  const single = !Array.isArray(x) && !isTable(x);
  const { data, rows } = encoder.encode((single ? [x] : x) as Parameters<typeof encoder.encode>[0]);
  return { x: single ? data : tensor(data, [rows, encoder.width]), single };
}
