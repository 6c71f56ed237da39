/** @file The first rows of a table, with what each column was taken for. */
import { recordsOf, selectRows, type Table } from 'saddlepoint/data';
import { element } from '../page/dom.ts';
import { textOf } from './columns.ts';

const ROWS = 5;
const COLUMNS = 30;
/** Longer texts are cut. */
const LETTERS = 40;

export function previewOf(table: Table): HTMLTableElement {
  const columns = table.columns.slice(0, COLUMNS);
  const records = recordsOf(
    selectRows(
      table,
      Int32Array.from({ length: Math.min(ROWS, table.rows) }, (_, i) => i),
    ),
  );
  const head = columns.map(({ name, kind, missing }) =>
    element(
      'th',
      { scope: 'col', className: kind === 'number' ? 'number' : '' },
      short(name),
      element('small', { className: 'kind', textContent: missing === 0 ? kind : `${kind}, ${missing} empty` }),
    ),
  );
  const rows = records.map((record) =>
    element(
      'tr',
      {},
      ...columns.map(({ name, kind }) =>
        element('td', { textContent: short(textOf(record[name])), className: kind === 'number' ? 'number' : '' }),
      ),
    ),
  );
  const hidden = table.columns.length - columns.length;
  const caption = `The first rows${hidden > 0 ? `; ${hidden} more columns are not shown` : ''}`;
  return element(
    'table',
    {},
    element('caption', { textContent: caption }),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}

const short = (text: string): string => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text);
