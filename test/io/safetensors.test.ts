import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../src/io/safetensors.ts';

const f32 = (shape: number[], ...values: number[]): StoredTensor => ({
  shape,
  dtype: 'f32',
  data: Float32Array.from(values),
});

/** A file from a header as text and data, by the published layout. */
function file(header: string, data: readonly number[] = []): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function fileError(bytes: Uint8Array, options?: { limit: number }): SaddlepointError {
  try {
    readSafetensors(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(SaddlepointError);
    expect((error as SaddlepointError).code).toBe('file');
    return error as SaddlepointError;
  }
  throw new Error('nothing was thrown');
}
const messageOf = (bytes: Uint8Array) => fileError(bytes).message.split('\n')[0];

describe('writeSafetensors', () => {
  const tensors = new Map<string, StoredTensor>([
    ['w', f32([2, 1], 1.5, -2)],
    ['ids', { shape: [2], dtype: 'i32', data: Int32Array.of(-1, 2 ** 30) }],
    ['b', { shape: [3], dtype: 'u8', data: Uint8Array.of(1, 2, 255) }],
    ['scalar', f32([], 7)],
  ]);
  const bytes = writeSafetensors(tensors, { model: '{"a":"ü"}', format: 'pt' });

  test('lays the file out as published, read by hand', () => {
    const view = new DataView(bytes.buffer);
    const headerLength = view.getUint32(0, true);
    expect(view.getUint32(4, true)).toBe(0);
    expect(headerLength % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerLength));
    expect(text[0]).toBe('{');
    expect(text.trimEnd().at(-1)).toBe('}');
    const header = JSON.parse(text);
    expect(Object.keys(header)).toEqual(['__metadata__', 'b', 'ids', 'scalar', 'w']);
    expect(header.__metadata__).toEqual({ format: 'pt', model: '{"a":"ü"}' });
    expect(header.b).toEqual({ dtype: 'U8', shape: [3], data_offsets: [0, 3] });
    expect(header.ids).toEqual({ dtype: 'I32', shape: [2], data_offsets: [3, 11] });
    expect(header.scalar).toEqual({ dtype: 'F32', shape: [], data_offsets: [11, 15] });
    expect(header.w).toEqual({ dtype: 'F32', shape: [2, 1], data_offsets: [15, 23] });
    const start = 8 + headerLength;
    expect(bytes.length).toBe(start + 23);
    expect([...bytes.subarray(start, start + 3)]).toEqual([1, 2, 255]);
    expect([view.getInt32(start + 3, true), view.getInt32(start + 7, true)]).toEqual([-1, 2 ** 30]);
    expect([11, 15, 19].map((at) => view.getFloat32(start + at, true))).toEqual([7, 1.5, -2]);
  });

  test('gives equal bytes for equal contents in any order', () => {
    expect(writeSafetensors(new Map([...tensors].reverse()), { format: 'pt', model: '{"a":"ü"}' })).toEqual(bytes);
  });

  test('writes a view as its own values, and nothing of the buffer around it', () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { tensors: back } = readSafetensors(
      writeSafetensors(new Map([['a', { shape: [2], dtype: 'f32', data }]]), {}),
    );
    expect(back.get('a')?.data).toEqual(Float32Array.of(1, 2));
  });

  test('refuses data that do not fit, and the name that the format keeps for itself', () => {
    expect(() => writeSafetensors(new Map([['a', f32([3], 1)]]), {})).toThrow(
      "safetensors: tensor 'a' is f32[3], its data a Float32Array of 1",
    );
    expect(() => writeSafetensors(new Map([['a', { ...f32([1], 1), dtype: 'i32' }]]), {})).toThrow(
      "tensor 'a' is i32[1]",
    );
    expect(() => writeSafetensors(new Map([['__metadata__', f32([1], 1)]]), {})).toThrow('belongs to the format');
  });
});

const name = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', '', 'constructor', '"', '\\'),
);
const tensor: fc.Arbitrary<StoredTensor> = fc
  .tuple(
    fc.constantFrom('f32' as const, 'i32' as const, 'u8' as const),
    fc.array(fc.nat(3), { maxLength: 4 }),
    fc.nat(),
  )
  .map(([dtype, shape, seed]): StoredTensor => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const values = Array.from({ length: size }, (_, i) => (seed + i * 7919) % 251);
    if (dtype === 'f32') return { dtype, shape, data: Float32Array.from(values) };
    return dtype === 'i32'
      ? { dtype, shape, data: Int32Array.from(values) }
      : { dtype, shape, data: Uint8Array.from(values) };
  });
