/**
 * @file A small chart of curves as SVG.
 *
 * Plot, with which the library draws, puts a style element into each figure, which this page's content security policy forbids,
 * and is several times the page's own size.
 */
import { svgElement } from '../page/dom.ts';
import { paced } from '../page/frames.ts';
import { Curve, type Point } from './curve.ts';

/** The view box, and the room for numbers on the left and below. */
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [400, 200, 44, 24, 8];

export type Series = 'training' | 'validation';

export interface ChartOptions {
  readonly name: string;
  /** Lowest and highest value of the axis for the values shown. */
  range(values: readonly number[]): readonly [number, number];
  format(value: number): string;
}

export class Chart {
  readonly #svg: SVGElement;
  readonly #options: ChartOptions;
  readonly #curves: Readonly<Record<Series, Curve>> = { training: new Curve(), validation: new Curve() };
  readonly #lines: Readonly<Record<Series, SVGPathElement>>;
  readonly #ends: Readonly<Record<Series, SVGCircleElement>>;
  readonly #ticks: readonly SVGTextElement[];
  readonly #last: SVGTextElement;
  #epochs = 1;
  readonly #drawSoon = paced(() => this.#draw());

  constructor(svg: SVGElement, options: ChartOptions) {
    this.#svg = svg;
    this.#options = options;
    const rows = [0, 0.5, 1].map((share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM));
    this.#ticks = rows.map((y) => svgElement('text', { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' }));
    this.#last = svgElement('text', { x: WIDTH, y: HEIGHT - 4, 'text-anchor': 'end' });
    const line = (series: Series) => svgElement('path', { class: series });
    const end = (series: Series) => svgElement('circle', { class: series, r: 3.5, display: 'none' });
    this.#lines = { training: line('training'), validation: line('validation') };
    this.#ends = { training: end('training'), validation: end('validation') };
    svg.append(
      ...rows.map((y) => svgElement('line', { class: 'grid', x1: LEFT, x2: WIDTH, y1: y, y2: y })),
      ...[...this.#ticks, this.#last, svgElement('text', { x: LEFT, y: HEIGHT - 4 }, '0')],
      ...[this.#lines.training, this.#lines.validation, this.#ends.training, this.#ends.validation],
    );
    this.clear(1);
  }

  /** @param epoch where on the axis, in epochs: 0 is the beginning. */
  add(series: Series, epoch: number, value: number): void {
    this.#curves[series].add(epoch, value);
    this.#drawSoon();
  }

  /** Begins anew, for so many epochs. */
  clear(epochs: number): void {
    this.#curves.training.clear();
    this.#curves.validation.clear();
    this.#svg.setAttribute('aria-label', `${this.#options.name}: no training yet`);
    this.extend(epochs);
  }

  /** The axis ends with this epoch. */
  extend(epochs: number): void {
    this.#epochs = epochs;
    this.#drawSoon();
  }

  /** What a screen reader says of it. */
  describe(text: string): void {
    this.#svg.setAttribute('aria-label', `${this.#options.name}: ${text}`);
  }

  #draw(): void {
    const points = Object.values(this.#curves).flatMap((curve) => curve.points);
    const [low, high] = this.#options.range(points.map(({ y }) => y));
    const place = ({ x, y }: Point): [number, number] => [
      LEFT + Math.min(1, x / this.#epochs) * (WIDTH - LEFT),
      TOP + (1 - Math.min(1, Math.max(0, (y - low) / (high - low)))) * (HEIGHT - TOP - BOTTOM),
    ];
    for (const series of ['training', 'validation'] as const) {
      const placed = this.#curves[series].points.map(place);
      const d = placed.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
      this.#lines[series].setAttribute('d', d);
      const end = this.#ends[series];
      const [cx, cy] = placed.at(-1) ?? [0, 0];
      end.setAttribute('cx', String(cx));
      end.setAttribute('cy', String(cy));
      end.setAttribute('display', placed.length === 0 ? 'none' : 'inline');
    }
    this.#ticks.forEach((tick, i) => {
      tick.textContent = this.#options.format(low + (i / 2) * (high - low));
    });
    this.#last.textContent = this.#epochs === 1 ? '1 epoch' : `${this.#epochs} epochs`;
  }
}
