import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readIdx } from '../../../src/data/files/idx.ts';

const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4);
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('IDX', () => {
  test('D12: bytes stay bytes, at their own size', async () => {
    expect(await readIdx(labels)).toEqual({ shape: [3], dtype: 'u8', data: bytes(5, 0, 4) });
    const images = await readIdx(bytes(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4));
    expect(images).toEqual({ shape: [1, 2, 2], dtype: 'u8', data: bytes(1, 2, 3, 4) });
    expect(images.data.buffer.byteLength).toBe(4);
  });

  test('reads integers and floats, most significant byte first', async () => {
    expect((await readIdx(bytes(0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 255, 255))).data).toEqual(Int32Array.of(258, -1));
    expect((await readIdx(bytes(0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0))).data).toEqual(Float32Array.of(1.5));
    expect((await readIdx(bytes(0, 0, 14, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0))).data).toEqual(
      Float32Array.of(1.5),
    );
  });

  test('undoes gzip, within its limit', async () => {
    expect((await readIdx(gzipSync(labels))).data).toEqual(bytes(5, 0, 4));
    const bomb = gzipSync(new Uint8Array(50_000_000));
    await expect(readIdx(bomb, { limit: 1_000_000 })).rejects.toThrow('more than 1000000 bytes when decompressed');
    await expect(readIdx(gzipSync(labels).subarray(0, 20))).rejects.toThrow('the gzip data are');
  });

  test('refuses what does not fit, before it takes memory', async () => {
    await expect(
      readIdx(bytes(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)),
    ).rejects.toThrow('its header says 4294967295 × 4294967295 × 4294967295 elements of 1 bytes, but 0 bytes follow');
    await expect(readIdx(labels.subarray(0, 10))).rejects.toThrow(
      'its header says 3 elements of 1 bytes, but 2 bytes follow',
    );
    await expect(readIdx(labels.subarray(0, 6))).rejects.toThrow('it ends at byte 6, within the sizes');
    await expect(readIdx('1,2\n')).rejects.toThrow('an IDX file begins with two zero bytes');
    await expect(readIdx(bytes(0, 0, 7, 1, 0, 0, 0, 0))).rejects.toThrow('byte 2 is 7, a type');
    await expect(readIdx(bytes(0, 0, 8, 0))).rejects.toThrow('byte 3 is 0, a rank from 1 to 8 expected');
  });
});
