/** @file NumPy files: `.npy` arrays and `.npz` archives of them, read without trust in their headers. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { allBytes, type ByteSource, sourceName } from '../inputs.ts';
import { type ArrayFileOptions, FILE_LIMIT, type NumericArray } from './array.ts';
import { tooLarge } from './gunzip.ts';

interface ElementType {
  readonly size: number;
  readonly dtype: NumericArray['dtype'];
  read(view: DataView, at: number, little: boolean): number | bigint;
}

const type = (size: number, dtype: NumericArray['dtype'], read: ElementType['read']): ElementType => ({
  size,
  dtype,
  read,
});
/** Types that fit without loss of more than f32 rounding; 64-bit integers are checked one by one. */
const TYPES: Readonly<Record<string, ElementType>> = {
  b1: type(1, 'u8', (view, at) => view.getUint8(at)),
  u1: type(1, 'u8', (view, at) => view.getUint8(at)),
  i1: type(1, 'i32', (view, at) => view.getInt8(at)),
  u2: type(2, 'i32', (view, at, little) => view.getUint16(at, little)),
  i2: type(2, 'i32', (view, at, little) => view.getInt16(at, little)),
  u4: type(4, 'i32', (view, at, little) => view.getUint32(at, little)),
  i4: type(4, 'i32', (view, at, little) => view.getInt32(at, little)),
  u8: type(8, 'i32', (view, at, little) => view.getBigUint64(at, little)),
  i8: type(8, 'i32', (view, at, little) => view.getBigInt64(at, little)),
  f2: type(2, 'f32', (view, at, little) => halfFloat(view.getUint16(at, little))),
  f4: type(4, 'f32', (view, at, little) => view.getFloat32(at, little)),
  f8: type(8, 'f32', (view, at, little) => view.getFloat64(at, little)),
};

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const LONGEST_HEADER = 65_536;
const MAX_RANK = 32;

const wrong = (
  name: string,
  what: string,
  help = 'check that it is complete; save it again with numpy.save',
): SaddlepointError => new SaddlepointError('file', `${name}: ${what}`, help);

/**
 * Reads a `.npy` file (NumPy Enhancement Proposal 1; versions 1 to 3, either byte order, C or Fortran order): bytes and booleans
 * as u8, integers as i32, floats of 16, 32 and 64 bits as f32, always row-major.
 *
 * @throws SaddlepointError `file`: not NPY, a header that is no header, a type without a counterpart (objects, strings, complex
 *   numbers), a shape that does not fit the length, an integer beyond 32 bits (position named)
 * @example const { shape, data } = await readNpy(file('x.npy'));
 */
export async function readNpy(source: ByteSource, options: ArrayFileOptions = {}): Promise<NumericArray> {
  checkKnownOptions('readNpy', options, ['name', 'limit']);
  const name = sourceName(source, options.name, 'the NPY file');
  const limit = checkNumber('limit', options.limit ?? FILE_LIMIT, { min: 1, integer: true });
  return parseNpy(await allBytes(source, name, limit), name, limit);
}

interface Header {
  readonly element: ElementType;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

function parseHeader(bytes: Uint8Array, name: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== '\x93NUMPY') {
    throw wrong(name, "an NPY file begins with '\\x93NUMPY'", 'check that this is the right file');
  }
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw wrong(name, `byte 6 says version ${version}, 1 to 3 expected`);
  const fields = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = fields + length;
  if (length > LONGEST_HEADER || start > bytes.length) {
    throw wrong(name, `its header is said to have ${length} bytes, the file has ${bytes.length}`);
  }
  const text = new TextDecoder().decode(bytes.subarray(fields, start));
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z]\d+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const tuple = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text);
  if (descr === null || order === null || tuple === null) {
    const what = /'descr'\s*:\s*\[/.test(text)
      ? 'it holds records of several fields'
      : `its header cannot be read: ${text.slice(0, 80).trim()}`;
    throw wrong(name, what, 'save a plain array of numbers');
  }
  const element = TYPES[descr[2] as string];
  if (element === undefined) {
    throw wrong(
      name,
      `elements of type '${descr[2]}' have no counterpart`,
      'convert it first: array.astype(numpy.float32)',
    );
  }
  const shape = (tuple[1] as string)
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length > MAX_RANK || shape.some((size) => !Number.isSafeInteger(size)))
    throw wrong(name, `its shape is (${tuple[1]})`);
  return { element, little: descr[1] !== '>', fortran: order[1] === 'True', shape, start };
}

function parseNpy(bytes: Uint8Array, name: string, limit: number): NumericArray {
  const { element, little, fortran, shape, start } = parseHeader(bytes, name);
  const count = shape.reduce((product, size) => product * size, 1);
  // Compared before anything is allocated.
  if (count * element.size !== bytes.length - start) {
    throw wrong(
      name,
      `its header says (${shape.join(', ')}) elements of ${element.size} bytes, but ${bytes.length - start} bytes follow`,
    );
  }
  if (count * (element.dtype === 'u8' ? 1 : 4) > limit) throw tooLarge(name, limit);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const place = fortran && shape.length > 1 ? fortranPlaces(shape) : undefined;
  const read = (i: number): number => {
    const value = element.read(view, start + i * element.size, little);
    const number = Number(value);
    if (element.dtype !== 'i32' || number === (number | 0)) return number;
    throw wrong(
      name,
      `element ${i} is ${value}, beyond 32-bit integers`,
      'convert it first: array.astype(numpy.float32)',
    );
  };
  const data =
    element.dtype === 'f32'
      ? new Float32Array(count)
      : element.dtype === 'u8'
        ? new Uint8Array(count)
        : new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = read(place === undefined ? i : place(i));
  return { shape, dtype: element.dtype, data };
}

/** Where the row-major element i lies in column-major order. */
function fortranPlaces(shape: readonly number[]): (i: number) => number {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  return (i) => {
    let rest = i;
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      at += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    return at;
  };
}

/**
 * Reads all arrays of an `.npz` file by name, compressed or not.
 *
 * @throws SaddlepointError `file`: not a zip archive, an entry that is damaged or grows beyond the limit, and what `readNpy` says
 * @example const { x, y } = await readNpz(file('data.npz'));
 */
export async function readNpz(
  source: ByteSource,
  options: ArrayFileOptions = {},
): Promise<Record<string, NumericArray>> {
  checkKnownOptions('readNpz', options, ['name', 'limit']);
  const name = sourceName(source, options.name, 'the NPZ file');
  const limit = checkNumber('limit', options.limit ?? FILE_LIMIT, { min: 1, integer: true });
  const bytes = await allBytes(source, name, limit);
  const { unzipSync } = await import('fflate');
  let files: Record<string, Uint8Array>;
  let total = 0;
  try {
    files = unzipSync(bytes, {
      // Asked for each entry before its memory is taken.
      filter: ({ originalSize, name: entry }) => {
        total += originalSize;
        if (total > limit) throw tooLarge(name, limit);
        return entry.endsWith('.npy');
      },
    });
  } catch (cause) {
    if (cause instanceof SaddlepointError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError(
      'file',
      `${name}: no zip archive, or a damaged one: ${reason}`,
      'save it again with numpy.savez',
      { cause },
    );
  }
  const arrays = Object.entries(files).map(([entry, content]) => {
    const key = entry.slice(0, -'.npy'.length);
    return [key, parseNpy(content, `${name}, array '${key}'`, limit)] as const;
  });
  if (arrays.length > 0) return Object.fromEntries(arrays);
  throw wrong(name, 'it holds no .npy arrays', 'check that this is the right file');
}
