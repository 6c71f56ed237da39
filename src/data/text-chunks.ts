/** @file Text out of bytes: decoded piece by piece; other encodings and files that are no text are refused by name. */
import { SaddlepointError } from '../core/errors.ts';
import { type ByteSource, type Chunk, chunksOf } from './inputs.ts';

export interface TextOptions {
  /** What errors call it. */
  readonly name: string;
  /** A label of the Encoding Standard, such as `windows-1252`; default `utf-8`. */
  readonly encoding?: string | undefined;
}

/** Beginnings of files that people give for texts. */
const OTHERS: readonly (readonly [bytes: readonly number[], what: string, help: string])[] = [
  [[0xff, 0xfe], 'UTF-16 text (little endian)', "save it as UTF-8, or pass encoding: 'utf-16le'"],
  [[0xfe, 0xff], 'UTF-16 text (big endian)', "save it as UTF-8, or pass encoding: 'utf-16be'"],
  [[0x50, 0x4b, 3, 4], 'a zip archive, as spreadsheets (.xlsx, .ods) are', 'export it as CSV'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old spreadsheet (.xls)', 'export it as CSV'],
  [[0x1f, 0x8b], 'compressed (gzip)', 'decompress it first: stream.pipeThrough(new DecompressionStream("gzip"))'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'export it as CSV'],
];

function refuseOthers(name: string, bytes: Uint8Array): void {
  const other = OTHERS.find(([start]) => bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte));
  if (other !== undefined) throw new SaddlepointError('file', `${name} is ${other[1]}, UTF-8 text expected`, other[2]);
  const nul = bytes.subarray(0, 1000).indexOf(0);
  if (nul < 0) return;
  const wide = bytes.length >= 8 && [...bytes.subarray(0, 8)].filter((byte) => byte === 0).length === 4;
  throw new SaddlepointError(
    'file',
    `${name} is ${wide ? 'UTF-16 text' : 'no text'}: byte ${nul} is 0; UTF-8 text expected`,
    wide ? "save it as UTF-8, or pass encoding: 'utf-16le'" : 'check that this is the right file',
  );
}

/**
 * The text of a source in pieces, without a byte-order mark.
 *
 * @throws SaddlepointError `file`: bytes that are not of the encoding (line and byte named), UTF-16, archives, binary files;
 *   `option` for an unknown encoding
 */
export async function* textChunks(source: ByteSource, { name, encoding }: TextOptions): AsyncGenerator<string> {
  const decoder = decoderOf(encoding);
  let first = true;
  let decoded = false;
  let [bytesBefore, linesBefore] = [0, 0];
  for await (const chunk of piecesOf(chunksOf(source, name))) {
    if (typeof chunk !== 'string' && first && chunk.length > 0 && encoding === undefined) refuseOthers(name, chunk);
    if (typeof chunk !== 'string') decoded = true;
    const text = typeof chunk === 'string' ? withoutMark(chunk, first) : decode(chunk);
    if (chunk.length > 0) first = false;
    yield text;
    bytesBefore += chunk.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) linesBefore++;
  }
  if (decoded) yield decode(undefined);

  function decode(bytes: Exclude<Chunk, string> | undefined): string {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw wrongBytes(bytes, cause);
    }
  }
  function wrongBytes(bytes: Uint8Array | undefined, cause: unknown): SaddlepointError {
    // The replacement character stands where decoding failed.
    const before = new TextDecoder(encoding).decode(bytes).split('\ufffd')[0] as string;
    const byte = bytesBefore + new TextEncoder().encode(before).length;
    const line = linesBefore + before.split('\n').length;
    const what =
      bytes === undefined
        ? 'the file ends in the middle of a character'
        : `line ${line}, byte ${byte} is not ${decoder.encoding}`;
    return new SaddlepointError(
      'file',
      `${name}: ${what}`,
      "save it as UTF-8, or pass its encoding, such as 'windows-1252'",
      { cause },
    );
  }
}

/** Bytes at most this many at a time, so that whoever finds a fault early stops early. */
const PIECE = 65_536;

async function* piecesOf(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') yield chunk;
    else for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE);
  }
}

const withoutMark = (text: string, first: boolean): string =>
  first && text.startsWith('\ufeff') ? text.slice(1) : text;

function decoderOf(encoding: string | undefined): TextDecoder {
  try {
    return new TextDecoder(encoding ?? 'utf-8', { fatal: true });
  } catch (cause) {
    throw new SaddlepointError(
      'option',
      `encoding: unknown encoding '${encoding}'`,
      "such as 'utf-8', 'windows-1252', 'utf-16le'",
      { cause },
    );
  }
}
