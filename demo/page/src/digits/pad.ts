/** @file The square to draw in: by mouse, finger and pen, or by keys. */
import { contextOf } from '../page/dom.ts';

/** The pad's own pixels; it may be shown smaller. */
const SIZE = 280;
/** About as thick as MNIST's pens, when a digit fills most of the pad. */
const PEN = 24;
/** How far an arrow key moves the pen. */
const KEY_STEP = 10;

interface Spot {
  readonly x: number;
  readonly y: number;
}

export class Pad {
  readonly size = SIZE;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** The ink alone, kept apart from the pen's mark and from the theme's colors. */
  readonly #ink: CanvasRenderingContext2D;
  readonly #onChange: () => void;
  #pen: Spot = { x: SIZE / 2, y: SIZE / 2 };
  #isDown = false;

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    const ink = document.createElement('canvas');
    ink.width = SIZE;
    ink.height = SIZE;
    this.#ink = contextOf(ink, true);
    this.#onChange = onChange;
    this.#followPointer();
    this.#followKeys();
  }

  /** The ink: 0 … 255 a pixel, row by row. */
  read(): Uint8Array {
    const { data } = this.#ink.getImageData(0, 0, SIZE, SIZE);
    const ink = new Uint8Array(SIZE * SIZE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] as number;
    return ink;
  }

  clear(): void {
    this.#ink.clearRect(0, 0, SIZE, SIZE);
    this.#changed();
  }

  /** Shows a digit of 28 × 28 pixels as if it had been drawn. */
  show(pixels: Uint8Array): void {
    const image = new ImageData(28, 28);
    pixels.forEach((value, i) => {
      image.data[4 * i + 3] = value;
    });
    const small = document.createElement('canvas');
    small.width = 28;
    small.height = 28;
    contextOf(small).putImageData(image, 0, 0);
    this.#ink.clearRect(0, 0, SIZE, SIZE);
    this.#ink.drawImage(small, 0, 0, SIZE, SIZE);
    this.#changed();
  }

  /** Draws what is seen, in the theme's colors. */
  draw(): void {
    const context = this.#context;
    context.globalCompositeOperation = 'source-over';
    context.clearRect(0, 0, SIZE, SIZE);
    context.drawImage(this.#ink.canvas, 0, 0);
    context.globalCompositeOperation = 'source-in';
    context.fillStyle = getComputedStyle(this.#canvas).color;
    context.fillRect(0, 0, SIZE, SIZE);
    context.globalCompositeOperation = 'source-over';
    if (document.activeElement === this.#canvas && this.#canvas.matches(':focus-visible')) this.#drawPen();
  }

  #drawPen(): void {
    const context = this.#context;
    context.beginPath();
    context.arc(this.#pen.x, this.#pen.y, PEN / 2, 0, 2 * Math.PI);
    context.lineWidth = this.#isDown ? 5 : 2;
    context.strokeStyle = getComputedStyle(this.#canvas).outlineColor;
    context.stroke();
  }

  #changed(): void {
    this.draw();
    this.#onChange();
  }

  #stroke(from: Spot, to: Spot): void {
    const ink = this.#ink;
    ink.lineWidth = PEN;
    ink.lineCap = 'round';
    ink.strokeStyle = '#000';
    ink.beginPath();
    ink.moveTo(from.x, from.y);
    ink.lineTo(to.x, to.y);
    ink.stroke();
    this.#changed();
  }

  #followPointer(): void {
    const canvas = this.#canvas;
    const spotOf = (event: PointerEvent): Spot => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return { x: ((event.clientX - left) * SIZE) / width, y: ((event.clientY - top) * SIZE) / height };
    };
    let drawing: { pointer: number; at: Spot } | undefined;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || drawing !== undefined) return;
      canvas.setPointerCapture(event.pointerId);
      const at = spotOf(event);
      drawing = { pointer: event.pointerId, at };
      this.#stroke(at, at);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (drawing?.pointer !== event.pointerId) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) {
        const to = spotOf(each);
        this.#stroke(drawing.at, to);
        drawing.at = to;
      }
    });
    const end = (event: PointerEvent) => {
      if (drawing?.pointer === event.pointerId) drawing = undefined;
    };
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
  }

  #followKeys(): void {
    const canvas = this.#canvas;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-KEY_STEP, 0],
      ArrowRight: [KEY_STEP, 0],
      ArrowUp: [0, -KEY_STEP],
      ArrowDown: [0, KEY_STEP],
    };
    const inside = (value: number): number => Math.min(SIZE - PEN / 2, Math.max(PEN / 2, value));
    canvas.addEventListener('keydown', (event) => {
      const move = moves[event.key];
      if (move !== undefined) {
        const to = { x: inside(this.#pen.x + move[0]), y: inside(this.#pen.y + move[1]) };
        const from = this.#pen;
        this.#pen = to;
        if (this.#isDown) this.#stroke(from, to);
        else this.draw();
      } else if (event.key === ' ') {
        this.#isDown = !this.#isDown;
        if (this.#isDown) this.#stroke(this.#pen, this.#pen);
        else this.draw();
      } else if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
      else return;
      event.preventDefault();
    });
    const redraw = () => this.draw();
    canvas.addEventListener('focus', redraw);
    canvas.addEventListener('blur', () => {
      this.#isDown = false;
      redraw();
    });
  }
}
