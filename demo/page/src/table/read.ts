/** @file Whatever the visitor drops, as a table, or a clear word why not. Reading is done in a worker: files may be large. */
import { SaddlepointError } from 'saddlepoint';
import type { Table } from 'saddlepoint/data';
import type { ReaderAnswer } from './reader-worker.ts';

/** Larger files would fill this page's memory several times over. */
const MOST_BYTES = 30_000_000;
/** Each is a field of the form. */
const MOST_COLUMNS = 200;

const tooLarge = (what: string): Error =>
  new Error(`${what}\n  help: give fewer rows, or train at the shell: npx saddlepoint train FILE --target COLUMN`);

/** @throws Error that names the file and what is wrong with it. */
export async function readTable(file: File): Promise<Table> {
  if (file.size === 0) throw new Error(`${file.name} is empty (or a folder).\n  help: choose a CSV file with rows`);
  if (file.size > MOST_BYTES)
    throw tooLarge(`${file.name} has ${Math.round(file.size / 1e6)} MB; this page takes up to ${MOST_BYTES / 1e6} MB.`);
  const table = await inWorker(file);
  const { length } = table.columns;
  if (length < 2)
    throw new Error(
      `${file.name} has one column, '${table.columns[0]?.name}'; at least two are needed: one to predict, one to predict it from.\n  help: is the separator a comma, semicolon, tab or bar?`,
    );
  if (length > MOST_COLUMNS)
    throw tooLarge(`${file.name} has ${length} columns; this page takes up to ${MOST_COLUMNS}.`);
  if (table.rows < 4) throw new Error(`${file.name} has ${table.rows} rows; there is nothing to learn from so few.`);
  return table;
}

/** One worker a file: it goes with what it held. */
async function inWorker(file: File): Promise<Table> {
  const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), { type: 'module', name: 'table reader' });
  try {
    const answer = await new Promise<ReaderAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ReaderAnswer>) => resolve(data);
      worker.onerror = (event) => reject(new Error(`The reader of tables did not start: ${event.message ?? ''}`));
      worker.postMessage(file);
    });
    if (answer.table !== undefined) return answer.table;
    const [message = '', help] = answer.message.split('\n  help: ');
    throw new SaddlepointError('file', message, help);
  } finally {
    worker.terminate();
  }
}
