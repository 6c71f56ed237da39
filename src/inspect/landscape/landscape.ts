/** @file What a look at the loss surface is: losses on a line or a plane, and a path in it, as plain data. */
import type { Json } from '../../core/json.ts';

/** A place of a path, seen in the plane. */
export interface PathPoint {
  /** The step after which the run was there, if it is known. */
  readonly step: number | undefined;
  readonly x: number;
  readonly y: number;
  /** The loss there: of the point itself, not of its shadow in the plane. */
  readonly loss: number;
}

/** All that a landscape is made of. */
export interface LandscapeParts {
  readonly directions: 'filterNormalized' | 'principal' | 'given' | 'line';
  readonly x: Float64Array;
  readonly y?: Float64Array | undefined;
  readonly losses: Float64Array;
  readonly center?: number | undefined;
  readonly path?: readonly PathPoint[] | undefined;
  readonly explainedVariance?: readonly [number, number] | undefined;
}

const short = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'infinite');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The loss on a line or in a plane of parameters. `landscapeFigure` of saddlepoint/plot draws it, `toString` sums it up. */
export class Landscape implements LandscapeParts {
  /** How the line or the plane was chosen; 'line': between two models. */
  readonly directions: LandscapeParts['directions'];
  /** Coordinates along the first direction, ascending. Between two models: 0 is the first, 1 the second. */
  readonly x: Float64Array;
  /** Along the second; undefined for a line. */
  readonly y: Float64Array | undefined;
  /** The mean loss over the rows: of a plane [y.length, x.length], row-major. May hold NaN and infinities. */
  readonly losses: Float64Array;
  /** The loss of the model that the plane goes through, at (0, 0); undefined between two models. */
  readonly center: number | undefined;
  /** A run's way, in coordinates of the plane. */
  readonly path: readonly PathPoint[] | undefined;
  /** Of principal directions: the share of the path's variance that each holds. */
  readonly explainedVariance: readonly [number, number] | undefined;

  /** @internal Use `landscape`. */
  constructor({ directions, x, y, losses, center, path, explainedVariance }: LandscapeParts) {
    this.directions = directions;
    this.x = x;
    this.y = y;
    this.losses = losses;
    this.center = center;
    this.path = path;
    this.explainedVariance = explainedVariance;
  }

  /** Where the loss is lowest of all points looked at; undefined if it is finite nowhere. */
  get lowest(): { readonly loss: number; readonly x: number; readonly y: number | undefined } | undefined {
    return this.#extreme((a, b) => a < b);
  }

  /** Where the loss is highest of all points at which it is finite. */
  get highest(): { readonly loss: number; readonly x: number; readonly y: number | undefined } | undefined {
    return this.#extreme((a, b) => a > b);
  }

  /**
   * Between two models: how much higher the loss rises from 0 to 1 than the mean of its ends; about 0 where both lie in one
   * basin. Undefined for other landscapes; infinite where the loss is not finite on the way.
   *
   * @see Frankle et al. 2020 (arXiv 1912.05671), section 2: the error barrier, here of the loss.
   */
  get barrier(): number | undefined {
    if (this.directions !== 'line') return undefined;
    const at = (t: number): number => this.losses[this.x.findIndex((x) => Math.abs(x - t) < 1e-9)] as number;
    const inside = Array.from(this.losses).filter(
      (_, i) => (this.x[i] as number) > -1e-9 && (this.x[i] as number) < 1 + 1e-9,
    );
    const most = inside.reduce((high, loss) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : Math.max(high, loss)));
    return most - (at(0) + at(1)) / 2;
  }

  #extreme(isBetter: (a: number, b: number) => boolean) {
    let best: number | undefined;
    this.losses.forEach((loss, i) => {
      if (Number.isFinite(loss) && (best === undefined || isBetter(loss, this.losses[best] as number))) best = i;
    });
    if (best === undefined) return undefined;
    const columns = this.x.length;
    const [row, column] = [Math.floor(best / columns), best % columns];
    return { loss: this.losses[best] as number, x: this.x[column] as number, y: this.y?.[row] };
  }

  /** Some lines: what was looked at, the lowest and the highest loss, and how much of the path the plane holds. */
  toString(): string {
    const { x, y, lowest, highest, center, path, explainedVariance, barrier } = this;
    const range = (axis: Float64Array): string => `${short(axis[0] as number)} … ${short(axis.at(-1) as number)}`;
    const at = (found: typeof lowest): string =>
      found === undefined
        ? 'finite nowhere'
        : `${short(found.loss)} at ${[found.x, found.y].flatMap((c) => (c === undefined ? [] : [short(c)])).join(', ')}`;
    const size =
      y === undefined
        ? `${x.length} points, ${range(x)}`
        : `${x.length} × ${y.length} points, ${range(x)} by ${range(y)}`;
    const ways = {
      filterNormalized: 'filter-normalized random directions',
      principal: "the path's principal directions",
      given: 'given directions',
      line: 'between two models',
    };
    const lines = [
      `landscape along ${ways[this.directions]}`.replace('along between', 'between'),
      `  ${size}`,
      `  lowest loss ${at(lowest)}; highest ${at(highest)}`,
    ];
    if (center !== undefined) lines.push(`  loss ${short(center)} at the model`);
    if (barrier !== undefined) lines.push(`  barrier ${short(barrier)}`);
    if (explainedVariance !== undefined)
      lines.push(
        `  explained variance of the path ${percent(explainedVariance[0])} + ${percent(explainedVariance[1])} = ${percent(explainedVariance[0] + explainedVariance[1])}`,
      );
    if (path !== undefined)
      lines.push(
        `  path of ${path.length} points, loss ${short(path[0]?.loss ?? Number.NaN)} → ${short(path.at(-1)?.loss ?? Number.NaN)}`,
      );
    return lines.join('\n');
  }

  /** All fields; `losses` as a list a row; what is undefined or not finite is null. */
  toJSON(): { readonly [key: string]: Json } {
    const { x, y, losses, center = null, path, explainedVariance } = this;
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    const row = (k: number): Json => Array.from(losses.subarray(k * x.length, (k + 1) * x.length), finite);
    return {
      directions: this.directions,
      x: Array.from(x),
      y: y === undefined ? null : Array.from(y),
      losses: y === undefined ? row(0) : Array.from(y, (_, k) => row(k)),
      center: center === null ? null : finite(center),
      path: path === undefined ? null : path.map(({ step = null, x, y, loss }) => ({ step, x, y, loss: finite(loss) })),
      explainedVariance: explainedVariance === undefined ? null : [...explainedVariance],
    };
  }
}
