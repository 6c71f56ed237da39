/** @file Files and addresses as sources for readers: opened anew each time they are read, a piece at a time. */
import { SaddlepointError } from '../core/errors.ts';

/** A file that readers of `saddlepoint/data` take: it can be read again and again. */
export interface FileSource extends AsyncIterable<Uint8Array> {
  /** What errors call it: the path or the address. */
  readonly name: string;
}

/** Bytes read at a time. */
const PIECE = 1 << 18;

/**
 * A file by its path, `file:` URL or address (`https://…`), for any reader; nothing is opened before it is read.
 *
 * @throws SaddlepointError `file` once it is read: there is no such file, it is a folder, the server does not answer with it
 * @example const table = await readCsv(file('flowers.csv'));
 */
export function file(place: string | URL): FileSource {
  const href = typeof place === 'string' ? place : place.href;
  const remote = /^https?:\/\//i.test(href);
  return { name: remote ? href : nameOf(place), [Symbol.asyncIterator]: () => (remote ? fetched(href) : read(place)) };
}

function nameOf(place: string | URL): string {
  return typeof place === 'string' ? place : process.getBuiltinModule('node:url').fileURLToPath(place.href);
}

async function* read(place: string | URL): AsyncGenerator<Uint8Array> {
  const { open } = process.getBuiltinModule('node:fs/promises');
  const name = nameOf(place);
  try {
    const handle = await open(name, 'r');
    try {
      for (;;) {
        const buffer = new Uint8Array(PIECE);
        const { bytesRead } = await handle.read(buffer, 0, PIECE);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(name, cause);
  }
}

function readError(name: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === undefined || cause instanceof SaddlepointError) return cause;
  const help: Record<string, string> = {
    ENOENT: 'check the path; relative ones start at the folder the program was started in',
    EISDIR: 'this is a folder: give the name of a file in it',
    EACCES: 'this user may not read it',
  };
  const what = code === 'ENOENT' ? `there is no file ${name}` : `could not read ${name}: ${message}`;
  return new SaddlepointError('file', what, help[code], { cause });
}

async function* fetched(href: string): AsyncGenerator<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError('file', `could not fetch ${href}: ${reason}`, 'check the address and the network', {
      cause,
    });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new SaddlepointError('file', `${href} answered with status ${response.status}`, 'check the address');
  }
  if (response.body !== null) yield* response.body as unknown as AsyncIterable<Uint8Array>;
}
