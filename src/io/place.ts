/** @file Where bytes go to and come from: files, file handles, streams, IndexedDB, answers of servers. Knows no format. */
import { checkAnswer } from '../core/answer.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import { isNode, readFile, writeFile } from './files.ts';
import { readRecord, writeRecord } from './indexed-db.ts';

/**
 * Where to write: a path or `file:` URL in Node, a key of IndexedDB in a browser (also `{ indexedDB: key }`), a file handle,
 * a stream.
 */
export type WriteTarget =
  | string
  | URL
  | FileSystemFileHandle
  | WritableStream<Uint8Array>
  | { readonly indexedDB: string };

/** Where to read: any place that can be written, and a URL to fetch, an answer, a blob or file, a stream, or the bytes. */
export type ReadSource =
  | string
  | URL
  | FileSystemFileHandle
  | ReadableStream<Uint8Array>
  | Response
  | Blob
  | ArrayBufferLike
  | ArrayBufferView
  | { readonly indexedDB: string };

/**
 * Writes all bytes, or leaves what was there: a file is written aside, in the same folder, and renamed.
 *
 * @throws SaddlepointError `file` with the cause if the place refuses, `option` for a target of another kind
 * @example await writeBytes('digits.safetensors', bytes);
 */
export async function writeBytes(target: WriteTarget, bytes: Uint8Array): Promise<void> {
  if (typeof target === 'string') {
    if (isWeb(target)) throw unwritable(target);
    return isNode() ? writeFile(target, bytes) : writeRecord(target, bytes);
  }
  if (isKey(target)) return writeRecord(target.indexedDB, bytes);
  if (isUrl(target)) {
    if (target.protocol !== 'file:' || !isNode()) throw unwritable(target.href);
    return writeFile(target, bytes);
  }
  if (has(target, 'createWritable')) {
    const stream = await attempt('the file handle', (target as FileSystemFileHandle).createWritable());
    return writeStream('the file handle', stream as WritableStream<Uint8Array>, bytes);
  }
  if (has(target, 'getWriter')) return writeStream('the stream', target as WritableStream<Uint8Array>, bytes);
  throw new SaddlepointError(
    'option',
    `cannot save to ${show(target)}`,
    'give a path or file URL (Node), a FileSystemFileHandle, a WritableStream, or { indexedDB: key }',
  );
}

/**
 * All bytes of a place. Text that starts with http:// or https:// is fetched; other text is a path in Node and a key of
 * IndexedDB in a browser.
 *
 * @throws SaddlepointError `file`: nothing there, an answer that is not ok or an HTML page, a place that cannot be read
 */
export async function readBytes(source: ReadSource): Promise<Uint8Array> {
  if (typeof source === 'string') {
    if (isWeb(source)) return fetchBytes(source);
    return isNode() ? readFile(source) : readRecord(source);
  }
  const direct = asBytes(source);
  if (direct !== undefined) return direct;
  if (isKey(source)) return readRecord(source.indexedDB);
  if (isUrl(source)) return source.protocol === 'file:' && isNode() ? readFile(source) : fetchBytes(source.href);
  if (has(source, 'getFile')) {
    const file = await attempt('the file handle', (source as FileSystemFileHandle).getFile());
    return blobBytes('the file', file);
  }
  if (has(source, 'getReader')) return readStream(source as ReadableStream<Uint8Array>);
  if (has(source, 'arrayBuffer')) {
    return 'status' in source ? responseBytes(source as Response) : blobBytes('the file', source as Blob);
  }
  throw new SaddlepointError(
    'option',
    `cannot load from ${show(source)}`,
    'give a path (Node), a URL, a Response, a Blob or File, a ReadableStream, bytes, or { indexedDB: key }',
  );
}

const isWeb = (text: string): boolean => /^https?:\/\//i.test(text);

// Structure, not instanceof: these objects come from other windows, workers and polyfills too.
function has(value: unknown, method: string): value is object {
  return (
    value !== null && typeof value === 'object' && typeof (value as Record<string, unknown>)[method] === 'function'
  );
}

function isKey(value: unknown): value is { readonly indexedDB: string } {
  return (
    value !== null && typeof value === 'object' && typeof (value as { indexedDB?: unknown }).indexedDB === 'string'
  );
}

function isUrl(value: unknown): value is URL {
  const { href, protocol } = (value ?? {}) as Partial<URL>;
  return typeof href === 'string' && typeof protocol === 'string';
}

function asBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]'
    ? new Uint8Array(value as ArrayBufferLike)
    : undefined;
}

function unwritable(href: string): SaddlepointError {
  return new SaddlepointError(
    'option',
    `cannot save to ${href}`,
    'save to a WritableStream or to bytes and send them with fetch(url, { method: "PUT", body })',
  );
}

function failed(action: string, what: string, cause: unknown, help?: string): SaddlepointError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SaddlepointError('file', `could not ${action} ${what}: ${reason}`, help, { cause });
}

async function attempt<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw failed('open', what, cause, 'the permission for a file handle may have ended: ask for the file again');
  }
}

async function writeStream(what: string, stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  if (stream.locked) {
    throw new SaddlepointError(
      'file',
      `could not write ${what}: it is locked by another writer`,
      'release that writer first',
    );
  }
  const writer = stream.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch (cause) {
    // A file handle keeps the old contents if the stream is aborted; one that already failed cannot be.
    await writer.abort(cause).catch(() => undefined);
    throw failed('write', what, cause);
  } finally {
    writer.releaseLock();
  }
}

async function readStream(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  if (stream.locked) {
    throw new SaddlepointError(
      'file',
      'could not read the stream: it is locked by another reader',
      'a stream is read once',
    );
  }
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const chunk = asBytes(value);
      if (chunk === undefined) throw new TypeError(`a chunk is ${show(value)}, bytes expected`);
      chunks.push(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    await reader.cancel(cause).catch(() => undefined);
    throw failed('read', 'the stream', cause);
  } finally {
    reader.releaseLock();
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function blobBytes(what: string, blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw failed('read', what, cause);
  }
}

async function fetchBytes(href: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(href);
  } catch (cause) {
    const help = 'check the address and the network; on a page the other server must allow it (CORS)';
    throw failed('fetch', href, cause, help);
  }
  return responseBytes(response, href);
}

async function responseBytes(response: Response, href = response.url || 'the response'): Promise<Uint8Array> {
  checkAnswer(response, href, 'a model');
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failed(
      'read',
      `the answer of ${href}`,
      cause,
      'a response can be read once; pass response.clone() to keep it',
    );
  }
}
