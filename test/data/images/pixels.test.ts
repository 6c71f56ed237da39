import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Image, resized, withChannels } from '../../../src/data/images/pixels.ts';

const gray = (height: number, width: number, ...data: number[]): Image => ({
  height,
  width,
  channels: 1,
  data: Uint8Array.from(data),
});

describe('sizes', () => {
  test('shrink by areas', () => {
    expect([...resized(gray(2, 4, 0, 100, 10, 20, 40, 60, 30, 40), 1, 2).data]).toEqual([50, 25]);
    // Three to two: a pixel and half of the middle one each.
    expect([...resized(gray(1, 3, 0, 90, 180), 1, 2).data]).toEqual([30, 150]);
  });

  test('grow by straight lines between the centers', () => {
    expect([...resized(gray(1, 2, 0, 100), 1, 4).data]).toEqual([0, 25, 75, 100]);
    expect([...resized(gray(1, 1, 7), 2, 2).data]).toEqual([7, 7, 7, 7]);
  });

  test('keep one color one color, and the range', () => {
    const side = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(255), (h, w, height, width, value) => {
        const image: Image = { height: h, width: w, channels: 3, data: new Uint8Array(h * w * 3).fill(value) };
        expect(new Set(resized(image, height, width).data)).toEqual(new Set([value]));
      }),
    );
  });
});

describe('channels', () => {
  test('gray is the luma of BT.601', () => {
    const image: Image = { height: 1, width: 3, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) };
    expect([...withChannels(image, 'gray').data]).toEqual([76, 150, 29]);
  });

  test('what is transparent lies over white, unless alpha is kept', () => {
    const image: Image = { height: 1, width: 2, channels: 4, data: Uint8Array.of(0, 0, 0, 0, 100, 0, 200, 255) };
    expect([...withChannels(image, 'rgb').data]).toEqual([255, 255, 255, 100, 0, 200]);
    expect(withChannels(image, 'rgba')).toBe(image);
    expect([...withChannels(gray(1, 1, 9), 'rgba').data]).toEqual([9, 9, 9, 255]);
    expect([...withChannels({ ...gray(1, 1, 100, 51), channels: 2 }, 'gray').data]).toEqual([224]);
  });
});
