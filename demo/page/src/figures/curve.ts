/** @file A curve of bounded length: when it grows too long, neighbors are averaged, so that no point of the run is lost. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Averages of equally many values each; only the last may be of fewer. */
export class Curve {
  readonly #limit: number;
  #points: Point[] = [];
  /** How many values a point stands for. */
  #width = 1;
  #waiting: Point[] = [];

  /** @param limit the most points: even, ≥ 2. */
  constructor(limit = 240) {
    this.#limit = limit;
  }

  /** @param y values that are not finite are left out. */
  add(x: number, y: number): void {
    if (!Number.isFinite(y)) return;
    this.#waiting.push({ x, y });
    if (this.#waiting.length < this.#width) return;
    this.#points.push(mean(this.#waiting));
    this.#waiting = [];
    if (this.#points.length < this.#limit) return;
    this.#points = Array.from({ length: this.#limit / 2 }, (_, i) => mean(this.#points.slice(2 * i, 2 * i + 2)));
    this.#width *= 2;
  }

  get points(): readonly Point[] {
    return this.#waiting.length === 0 ? this.#points : [...this.#points, mean(this.#waiting)];
  }

  clear(): void {
    this.#points = [];
    this.#waiting = [];
    this.#width = 1;
  }
}

function mean(points: readonly Point[]): Point {
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point), 0);
  return { x: sum(({ x }) => x) / points.length, y: sum(({ y }) => y) / points.length };
}
