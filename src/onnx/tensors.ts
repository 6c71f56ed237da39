/** @file Tensors of ONNX files to arrays and back: sizes are checked against the bytes before anything is made of them. */
import { BYTES, type DType, type HostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import { type Draft, ELEMENT, type Message } from './schema.ts';

/** A tensor in one of the library's types; ints of 64 bits and booleans become i32, all floats f32. */
export interface Constant {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export const ELEMENT_OF: Readonly<Record<DType, number>> = {
  f32: ELEMENT.float,
  i32: ELEMENT.int32,
  u8: ELEMENT.uint8,
};

/** The name of an element type, for messages. */
export function elementName(type: number | undefined): string {
  return Object.entries(ELEMENT).find(([, number]) => number === type)?.[0] ?? `element type ${type ?? 'unknown'}`;
}

/** The library's type for a type of the format; undefined if there is none. */
export function dtypeOfElement(type: number | undefined): DType | undefined {
  if (type === ELEMENT.float || type === ELEMENT.double || type === ELEMENT.float16 || type === ELEMENT.bool)
    return 'f32';
  if (type === ELEMENT.int64 || type === ELEMENT.int32 || type === ELEMENT.int8) return 'i32';
  return type === ELEMENT.uint8 ? 'u8' : undefined;
}

/** A tensor as the format holds it; `int64` writes i32 numbers as the shapes and axes that operators ask for. */
export function toTensorProto(
  name: string,
  { shape, data }: { readonly shape: Shape; readonly data: ArrayLike<number> },
  type: number,
): Draft<'Tensor'> {
  const bytes = new Uint8Array(data.length * (type === ELEMENT.int64 ? 8 : type === ELEMENT.uint8 ? 1 : 4));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (type === ELEMENT.int64) view.setBigInt64(i * 8, BigInt(value), true);
    else if (type === ELEMENT.int32) view.setInt32(i * 4, value, true);
    else if (type === ELEMENT.uint8) bytes[i] = value;
    else view.setFloat32(i * 4, value, true);
  }
  return { name, dims: shape, dataType: type, rawData: bytes };
}

const RAW_BYTES: Readonly<Record<number, number>> = {
  [ELEMENT.float]: 4,
  [ELEMENT.uint8]: 1,
  [ELEMENT.int8]: 1,
  [ELEMENT.int32]: 4,
  [ELEMENT.int64]: 8,
  [ELEMENT.bool]: 1,
  [ELEMENT.float16]: 2,
  [ELEMENT.double]: 8,
};

/**
 * @throws SaddlepointError `file` for external data, element types without a counterpart, and data that do not fit the shape.
 */
export function fromTensorProto(tensor: Message<'Tensor'>, where: string): Constant {
  const fail = (what: string, help?: string): never => {
    throw new SaddlepointError('file', `onnx: ${where} ${what}`, help);
  };
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) {
    const location = tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'another file';
    fail(
      `keeps its data outside of the model, in '${location.slice(0, 80)}'`,
      'save the model as one file: onnx.save(model, path, save_as_external_data=False)',
    );
  }
  const { dims, dataType = 0 } = tensor;
  const dtype = dtypeOfElement(dataType);
  if (dtype === undefined) return fail(`has elements of type ${elementName(dataType)}`, 'export it in float32');
  if (!dims.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0))
    fail(`has the shape ${showShape(dims)}`);
  const values = valuesOf(tensor, dataType);
  if (!fits(dims, values.length)) fail(`has shape ${showShape(dims)} but ${values.length} values`);
  if (dtype === 'f32') return { shape: dims, dtype, data: Float32Array.from(values) };
  if (dtype === 'u8') return { shape: dims, dtype, data: Uint8Array.from(values) };
  // The ends of slices are often the largest number of 64 bits: any of 32 bits means the same.
  const held = Int32Array.from(values, (value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
  return { shape: dims, dtype, data: held };
}

/** Whether the shape has so many elements; the product is not trusted beyond them. */
function fits(dims: Shape, count: number): boolean {
  if (dims.includes(0)) return count === 0;
  let product = 1;
  for (const dimension of dims) {
    product *= dimension;
    if (product > count) return false;
  }
  return product === count;
}

function valuesOf(tensor: Message<'Tensor'>, type: number): ArrayLike<number> {
  const { rawData } = tensor;
  if (rawData === undefined || rawData.length === 0) {
    if (type === ELEMENT.float) return tensor.floatData;
    if (type === ELEMENT.double) return tensor.doubleData;
    if (type === ELEMENT.int64) return tensor.int64Data;
    return type === ELEMENT.float16 ? tensor.int32Data.map(fromHalf) : tensor.int32Data;
  }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const bytes = RAW_BYTES[type] as number;
  const count = Math.floor(rawData.length / bytes);
  const read = (i: number): number => {
    if (type === ELEMENT.float) return view.getFloat32(i * 4, true);
    if (type === ELEMENT.double) return view.getFloat64(i * 8, true);
    if (type === ELEMENT.float16) return fromHalf(view.getUint16(i * 2, true));
    if (type === ELEMENT.int64) return Number(view.getBigInt64(i * 8, true));
    if (type === ELEMENT.int32) return view.getInt32(i * 4, true);
    return type === ELEMENT.int8 ? view.getInt8(i) : view.getUint8(i);
  };
  // Double precision holds every type but ints beyond 2^53, which stand for "to the end".
  return Float64Array.from({ length: count }, (_, i) => read(i));
}

/** A float of 16 bits (IEEE 754 binary16). */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A constant as plain JSON: type, shape and its bytes in base 64, so that infinities and many numbers pass. */
export interface ConstantJson {
  readonly [key: string]: string | readonly number[];
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly base64: string;
}

export function constantToJson({ dtype, shape, data }: Constant): ConstantJson {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { dtype, shape, base64: btoa(text) };
}

/** @throws SaddlepointError `file` for JSON that is no such constant. */
export function constantFromJson(json: unknown, where: string): Constant & { readonly data: HostArray } {
  const { dtype, shape, base64 } = Object(json) as Partial<ConstantJson>;
  const known = dtype === 'f32' || dtype === 'i32' || dtype === 'u8';
  if (!known || !Array.isArray(shape) || typeof base64 !== 'string')
    throw new SaddlepointError('file', `onnx: ${where} is no constant`);
  const bytes = Uint8Array.from(decodeBase64(base64, where), (c) => c.charCodeAt(0));
  if (!fits(shape, bytes.length / BYTES[dtype]) || bytes.length !== sizeOf(shape) * BYTES[dtype])
    throw new SaddlepointError('file', `onnx: ${where} has shape ${showShape(shape)} but ${bytes.length} bytes`);
  const data =
    dtype === 'f32'
      ? new Float32Array(bytes.buffer)
      : dtype === 'i32'
        ? new Int32Array(bytes.buffer)
        : new Uint8Array(bytes.buffer);
  return { dtype, shape, data };
}

function decodeBase64(text: string, where: string): string {
  try {
    return atob(text);
  } catch (cause) {
    throw new SaddlepointError('file', `onnx: ${where} is no base 64`, undefined, { cause });
  }
}
