/** @file What readers read from: text, bytes, blobs, answers, streams, iterables; opened as chunks, once or again and again. */
import { checkAnswer } from '../core/answer.ts';
import { SaddlepointError, show } from '../core/errors.ts';

/** A piece of a file. */
export type Chunk = string | Uint8Array;

/**
 * What a reader takes: the text or the bytes themselves, a Blob or File, a Response, a stream, an (async) iterable of texts or
 * bytes. In Node, `file(path)` of `saddlepoint/node` opens files and addresses.
 */
export type ByteSource =
  | string
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Chunk>
  | AsyncIterable<Chunk>
  | Iterable<Chunk>;

/** Bytes of text are handed on in pieces of at most this many characters. */
const PIECE = 65_536;

// Structure, not instanceof: these objects come from other windows, workers and polyfills too.
const method = (value: unknown, name: string | symbol): boolean =>
  value !== null &&
  typeof value === 'object' &&
  typeof (value as Record<string | symbol, unknown>)[name] === 'function';

export function asBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = Object.prototype.toString.call(value);
  const buffer = tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
  return buffer ? new Uint8Array(value as ArrayBufferLike) : undefined;
}

/** What errors call a source: its own name, or what it is. */
export function sourceName(source: unknown, given: string | undefined, otherwise: string): string {
  if (given !== undefined) return given;
  const { name, url } = (source ?? {}) as { name?: unknown; url?: unknown };
  if (typeof source === 'object' && typeof name === 'string' && name !== '') return name;
  return typeof source === 'object' && typeof url === 'string' && url !== '' ? url : otherwise;
}

/** Whether the source can be read only once. */
export function isOneShot(source: unknown): boolean {
  if (typeof source === 'string' || asBytes(source) !== undefined || method(source, 'slice')) return false;
  if (method(source, 'getReader') || (method(source, 'arrayBuffer') && 'status' in (source as object))) return true;
  // A generator is its own iterator; an iterable that is none makes a new one each time.
  if (method(source, 'next')) return true;
  return false;
}

/**
 * The chunks of a source, in order.
 *
 * @throws SaddlepointError `option` for what is no source, `file` for a stream in use, an answer that is not ok, a failed read
 */
export async function* chunksOf(source: ByteSource, name: string): AsyncGenerator<Chunk> {
  if (typeof source === 'string') {
    for (let at = 0; at < source.length; at += PIECE) yield source.slice(at, at + PIECE);
    return;
  }
  const bytes = asBytes(source);
  if (bytes !== undefined) return yield bytes;
  if (method(source, 'arrayBuffer') && 'status' in source)
    return yield* streamChunks(bodyOf(source as Response, name), name);
  if (method(source, 'stream')) return yield* streamChunks((source as Blob).stream(), name);
  if (method(source, 'getReader')) return yield* streamChunks(source as ReadableStream<Chunk>, name);
  if (method(source, Symbol.asyncIterator) || method(source, Symbol.iterator)) {
    for await (const chunk of source as AsyncIterable<Chunk>) yield checkedChunk(chunk, name);
    return;
  }
  throw new SaddlepointError(
    'option',
    `${name}: cannot read from ${show(source)}`,
    'give the text or the bytes, a Blob or File, a Response, a ReadableStream or an async iterable; paths: file(path) of saddlepoint/node',
  );
}

function checkedChunk(chunk: unknown, name: string): Chunk {
  const checked = typeof chunk === 'string' ? chunk : asBytes(chunk);
  if (checked !== undefined) return checked;
  throw new SaddlepointError('file', `${name}: a chunk of the stream is ${show(chunk)}, text or bytes expected`);
}

function bodyOf(response: Response, name: string): ReadableStream<Uint8Array> {
  checkAnswer(response, `${name}:`);
  return response.body ?? new Response(new Uint8Array()).body!;
}

async function* streamChunks(stream: ReadableStream<Chunk>, name: string): AsyncGenerator<Chunk> {
  if (stream.locked) {
    throw new SaddlepointError(
      'file',
      `${name}: the stream is read by someone else, or was read before`,
      'a stream is read once: open it again',
    );
  }
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield checkedChunk(value, name);
    }
    ended = true;
  } catch (cause) {
    ended = true;
    if (cause instanceof SaddlepointError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError('file', `${name}: the stream broke off: ${reason}`, undefined, { cause });
  } finally {
    // Whoever stops in the middle does not want the rest.
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/**
 * All bytes of a source.
 *
 * @param limit at most this many bytes are taken
 * @throws SaddlepointError as `chunksOf`; `file` if there are more than the limit
 */
export async function allBytes(source: ByteSource, name: string, limit = 2 ** 31 - 1): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(source, name)) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    if (size > limit) throw new SaddlepointError('file', `${name}: more than ${limit} bytes`, 'give a smaller file');
    chunks.push(bytes);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
