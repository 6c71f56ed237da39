/** @file Models in the browser's own store and as files. */
import type { TrainedModel } from 'saddlepoint';
import { element } from './dom.ts';

/** Hands a model to the visitor as a file, in the way that every browser has. */
export async function download(model: TrainedModel, name: string): Promise<void> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  await model.save(
    new WritableStream<Uint8Array>({
      write: (chunk) => void chunks.push(new Uint8Array(chunk)),
    }),
  );
  const url = URL.createObjectURL(new Blob(chunks, { type: 'application/octet-stream' }));
  element('a', { href: url, download: name }).click();
  // The browser has taken the bytes once this turn is over.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
