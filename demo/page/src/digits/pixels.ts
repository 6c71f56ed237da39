/** @file Digits and weights as pixels on a canvas, in the theme's colors. */
import { contextOf } from '../page/dom.ts';

type Color = readonly [red: number, green: number, blue: number];

/** Those that were painted with: a canvas for each would be much of the time of a drawing. */
const known = new Map<string, Color>();

/** A color as the browser resolved it, such as `rgb(31, 98, 143)`, by painting with it. */
export function resolved(color: string): Color {
  const found = known.get(color) ?? painted(color);
  known.set(color, found);
  return found;
}

function painted(color: string): Color {
  const context = contextOf(Object.assign(document.createElement('canvas'), { width: 1, height: 1 }), true);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** Shows 28 × 28 bytes as ink in the canvas's own text color. */
export function showDigit(canvas: HTMLCanvasElement, pixels: Uint8Array): void {
  const color = resolved(getComputedStyle(canvas).color);
  const image = new ImageData(28, 28);
  pixels.forEach((value, i) => {
    image.data.set([...color, value], 4 * i);
  });
  contextOf(canvas).putImageData(image, 0, 0);
}
