/** @file Reads a CSV file off the page's main thread; tables are plain data and can be posted. */
import { readCsv, type Table } from 'saddlepoint/data';

export type ReaderAnswer =
  | { readonly table: Table; readonly message?: undefined }
  | { readonly table?: undefined; readonly message: string };

addEventListener('message', async ({ data }: MessageEvent<File>) => {
  let answer: ReaderAnswer;
  try {
    answer = { table: await readCsv(data, { duplicates: 'number' }) };
  } catch (error) {
    answer = { message: error instanceof Error ? error.message : String(error) };
  }
  postMessage(answer);
});
