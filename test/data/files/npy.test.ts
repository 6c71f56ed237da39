import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readNpy, readNpz } from '../../../src/data/files/npy.ts';

/** A `.npy` file as NumPy writes it: the header padded to a multiple of 64 bytes. */
function npy(descr: string, shape: string, data: ArrayBufferView, fortran = false, version = 1): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const fields = version === 1 ? 10 : 12;
  const padded = `${header.padEnd(Math.ceil((fields + header.length + 1) / 64) * 64 - fields - 1)}\n`;
  const bytes = new Uint8Array(fields + padded.length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), fields);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), fields + padded.length);
  return bytes;
}

describe('NPY', () => {
  test.each([
    ['<f4', Float32Array.of(1.5, -2), 'f32', [1.5, -2]],
    ['<f8', Float64Array.of(1.5, 0.1), 'f32', [1.5, Math.fround(0.1)]],
    ['<f2', Uint16Array.of(0x3e00, 0xfc00), 'f32', [1.5, Number.NEGATIVE_INFINITY]],
    ['|u1', Uint8Array.of(1, 255), 'u8', [1, 255]],
    ['|b1', Uint8Array.of(0, 1), 'u8', [0, 1]],
    ['|i1', Int8Array.of(1, -1), 'i32', [1, -1]],
    ['<i2', Int16Array.of(1, -300), 'i32', [1, -300]],
    ['<u2', Uint16Array.of(1, 65535), 'i32', [1, 65535]],
    ['<i4', Int32Array.of(1, -70000), 'i32', [1, -70000]],
    ['<i8', BigInt64Array.of(1n, -5n), 'i32', [1, -5]],
    ['>i2', Uint8Array.of(0, 1, 255, 255), 'i32', [1, -1]],
    ['>f4', Uint8Array.of(0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0), 'f32', [1.5, -2]],
  ] as const)('reads %s', async (descr, data, dtype, values) => {
    const array = await readNpy(npy(descr, '(2,)', data));
    expect(array.dtype).toBe(dtype);
    expect([...array.data]).toEqual(values);
  });

  test('gives Fortran order in rows', async () => {
    const columns = Float32Array.of(1, 4, 2, 5, 3, 6);
    expect(await readNpy(npy('<f4', '(2, 3)', columns, true))).toEqual({
      shape: [2, 3],
      dtype: 'f32',
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    const cube = Int32Array.from({ length: 24 }, (_, i) => i);
    const { data } = await readNpy(npy('<i4', '(2, 3, 4)', cube, true, 2));
    expect(data[1 * 12 + 2 * 4 + 3]).toBe(1 + 2 * 2 + 3 * 6);
  });

  test('reads scalars and empty arrays', async () => {
    expect(await readNpy(npy('<f4', '()', Float32Array.of(7)))).toMatchObject({ shape: [], data: Float32Array.of(7) });
    expect((await readNpy(npy('<f4', '(0, 3)', new Float32Array(0)))).shape).toEqual([0, 3]);
  });

  test('refuses what it cannot hold, before it takes memory', async () => {
    const one = Float32Array.of(1);
    await expect(readNpy(npy('<f4', '(9999999, 9999999)', one))).rejects.toThrow(
      'elements of 4 bytes, but 4 bytes follow',
    );
    await expect(readNpy(npy('<c8', '(1,)', one))).rejects.toThrow("elements of type 'c8' have no counterpart");
    await expect(readNpy(npy('|O', '(1,)', one))).rejects.toThrow('its header cannot be read');
    await expect(readNpy(npy('<u4', '(1,)', Uint32Array.of(2 ** 31)))).rejects.toThrow(
      'element 0 is 2147483648, beyond 32-bit integers',
    );
    await expect(readNpy(npy('<i8', '(1,)', BigInt64Array.of(2n ** 40n)))).rejects.toThrow(
      'element 0 is 1099511627776',
    );
    await expect(readNpy('not an array, but a text')).rejects.toThrow('an NPY file begins with');
    const long = npy('<f4', '(1,)', one);
    long[9] = 255;
    await expect(readNpy(long)).rejects.toThrow('its header is said to have');
    await expect(readNpy(npy('<f4', '(1,)', one), { limit: 3 })).rejects.toThrow('more than 3 bytes');
  });

  test('is read or refused with our error, whatever single byte is changed', async () => {
    const good = npy('<f4', '(2, 2)', Float32Array.of(1, 2, 3, 4));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        const bad = good.slice();
        bad[at] = value;
        const error = await readNpy(bad).catch((cause) => cause);
        if (error instanceof Error) expect(error.name).toBe('SaddlepointError');
      }),
      { numRuns: 300 },
    );
  });
});

describe('NPZ', () => {
  const x = npy('<f4', '(2,)', Float32Array.of(1, 2));

  test('gives its arrays by name', async () => {
    expect(
      await readNpz(zipSync({ 'x.npy': x, 'y.npy': [npy('|u1', '(1,)', Uint8Array.of(3)), { level: 0 }] })),
    ).toEqual({
      x: { shape: [2], dtype: 'f32', data: Float32Array.of(1, 2) },
      y: { shape: [1], dtype: 'u8', data: Uint8Array.of(3) },
    });
  });

  test('is bounded when it is decompressed, and refused where it is damaged', async () => {
    const bomb = zipSync({ 'x.npy': new Uint8Array(50_000_000) });
    await expect(readNpz(bomb, { limit: 1_000_000 })).rejects.toThrow('more than 1000000 bytes when decompressed');
    const zip = zipSync({ 'x.npy': x });
    await expect(readNpz(zip.subarray(0, zip.length - 30))).rejects.toThrow('no zip archive, or a damaged one');
    await expect(readNpz(zipSync({ 'x.txt': x }))).rejects.toThrow('it holds no .npy arrays');
    await expect(readNpz(zipSync({ 'x.npy': x.subarray(0, 100) }))).rejects.toThrow("the NPZ file, array 'x'");
  });
});
