/**
 * @file The safetensors format, in memory: 8 bytes with the header's length (little-endian), the header as JSON (for each
 * tensor its dtype, shape and the range of bytes that it has in the data), the data. A file's bytes are hostile: everything
 * in the header is checked against the file's real size before any tensor is made.
 */
import { BYTES, type DType } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import { damaged, parseHeader, quoted } from './safetensors-header.ts';

/** A tensor as a file holds it. */
export interface StoredTensor {
  /** Dimensions ≥ 0; [] for a scalar. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** Row-major. */
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface SafetensorsFile {
  /** In the order of their data. */
  readonly tensors: Map<string, StoredTensor>;
  /** The texts of `__metadata__`; without a prototype, so that any name is safe. */
  readonly metadata: Record<string, string>;
}

const FORMAT_NAMES = { f32: 'F32', i32: 'I32', u8: 'U8' } as const satisfies Record<DType, string>;
const DTYPES: ReadonlyMap<unknown, DType> = new Map(
  Object.entries(FORMAT_NAMES).map(([ours, theirs]) => [theirs, ours as DType]),
);

/** The format's own bound for a header. */
const HEADER_LIMIT = 100_000_000;

/**
 * The bytes of a safetensors file. Tensors and metadata are written in the order of their names, so equal contents give
 * equal bytes; the header is padded with spaces so that the data start at a multiple of 8.
 *
 * @throws SaddlepointError `option` for a tensor named `__metadata__` or data that do not fit their shape
 * @example writeSafetensors(new Map([['0/w', { shape: [2], dtype: 'f32', data: Float32Array.of(1, 2) }]]), { format: 'pt' });
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const texts = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    entries.push(`"__metadata__":{${texts.join(',')}}`);
  }
  const names = [...tensors.keys()].sort();
  let size = 0;
  for (const name of names) {
    const { shape, dtype, data } = tensors.get(name) as StoredTensor;
    checkTensor(name, shape, dtype, data);
    const offsets = `[${size},${size + data.byteLength}]`;
    const entry = `{"dtype":"${FORMAT_NAMES[dtype]}","shape":[${shape.join(',')}],"data_offsets":${offsets}}`;
    entries.push(`${JSON.stringify(name)}:${entry}`);
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  if (headerLength > HEADER_LIMIT) {
    throw new SaddlepointError(
      'option',
      `safetensors: a header of ${headerLength} bytes; the format allows ${HEADER_LIMIT}`,
    );
  }
  const bytes = new Uint8Array(8 + headerLength + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerLength);
  let at = 8 + headerLength;
  for (const name of names) {
    const { data } = tensors.get(name) as StoredTensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

function checkTensor(name: string, shape: Shape, dtype: DType, data: StoredTensor['data']): void {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const natural = data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u8';
  if (name !== '__metadata__' && size === data.length && natural === dtype) return;
  const what =
    name === '__metadata__'
      ? "the name '__metadata__' belongs to the format"
      : `tensor ${quoted(name)} is ${dtype}${showShape(shape)}, its data a ${data.constructor.name} of ${data.length}`;
  throw new SaddlepointError('option', `safetensors: ${what}`);
}

/**
 * Reads the bytes of a safetensors file. Every tensor gets a copy of its bytes, so the file's memory can go.
 *
 * @param options.limit the largest header taken, in bytes; default 100 000 000, the format's own bound
 * @throws SaddlepointError `file`: truncated or foreign bytes, a header that is not valid, types other than F32, I32 and U8
 * (all of them listed), ranges of bytes that overlap, leave gaps, or do not fit shape and file.
 */
export function readSafetensors(bytes: Uint8Array, options: { limit?: number | undefined } = {}): SafetensorsFile {
  const { entries, metadata, dataStart } = parseHeader(bytes, options.limit ?? HEADER_LIMIT);
  const size = bytes.length - dataStart;
  const checked = checkEntries(entries, size);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, dtype, begin, end } of checked) {
    // Not slice: that of Node's Buffer is a view of the memory around it.
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    const data =
      dtype === 'f32' ? new Float32Array(buffer) : dtype === 'i32' ? new Int32Array(buffer) : new Uint8Array(buffer);
    tensors.set(name, { shape, dtype, data });
  }
  return { tensors, metadata };
}

interface Entry {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly begin: number;
  readonly end: number;
}

function checkEntries(entries: readonly (readonly [string, unknown])[], size: number): Entry[] {
  const foreign: string[] = [];
  const result: Entry[] = [];
  for (const [name, value] of entries) {
    const { dtype: formatName, shape, range } = checkEntry(name, value);
    const dtype = DTYPES.get(formatName);
    if (dtype === undefined) {
      foreign.push(`${quoted(name)} ${quoted(formatName, '')}`);
      continue;
    }
    const [begin, end] = range;
    if (end > size) throw damaged(`tensor ${quoted(name)} ends at byte ${end} of the data, which have ${size}`);
    if (begin > end || !fits(shape, (end - begin) / BYTES[dtype])) {
      throw damaged(
        `tensor ${quoted(name)} has shape ${shortShape(shape)} of ${formatName} but bytes ${begin} … ${end}`,
      );
    }
    result.push({ name, shape, dtype, begin, end });
  }
  if (foreign.length > 0) throw unsupported(foreign);
  // Ranges one after the other, from the start to the end of the data: no overlap, no gap.
  result.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of result) {
    if (begin !== at) {
      throw damaged(
        `tensor ${quoted(name)} starts at byte ${begin} of the data, ${begin < at ? 'inside another' : 'after a gap'}: ${at} expected`,
      );
    }
    at = end;
  }
  if (at !== size) throw damaged(`the data have ${size} bytes, the tensors need ${at}`);
  return result;
}

export function checkEntry(name: string, value: unknown): { dtype: string; shape: number[]; range: [number, number] } {
  if (value === null || typeof value !== 'object')
    throw damaged(`the header's entry for tensor ${quoted(name)} is no object`);
  const { dtype, shape, data_offsets: range } = value as Record<string, unknown>;
  if (typeof dtype !== 'string') throw damaged(`tensor ${quoted(name)} has no dtype`);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(`the shape of tensor ${quoted(name)} is no list of integers ≥ 0`);
  }
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount)) {
    throw damaged(`the data_offsets of tensor ${quoted(name)} are not two integers ≥ 0`);
  }
  return { dtype, shape, range: range as [number, number] };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a shape has that many elements; stops before the product leaves the exact integers. */
function fits(shape: readonly number[], size: number): boolean {
  if (shape.includes(0)) return size === 0;
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (product > size) return false;
  }
  return product === size;
}

function shortShape(shape: readonly number[]): string {
  return shape.length <= 8 ? showShape(shape) : `[${shape.slice(0, 8).join(',')},…]`;
}

function unsupported(foreign: readonly string[]): SaddlepointError {
  const more = foreign.length > 12 ? ` and ${foreign.length - 12} more` : '';
  const subject = foreign.length === 1 ? 'a tensor has a type' : `${foreign.length} tensors have types`;
  return new SaddlepointError(
    'file',
    `safetensors: ${subject} other than F32, I32 and U8: ${foreign.slice(0, 12).join(', ')}${more}`,
    'convert before saving, in PyTorch for example: {name: tensor.float() for name, tensor in state.items()}',
  );
}