const archive = fc.tuple(
  fc.array(fc.tuple(name, tensor), { maxLength: 5 }).map((entries) => new Map(entries)),
  fc.array(fc.tuple(name, fc.string()), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
);

describe('readSafetensors', () => {
  test('gives back whatever was written, with any name', () => {
    fc.assert(
      fc.property(archive, ([tensors, metadata]) => {
        const back = readSafetensors(writeSafetensors(tensors, metadata));
        expect([...back.tensors].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(
          [...tensors].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort());
      }),
    );
    expect(Object.getPrototypeOf(readSafetensors(file('{}')).metadata)).toBe(null);
  });

  test('reads from the middle of a buffer and keeps no hold of it', () => {
    const bytes = writeSafetensors(new Map([['a', f32([2], 1, 2)]]), {});
    const padded = new Uint8Array(bytes.length + 5);
    padded.set(bytes, 3);
    const { tensors } = readSafetensors(padded.subarray(3, 3 + bytes.length));
    padded.fill(0);
    expect(tensors.get('a')?.data).toEqual(Float32Array.of(1, 2));
  });

  test("reads a Buffer of Node's, which lies in memory that others share", () => {
    const bytes = Buffer.from(writeSafetensors(new Map([['a', f32([2], 1, 2)]]), {}));
    const data = readSafetensors(bytes).tensors.get('a')?.data;
    expect(data).toEqual(Float32Array.of(1, 2));
    expect(data?.buffer.byteLength).toBe(8);
  });

  const entry = (dtype: string, shape: string, from: number, to: number) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;
  const zeros = (n: number) => new Array<number>(n).fill(0);

  test.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'the file has 0 bytes, too few for a header'],
    ['a length beyond the file', file('{}').subarray(0, 9), 'the file has 9 bytes, too few for a header'],
    [
      'a truncated header',
      file('{"a":1}      ').subarray(0, 12),
      'the header is said to have 13 bytes, the file has 4 after its length',
    ],
    [
      'a length beyond all files',
      new Uint8Array(16).fill(255),
      'the header is said to have 18446744073709551615 bytes, at most 100000000 are allowed',
    ],
    ['a header that is a list', file('[1]'), "the header does not start with '{'"],
    [
      'a header that is not UTF-8',
      file('{"a":1}').map((byte) => (byte === 0x61 ? 0xff : byte)),
      'the header is not valid UTF-8',
    ],
    ['a key twice', file(`{"a":${entry('U8', '[0]', 0, 0)},"\\u0061":1}`), "the header has the key 'a' twice"],
    ['an inner key twice', file('{"a":{"dtype":"F32","dtype":"U8"}}'), "the header has the key 'dtype' twice"],
    ['metadata that is a list', file('{"__metadata__":[]}'), '__metadata__ is no object'],
    [
      'metadata that is no text',
      file('{"__metadata__":{"a":1}}'),
      "__metadata__ has a value that is no text under 'a'",
    ],
    ['an entry that is no object', file('{"a":1}'), "the header's entry for tensor 'a' is no object"],
    ['no dtype', file('{"a":{}}'), "tensor 'a' has no dtype"],
    ['a fraction in a shape', file(`{"a":${entry('U8', '[1.5]', 0, 1)}}`, [0]), "the shape of tensor 'a' is no list"],
    ['a negative dimension', file(`{"a":${entry('U8', '[-1]', 0, 1)}}`, [0]), "the shape of tensor 'a' is no list"],
    [
      'offsets that are no pair',
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}'),
      "the data_offsets of tensor 'a'",
    ],
    [
      'an extent beyond the data',
      file(`{"a":${entry('F32', '[2]', 0, 8)}}`, zeros(4)),
      "tensor 'a' ends at byte 8 of the data, which have 4",
    ],
    [
      'a shape that does not fit',
      file(`{"a":${entry('F32', '[2]', 0, 4)}}`, zeros(4)),
      "tensor 'a' has shape [2] of F32 but bytes 0 … 4",
    ],
    [
      'a range that runs back',
      file(`{"a":${entry('U8', '[0]', 2, 1)}}`, zeros(4)),
      "tensor 'a' has shape [0] of U8 but bytes 2 … 1",
    ],
    [
      'a product that overflows',
      file(`{"a":${entry('F32', '[4294967296,4294967296,4294967296]', 0, 0)}}`),
      "tensor 'a' has shape [4294967296,4294967296,4294967296] of F32 but bytes 0 … 0",
    ],
    [
      'an overlap',
      file(`{"a":${entry('U8', '[3]', 0, 3)},"b":${entry('U8', '[2]', 2, 4)}}`, zeros(4)),
      "tensor 'b' starts at byte 2 of the data, inside another: 3 expected",
    ],
    [
      'a gap',
      file(`{"a":${entry('U8', '[1]', 0, 1)},"b":${entry('U8', '[2]', 2, 4)}}`, zeros(4)),
      "tensor 'b' starts at byte 2 of the data, after a gap: 1 expected",
    ],
    [
      'bytes left over',
      file(`{"a":${entry('U8', '[1]', 0, 1)}}`, zeros(4)),
      'the data have 4 bytes, the tensors need 1',
    ],
  ])('refuses %s', (_what, bytes, message) => {
    expect(messageOf(bytes)).toContain(`safetensors: ${message}`);
  });

  test('says where the JSON of a header is wrong, and keeps to a smaller limit for it', () => {
    expect(messageOf(file('{"a":}'))).toMatch(/^safetensors: the header is not valid JSON: ./);
    expect(fileError(file('{}         '), { limit: 10 }).message).toContain('to have 11 bytes, at most 10 are allowed');
    expect(messageOf(file(`{"a":${'['.repeat(200_000)}`))).toContain('the header is not valid JSON');
  });

  test('lists all tensors of types that it does not read, at once', () => {
    const bytes = file(
      `{"a":${entry('F64', '[1]', 0, 8)},"b":${entry('F32', '[]', 8, 12)},"c":${entry('BF16', '[1]', 12, 14)}}`,
      zeros(14),
    );
    expect(messageOf(bytes)).toBe("safetensors: 2 tensors have types other than F32, I32 and U8: 'a' F64, 'c' BF16");
    expect(fileError(bytes).help).toContain('tensor.float()');
  });

  test.each([
    ['<!DOCTYPE html><html><body>not found', 'an HTML page'],
    ['<html><body>not found here</body>', 'an HTML page'],
    ['PK\x03\x04aaaaaaaaaaaaaaaaaaa', 'a zip archive'],
    ['version https://git-lfs.github.com/spec/v1', 'a Git LFS pointer'],
  ])('recognizes %j', (text, what) => {
    expect(messageOf(new TextEncoder().encode(text))).toContain(`safetensors: this is ${what}`);
  });

  test('cuts a hostile name and keeps control characters out of messages', () => {
    const message = messageOf(file(`{"\\u001b[2J${'x'.repeat(1000)}":1}`)) as string;
    expect(message.length).toBeLessThan(200);
    expect(message).not.toContain('\u001b');
  });

  test('reads a mutated file or refuses it, and never takes more memory than the file has', () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'insert', 'remove'));
    fc.assert(
      fc.property(archive, fc.array(mutation, { minLength: 1, maxLength: 6 }), ([tensors, metadata], mutations) => {
        let bytes = Array.from(writeSafetensors(tensors, metadata));
        for (const [where, byte, kind] of mutations) {
          const at = where % Math.max(1, bytes.length);
          if (kind === 'set') bytes[at] = byte;
          else if (kind === 'cut') bytes = bytes.slice(0, at);
          else if (kind === 'insert') bytes.splice(at, 0, byte);
          else bytes.splice(at, 1);
        }
        checkHostile(Uint8Array.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('does the same where numbers inside the header are changed', () => {
    const number = fc.oneof(
      fc.nat(40),
      fc.integer(),
      fc.double(),
      fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53, 1e308, -0),
    );
    fc.assert(
      fc.property(archive, fc.nat(), number, ([tensors, metadata], which, value) => {
        const bytes = writeSafetensors(tensors, metadata);
        const length = new DataView(bytes.buffer).getUint32(0, true);
        const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
        const found = [...header.matchAll(/\d+/g)];
        fc.pre(found.length > 0);
        const { index, 0: digits } = found[which % found.length] as RegExpExecArray;
        const changed = header.slice(0, index) + String(value) + header.slice(index + digits.length);
        checkHostile(file(changed, [...bytes.subarray(8 + length)]));
      }),
      { numRuns: 1000 },
    );
  });
});

function checkHostile(bytes: Uint8Array): void {
  try {
    const { tensors } = readSafetensors(bytes);
    let taken = 0;
    for (const { data, shape } of tensors.values()) {
      taken += data.buffer.byteLength;
      expect(data.length).toBe(shape.reduce((product, dimension) => product * dimension, 1));
    }
    expect(taken).toBeLessThanOrEqual(bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(SaddlepointError);
    expect((error as SaddlepointError).code).toBe('file');
  }
}
