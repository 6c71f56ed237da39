/** @file What the page needs to know of a table's columns to make a form of them; kept beside a saved model. */
import { type Column, recordsOf, selectRows, type Table } from 'saddlepoint/data';

export interface Field {
  readonly name: string;
  readonly kind: Column['kind'];
  /** The names to choose from, where there are few. */
  readonly choices?: readonly string[];
  /** What stands in the first row. */
  readonly example: string;
}

/** A choice among more is a text. */
const MOST_CHOICES = 60;

/** The columns that a model is asked with: all but the target. */
export function fieldsOf(table: Table, target: string): Field[] {
  const [first] = recordsOf(selectRows(table, Int32Array.of(0)));
  return table.columns
    .filter(({ name }) => name !== target)
    .map((column) => {
      const { name, kind } = column;
      const choices =
        kind === 'category' && column.levels.length <= MOST_CHOICES
          ? { choices: column.levels }
          : kind === 'boolean'
            ? { choices: ['true', 'false'] }
            : {};
      return { name, kind, ...choices, example: textOf(first?.[name]) };
    });
}

/** A cell as it stands in a field. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
}

/** What one knows without a model: how often the commonest class is right, or how far the mean is off. */
export function baselineOf(column: Column): {
  readonly share?: number;
  readonly error?: number;
  readonly name?: string;
} {
  if (column.kind === 'text') return {};
  const values = [...(column.kind === 'category' ? column.codes : column.values)].filter(
    (value) => !(value < 0 && column.kind === 'category') && !Number.isNaN(value),
  );
  const tally = new Map<number, number>();
  for (const value of values) tally.set(value, (tally.get(value) ?? 0) + 1);
  const [commonest = 0, times = 0] = [...tally].reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0]);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return {
    share: times / values.length,
    error: values.reduce((sum, value) => sum + Math.abs(value - mean), 0) / values.length,
    name:
      column.kind === 'category'
        ? (column.levels[commonest] ?? '')
        : column.kind === 'boolean'
          ? String(commonest === 1)
          : String(commonest),
  };
}
