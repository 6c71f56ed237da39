/** @file IDX files, as MNIST comes in: `idx3-ubyte` images and `idx1-ubyte` labels, also gzipped. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { allBytes, type ByteSource, sourceName } from '../inputs.ts';
import { type ArrayFileOptions, FILE_LIMIT, type NumericArray } from './array.ts';
import { gunzip, isGzip } from './gunzip.ts';

/** By type byte: bytes an element, and how one is read (big-endian). */
const TYPES: Readonly<Record<number, { size: number; read: (view: DataView, at: number) => number }>> = {
  8: { size: 1, read: (view, at) => view.getUint8(at) },
  9: { size: 1, read: (view, at) => view.getInt8(at) },
  11: { size: 2, read: (view, at) => view.getInt16(at) },
  12: { size: 4, read: (view, at) => view.getInt32(at) },
  13: { size: 4, read: (view, at) => view.getFloat32(at) },
  14: { size: 8, read: (view, at) => view.getFloat64(at) },
};
const MAX_RANK = 8;

/**
 * Reads an IDX file (LeCun, Cortes & Burges): two zero bytes, type, rank, sizes as big-endian u32, the numbers. Bytes stay
 * bytes, integers become i32, floats f32. Gzip is undone.
 *
 * @throws SaddlepointError `file`: not IDX, an unknown type, sizes that do not fit the length of the file (byte named)
 * @example const images = await readIdx(file('train-images-idx3-ubyte.gz')); // { shape: [60000, 28, 28], dtype: 'u8', … }
 */
export async function readIdx(source: ByteSource, options: ArrayFileOptions = {}): Promise<NumericArray> {
  checkKnownOptions('readIdx', options, ['name', 'limit']);
  const name = sourceName(source, options.name, 'the IDX file');
  const limit = checkNumber('limit', options.limit ?? FILE_LIMIT, { min: 1, integer: true });
  const packed = await allBytes(source, name, limit);
  return parseIdx(isGzip(packed) ? await gunzip(packed, name, limit) : packed, name);
}

function parseIdx(bytes: Uint8Array, name: string): NumericArray {
  const wrong = (what: string): SaddlepointError =>
    new SaddlepointError('file', `${name}: ${what}`, 'check that it is an IDX file and complete');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4 || view.getUint16(0) !== 0) throw wrong('an IDX file begins with two zero bytes');
  const type = TYPES[view.getUint8(2)];
  if (type === undefined) throw wrong(`byte 2 is ${view.getUint8(2)}, a type (8, 9, 11, 12, 13, 14) expected`);
  const rank = view.getUint8(3);
  if (rank < 1 || rank > MAX_RANK) throw wrong(`byte 3 is ${rank}, a rank from 1 to ${MAX_RANK} expected`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw wrong(`it ends at byte ${bytes.length}, within the sizes`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  // Compared before anything is allocated.
  if (count * type.size !== bytes.length - start) {
    throw wrong(
      `its header says ${shape.join(' × ')} elements of ${type.size} bytes, but ${bytes.length - start} bytes follow`,
    );
  }
  if (view.getUint8(2) === 8) return { shape, dtype: 'u8', data: bytes.slice(start) };
  const floats = view.getUint8(2) >= 13;
  const data = floats ? new Float32Array(count) : new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.size);
  return floats
    ? { shape, dtype: 'f32', data: data as Float32Array }
    : { shape, dtype: 'i32', data: data as Int32Array };
}
