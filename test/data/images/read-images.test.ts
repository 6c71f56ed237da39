import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { readImages } from '../../../src/data/images/read-images.ts';

const rgb = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7);
const png = (data = rgb, width = 2, height = 2, more = {}) => encode({ width, height, data, channels: 3, ...more });
const jpg = (side: number, color: readonly number[]) =>
  new Uint8Array(
    jpeg.encode(
      {
        width: side,
        height: side,
        data: Uint8Array.from({ length: side * side * 4 }, (_, i) => color[i % 4] as number),
      },
      95,
    ).data,
  );

describe('images', () => {
  test('D12: become bytes, rows of one shape', async () => {
    expect(await readImages([png(), png()])).toEqual({
      shape: [2, 2, 2, 3],
      dtype: 'u8',
      data: Uint8Array.of(...rgb, ...rgb),
    });
  });

  test('are read from PNG of any depth, with palettes and alpha', async () => {
    const deep = png(Uint16Array.from(rgb, (x) => x * 257) as never, 2, 2, { depth: 16 });
    expect((await readImages([deep])).data).toEqual(rgb);
    const clear = encode({ width: 1, height: 1, data: Uint8Array.of(0, 0, 0, 0), channels: 4 });
    expect([...(await readImages([clear])).data]).toEqual([255, 255, 255]);
    expect([...(await readImages([clear], { channels: 'rgba' })).data]).toEqual([0, 0, 0, 0]);
    const bits = encode({ width: 8, height: 1, data: Uint8Array.of(0b10100000), channels: 1, depth: 1 });
    expect([...(await readImages([bits], { channels: 'gray' })).data]).toEqual([255, 0, 255, 0, 0, 0, 0, 0]);
  });

  test('are read from JPEG', async () => {
    const { shape, data } = await readImages([jpg(16, [200, 100, 50, 255])]);
    expect(shape).toEqual([1, 16, 16, 3]);
    // One color: what is lost is rounding of the color transform.
    for (let i = 0; i < data.length; i++)
      expect(Math.abs((data[i] as number) - ([200, 100, 50][i % 3] as number))).toBeLessThanOrEqual(2);
  });

  test('are brought to one size, or refused where they differ', async () => {
    const two = [png(), png(new Uint8Array(27), 3, 3)];
    expect((await readImages(two, { size: [4, 5], channels: 'gray' })).shape).toEqual([2, 4, 5, 1]);
    await expect(readImages(two)).rejects.toThrow('image 1 is 3 × 3 pixels, the first image 2 × 2');
    await expect(readImages([])).rejects.toThrow('there are no images');
  });

  test('that are none are refused by name', async () => {
    const named = (bytes: Uint8Array, name: string) =>
      Object.assign(new Blob([bytes as Uint8Array<ArrayBuffer>]), { name });
    await expect(readImages([named(Uint8Array.of(0x47, 0x49, 0x46, 0x38, 0x39), 'a.gif')])).rejects.toThrow(
      'a.gif is no PNG or JPEG: it is a GIF',
    );
    await expect(readImages(['<svg/>'])).rejects.toThrow('it is text such as SVG or HTML');
    await expect(readImages([new Uint8Array(0)])).rejects.toThrow('image 0 is no PNG or JPEG: it is empty');
    await expect(readImages([Uint8Array.of(1, 2)])).rejects.toThrow('it begins with byte 1');
  });

  test('that are cut off or damaged are refused', async () => {
    const whole = png(new Uint8Array(300).fill(7), 10, 10);
    for (const length of [8, 30, whole.length - 20]) {
      await expect(readImages([whole.subarray(0, length)])).rejects.toThrow('the image is damaged or cut off');
    }
    const changed = whole.slice();
    changed[45] = (changed[45] as number) ^ 1;
    await expect(readImages([changed])).rejects.toThrow('the image is damaged or cut off');
    await expect(readImages([jpg(64, [1, 2, 3, 4]).subarray(0, 200)])).rejects.toThrow(
      'the image is damaged or cut off',
    );
  });

  test('of hostile size are refused before memory is taken', async () => {
    const huge = png();
    new DataView(huge.buffer).setUint32(16, 100_000);
    new DataView(huge.buffer).setUint32(20, 100_000);
    await expect(readImages([huge])).rejects.toThrow('has 100000 × 100000 pixels, at most 25000000 are allowed');
    const wide = jpg(16, [0, 0, 0, 255]);
    const frame = wide.findIndex((byte, i) => byte === 0xff && wide[i + 1] === 0xc0);
    wide.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    await expect(readImages([wide])).rejects.toThrow('has 65535 × 65535 pixels');
    await expect(readImages([png()], { maxPixels: 3 })).rejects.toThrow('has 2 × 2 pixels, at most 3 are allowed');
  });

  test('refuse options that do not fit', async () => {
    await expect(readImages([png()], { channels: 'grey' as never })).rejects.toThrow("did you mean 'gray'?");
    await expect(readImages([png()], { size: [0, 4] })).rejects.toThrow('size[0]: expected an integer ≥ 1');
  });
});
