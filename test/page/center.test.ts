import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centerDigit } from '../../demo/page/src/digits/center.ts';

const SIZE = 56;

/** A picture with ink where a rule says so. */
const drawn = (isInk: (x: number, y: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: SIZE * SIZE }, (_, i) => (isInk(i % SIZE, Math.floor(i / SIZE)) ? 255 : 0));

const rectangle = (left: number, top: number, width: number, height: number): Uint8Array =>
  drawn((x, y) => x >= left && x < left + width && y >= top && y < top + height);

/** First and last row and column with ink, and the center of mass, in pixels. */
function measure(pixels: Uint8Array) {
  const inked = [...pixels.keys()].filter((i) => (pixels[i] as number) > 0);
  const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
  const mass = inked.reduce((sum, i) => sum + (pixels[i] as number), 0);
  const center = (along: (i: number) => number) =>
    inked.reduce((sum, i) => sum + (pixels[i] as number) * (along(i) + 0.5), 0) / mass;
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
    x: center((i) => i % 28),
    y: center((i) => Math.floor(i / 28)),
  };
}

describe('a drawing in the form of MNIST', () => {
  it('is empty where nothing is drawn', () => {
    expect(centerDigit(new Uint8Array(SIZE * SIZE), SIZE)).toEqual(new Uint8Array(784));
  });

  it('fills 20 pixels of 28 with its longer side, keeps its proportions, and has its mass in the middle', () => {
    const rectangles = fc.record({ width: fc.integer({ min: 3, max: 40 }), height: fc.integer({ min: 3, max: 40 }) });
    fc.assert(
      fc.property(rectangles, fc.nat(), fc.nat(), ({ width, height }, a, b) => {
        const [left, top] = [a % (SIZE - width + 1), b % (SIZE - height + 1)];
        const found = measure(centerDigit(rectangle(left, top, width, height), SIZE));
        const longer = Math.max(width, height);
        expect(Math.max(found.width, found.height)).toBe(20);
        expect(found.width).toBe(Math.round((20 * width) / longer));
        expect(found.height).toBe(Math.round((20 * height) / longer));
        // Half a pixel: places are whole pixels.
        expect(Math.abs(found.x - 14)).toBeLessThanOrEqual(0.5);
        expect(Math.abs(found.y - 14)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it('does not depend on where it is drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 36 }), fc.integer({ min: 0, max: 26 }), (dx, dy) => {
        const hook = (x0: number, y0: number) =>
          drawn((x, y) => (x - x0 < 20 && y === y0 && x >= x0) || (x === x0 && y >= y0 && y - y0 < 30));
        expect(centerDigit(hook(dx, dy), SIZE)).toEqual(centerDigit(hook(0, 0), SIZE));
      }),
    );
  });

  it('keeps the darkness of even ink when it is scaled', () => {
    const pixels = centerDigit(rectangle(8, 8, 40, 40), SIZE);
    expect([...new Set(pixels)].sort()).toEqual([0, 255]);
    expect(pixels.filter((value) => value === 255)).toHaveLength(400);
  });

  it('stays inside when its mass lies far to one side', () => {
    const heavy = drawn((x, y) => (x < 12 && y < 50) || (y === 0 && x < 50));
    const { width, height } = measure(centerDigit(heavy, SIZE));
    expect([width, height]).toEqual([20, 20]);
  });
});
