/** @file Decompression with a bound: what a small file grows to is known before memory is taken for it. */
import { SaddlepointError } from '../../core/errors.ts';

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Compressed bytes pushed at a time: deflate makes at most 1032 bytes of one, so that no push takes much memory. */
const PIECE = 16_384;

/**
 * The bytes of a gzip file.
 *
 * @param limit stops as soon as there are more
 * @throws SaddlepointError `file`: damaged, cut off, or more than the limit
 */
export async function gunzip(bytes: Uint8Array, name: string, limit: number): Promise<Uint8Array> {
  // A header of 10 bytes, no data in 2 at least, checksum and length in 8.
  if (bytes.length < 20) throw cutOff(name);
  const { Gunzip } = await import('fflate');
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const stream = new Gunzip((chunk, final) => {
    size += chunk.length;
    ended ||= final;
    if (size <= limit) chunks.push(chunk);
  });
  try {
    for (let at = 0; at < bytes.length && size <= limit; at += PIECE) {
      stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError(
      'file',
      `${name}: the gzip data are damaged or cut off: ${reason}`,
      'download it again',
      { cause },
    );
  }
  if (size > limit) throw tooLarge(name, limit);
  if (!ended) throw cutOff(name);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  // The last four bytes say how long it must be, modulo 2³².
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(bytes.length - 4, true) === size % 2 ** 32) return whole;
  throw new SaddlepointError(
    'file',
    `${name}: the gzip data do not have the length that they state`,
    'download it again',
  );
}

function cutOff(name: string): SaddlepointError {
  return new SaddlepointError('file', `${name}: the gzip data are cut off`, 'download it again');
}

export function tooLarge(name: string, limit: number): SaddlepointError {
  return new SaddlepointError(
    'file',
    `${name}: more than ${limit} bytes when decompressed`,
    'raise limit if the file is right',
  );
}
