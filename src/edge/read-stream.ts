/**
 * @file The bytes of a plan file from a stream, into one array of the file's length. `arrayBuffer()` of a request takes three times
 * as much: workerd collects pieces, joins them, and copies the whole to where JavaScript may see it (docs/adr/032).
 */
import { BYTES } from '../core/dtype.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import { whole } from './check-header.ts';
import { damaged } from './damaged.ts';
import { DTYPES, type Extent, type PlanHeader, PRELUDE, padded } from './format.ts';

const PIECE = 2 ** 16;

/** What has a stream of bytes, or is one. */
interface Streaming {
  readonly body?: ReadableStream<Uint8Array> | null;
  stream?(): ReadableStream<Uint8Array>;
  getReader?: unknown;
}

/** What a file may have besides what goes to the memory: its header, and the scalars of steps. */
const BESIDES = 2 ** 24;

/**
 * @param memoryLimit of the plan, where most of the file goes.
 * @throws SaddlepointError `option` for what gives no bytes; else see `readStream`.
 */
export async function readAny(source: unknown, memoryLimit: number): Promise<Uint8Array> {
  const given = Object(source) as Streaming;
  const stream = given.getReader ? (source as ReadableStream<Uint8Array>) : (given.body ?? given.stream?.());
  if (stream) return readStream(stream, memoryLimit + BESIDES);
  if (given.body === null) return new Uint8Array();
  throw new SaddlepointError(
    'option',
    `load: cannot load from ${show(source)}`,
    'give bytes, a Request, a Response, a Blob or a ReadableStream',
  );
}

/** How long the file is, by its header. @throws for a header that is none. */
function lengthOf({ programs, blocks, train }: PlanHeader, from: number, most: number): number {
  const bytesOf = ([, elements, dtype]: Extent): number => padded(elements * BYTES[DTYPES[dtype]]);
  const sizes = [
    ...programs.flatMap(({ code, constants }) => [4 * code[1], ...constants.map(bytesOf)]),
    padded(train?.scalars.bytes ?? 0),
    ...blocks.filter(({ kept }) => kept).map(({ at }) => bytesOf(at)),
  ];
  return sizes.reduce((sum, size) => whole(sum + size, most, sum), from);
}

/** What comes next, at most so many bytes; none at the end. It is good until the next call. */
type Next = (most: number) => Promise<Uint8Array>;

/** Reads into one buffer again and again where the stream allows it: pieces made anew are garbage as large as the file. */
function opened(stream: ReadableStream<Uint8Array>): { next: Next; cancel(): Promise<void> } {
  let byob: ReadableStreamBYOBReader;
  try {
    byob = stream.getReader({ mode: 'byob' });
  } catch {
    return openedInPieces(stream);
  }
  let buffer = new ArrayBuffer(PIECE);
  return {
    async next(most) {
      const { value } = await byob.read(new Uint8Array(buffer, 0, Math.min(most, PIECE)));
      if (value === undefined) return new Uint8Array();
      buffer = value.buffer;
      return value;
    },
    cancel: () => byob.cancel(),
  };
}

function openedInPieces(stream: ReadableStream<Uint8Array>): ReturnType<typeof opened> {
  const reader = stream.getReader();
  let rest = new Uint8Array();
  return {
    async next(most) {
      while (rest.length === 0) {
        const { value, done } = await reader.read();
        if (done) break;
        if (!(value instanceof Uint8Array))
          throw new SaddlepointError('option', 'load: the stream gives something else than bytes', 'give Uint8Arrays');
        rest = value as Uint8Array<ArrayBuffer>;
      }
      const part = rest.subarray(0, most);
      rest = rest.subarray(part.length);
      return part;
    },
    cancel: () => reader.cancel(),
  };
}

/**
 * All of a stream's bytes, if they are as many as its header says; fewer, if it ends before. What is no plan is read no further than
 * that shows, and refused by who reads the bytes.
 *
 * @param most bytes that may be taken, whatever a header says.
 * @throws SaddlepointError `file` for a header that asks for more, and for bytes behind the end.
 */
export async function readStream(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const { next, cancel } = opened(stream);
  /** `start`, made as long as `length`, or less where the stream ends. */
  const extended = async (start: Uint8Array, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    bytes.set(start);
    let at = start.length;
    while (at < length) {
      const part = await next(length - at);
      if (part.length === 0) return bytes.subarray(0, at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  };
  try {
    const prelude = await extended(new Uint8Array(), PRELUDE);
    const from = PRELUDE + new DataView(prelude.buffer).getUint32(16, true);
    // Text read as a length is far too much.
    if (prelude.length < PRELUDE || from > most) return prelude;
    const start = await extended(prelude, from);
    const length = lengthBy(start.subarray(PRELUDE), from, most);
    if (length === undefined || start.length < from) return start;
    const file = await extended(start, length);
    if (file.length === length && (await next(1)).length > 0)
      throw damaged(`the plan ends after ${length} bytes, and more follow`);
    return file;
  } finally {
    await cancel().catch(() => undefined);
  }
}

/** Undefined for a header that cannot be read, which its checksum will show. */
function lengthBy(json: Uint8Array, from: number, most: number): number | undefined {
  try {
    return lengthOf(JSON.parse(new TextDecoder().decode(json)) as PlanHeader, from, most);
  } catch (error) {
    if (error instanceof SaddlepointError) throw error;
    return undefined;
  }
}
