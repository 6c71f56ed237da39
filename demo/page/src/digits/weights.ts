/** @file Shows the first layer's weights, in the theme's two colors. */
import { byId, contextOf } from '../page/dom.ts';
import { paced } from '../page/frames.ts';
import { resolved } from './pixels.ts';
import { type Kernel, tilesOf } from './tiles.ts';

/** The picture on the page. */
export class WeightsView {
  readonly #canvas = byId<HTMLCanvasElement>('weights');
  #kernel: Kernel | undefined;
  readonly draw = paced(() => this.#draw());

  show(kernel: Kernel | undefined): void {
    if (kernel === undefined) return;
    this.#kernel = kernel;
    this.draw();
  }

  #draw(): void {
    if (this.#kernel === undefined) return;
    const { width, height, values, columns, rows, side } = tilesOf(this.#kernel);
    const canvas = this.#canvas;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const style = getComputedStyle(canvas);
    // The stylesheet hands over both colors by properties that hold a color.
    const [adds, takes] = [resolved(style.color), resolved(style.caretColor)];
    const image = new ImageData(width, height);
    values.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      const [red, green, blue] = value > 0 ? adds : takes;
      const at = 4 * i;
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255 * Math.abs(value);
    });
    contextOf(canvas).putImageData(image, 0, 0);
    canvas.setAttribute('aria-label', `Weights of ${columns * rows} units of the first layer, ${side} × ${side} each`);
  }
}
