/** @file Slices of the loss surface: lines and planes through a model, the line between two, the plane of a path. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import type { Layer } from '../../nn/layer.ts';
import { checkSeed } from '../../optim/drivers/lanczos.ts';
import { dot } from '../../optim/drivers/operator.ts';
import { type LossSurface, type LossSurfaceOptions, lossSurface } from '../../train/loss-surface.ts';
import { isTrainedModel, type TrainedModel } from '../../train/model.ts';
import type { Data } from '../../train/options.ts';
import { filterNormalized, principalDirections } from './directions.ts';
import { Landscape, type PathPoint } from './landscape.ts';

/** How finely is looked, where, and until when. */
export interface GridOptions {
  /** Points along each direction: a whole number ≥ 2, default 51 on a line and 25 in a plane, whose cost is the square of it. */
  readonly grid?: number;
  /** Ends between two calls into the device, with an error `aborted`. */
  readonly signal?: AbortSignal;
}

export interface LandscapeOptions extends LossSurfaceOptions, GridOptions {
  /** 1, a line, or 2, a plane (default). */
  readonly dimensions?: 1 | 2;
  /**
   * 'filterNormalized' (default): random, each filter as long as the model's. Or one or two vectors of parameters, such as the
   * Hessian's eigenvectors (`ritzVector` of `curvature.lanczos`); `dimensions` is then their number.
   */
  readonly directions?: 'filterNormalized' | readonly ArrayLike<number>[];
  /** How far is looked both ways, in lengths of the directions: > 0, default 1. */
  readonly radius?: number;
  /** Of the random directions, and of a layer's first parameters; default 0. */
  readonly seed?: number;
}

const SURFACE = ['loss', 'seed', 'standardize', 'device', 'statistics'] as const;

/** The options of a surface among others. */
function ofSurface(options: LossSurfaceOptions): LossSurfaceOptions {
  return Object.fromEntries(SURFACE.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

/** @internal */
export const checkGrid = (where: string, grid: number | undefined, dimensions: number): number =>
  checkNumber(`${where}: grid`, grid ?? (dimensions === 1 ? 51 : 25), { min: 2, integer: true });

const range = (from: number, to: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => (from * (count - 1 - i) + to * i) / (count - 1));

/** All points of a grid, x first. @internal */
export const grid = (x: Float64Array, y: Float64Array | undefined): number[][] =>
  y === undefined ? Array.from(x, (a) => [a]) : Array.from(y).flatMap((b) => Array.from(x, (a) => [a, b]));

/**
 * The loss around a model, on a line or a plane through it: how sharp the minimum is, whether there are walls and other valleys
 * near by. All points are evaluated by one plan.
 *
 * A picture of two dimensions of thousands: what bends down elsewhere is not seen (`hessianSpectrum`).
 *
 * @param model a run, or a layer, whose parameters are drawn by `seed`.
 * @param data rows and targets, as for `fit`; all go through the model for every point: some hundred will do.
 * @returns losses over coordinates in which the model is at 0.
 * @throws SaddlepointError `option` for options out of range, `shape` for directions of another length, `aborted`; what
 *   `lossSurface` throws.
 * @see Li et al. 2018 (arXiv 1712.09913), section 4.
 * @example console.log(String(await landscape(run, { x, y }, { grid: 51 })));
 */
export async function sliceAround(
  model: Layer | TrainedModel,
  data: Data,
  options: LandscapeOptions = {},
): Promise<Landscape> {
  const where = 'landscape';
  checkKnownOptions(where, options, [...SURFACE, 'dimensions', 'directions', 'radius', 'grid', 'signal']);
  const { directions = 'filterNormalized', signal } = options;
  const given = typeof directions === 'string' ? undefined : directions;
  if (given === undefined) checkName(`${where}: directions`, directions as string, ['filterNormalized']);
  const dimensions = checkNumber(`${where}: dimensions`, options.dimensions ?? given?.length ?? 2, {
    ...{ min: 1, max: 2, integer: true },
  });
  if (given !== undefined && given.length !== dimensions)
    throw new SaddlepointError(
      'option',
      `${where}: dimensions is ${dimensions}, but there are ${given.length} directions`,
    );
  const radius = checkNumber(`${where}: radius`, options.radius ?? 1, { min: 0, openMin: true });
  const count = checkGrid(where, options.grid, dimensions);
  const seed = checkSeed(`${where}: seed`, options.seed);
  const surface = await lossSurface(model, data, ofSurface(options));
  const { start: origin, leaves } = surface;
  const vectors = given ?? Array.from({ length: dimensions }, (_, k) => filterNormalized(origin, leaves, seed, k));
  const x = range(-radius, radius, count);
  const y = dimensions === 2 ? x.slice() : undefined;
  const losses = await surface.along({ origin, directions: vectors, places: grid(x, y), signal });
  return new Landscape({
    ...{ directions: given === undefined ? 'filterNormalized' : 'given', x, y, losses },
    center: await surface.value(origin),
  });
}

export interface LineOptions extends Pick<LossSurfaceOptions, 'loss' | 'device' | 'statistics'>, GridOptions {
  /** How far is looked beyond both models, as a share of their distance: ≥ 0, default 0.5. */
  readonly beyond?: number;
}

/**
 * The loss on the line from one model to another of the same layers: a valley between them, or a wall (`barrier`).
 *
 * Networks are the same under permutations of their hidden units, so that a wall between two runs from different seeds may be one of
 * order alone. Batch normalization takes the statistics of the rows at each point, unless `statistics` is 'held': those of the first
 * model would put a wall before the second.
 *
 * @throws SaddlepointError `shape` for models whose parameters do not fit each other; as `landscape`.
 * @see Goodfellow et al. 2015 (arXiv 1412.6544), section 3; Frankle et al. 2020.
 * @example (await landscape.line(first, second, { x, y })).barrier;
 */
export async function lineBetween(
  from: TrainedModel,
  to: TrainedModel,
  data: Data,
  options: LineOptions = {},
): Promise<Landscape> {
  const where = 'landscape.line';
  checkKnownOptions(where, options, ['loss', 'device', 'statistics', 'grid', 'signal', 'beyond']);
  for (const model of [from, to])
    if (!isTrainedModel(model))
      throw new SaddlepointError('option', `${where}: expected trained models, got ${show(model)}`);
  const beyond = checkNumber(`${where}: beyond`, options.beyond ?? 0.5, { min: 0 });
  const count = checkGrid(where, options.grid, 1);
  const surface = await lossSurface(from, data, { statistics: 'batch', ...ofSurface(options) });
  const end = surface.pointOf(to.parameters);
  const direction = end.map((value, i) => value - (surface.start[i] as number));
  // Both ends are looked at whatever the grid: between them lie `count` points.
  const inside = range(0, 1, count);
  const step = 1 / (count - 1);
  const outside = Math.floor(beyond / step + 1e-9);
  const before = Array.from({ length: outside }, (_, i) => -(outside - i) * step);
  const after = Array.from({ length: outside }, (_, i) => 1 + (i + 1) * step);
  const x = Float64Array.from([...before, ...inside, ...after]);
  const losses = await surface.along({
    ...{ origin: surface.start, directions: [direction], places: grid(x, undefined), signal: options.signal },
  });
  return new Landscape({ directions: 'line', x, losses });
}

/** Where a run was. */
export interface Snapshot {
  readonly step: number | undefined;
  readonly point: Float64Array;
}

/**
 * The plane of a path with its losses.
 *
 * @param origin what is at (0, 0).
 * @param directions 'principal': of the path; 'filterNormalized': random, in which a path mostly looks as if it did not move.
 * @internal
 */
export async function planeOfPath(
  surface: LossSurface,
  origin: Float64Array,
  path: readonly Snapshot[],
  directions: 'principal' | 'filterNormalized',
  { count, seed, signal }: { readonly count: number; readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<Landscape> {
  const principal = principalDirections(path.map(({ point }) => point));
  const vectors =
    directions === 'principal'
      ? principal.directions
      : ([0, 1].map((k) => filterNormalized(origin, surface.leaves, seed, k)) as [Float64Array, Float64Array]);
  const shadows: PathPoint[] = [];
  for (const { step, point } of path) {
    const moved = point.map((value, i) => value - (origin[i] as number));
    const [x, y] = shadowOf(moved, vectors);
    shadows.push({ step, x, y, loss: await surface.value(point) });
  }
  const axis = (pick: (point: PathPoint) => number): Float64Array => {
    if (directions === 'filterNormalized') return range(-1, 1, count);
    const values = [0, ...shadows.map(pick)];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    // A quarter more on both sides; a path on a line has no extent across it.
    const margin = (high - low) / 4 || 1;
    return range(low - margin, high + margin, count);
  };
  const x = axis((point) => point.x);
  const y = axis((point) => point.y);
  const losses = await surface.along({ origin, directions: vectors, places: grid(x, y), signal });
  return new Landscape({
    ...{ directions, x, y, losses, path: shadows, center: await surface.value(origin) },
    ...(directions === 'principal' && { explainedVariance: principal.explainedVariance }),
  });
}

/** The coordinates of the nearest point of the plane, whether or not its directions are orthogonal. */
function shadowOf(v: Float64Array, [a, b]: readonly [Float64Array, Float64Array]): [number, number] {
  const [aa, ab, bb, av, bv] = [dot(a, a), dot(a, b), dot(b, b), dot(a, v), dot(b, v)];
  const determinant = aa * bb - ab * ab;
  if (determinant > 0) return [(av * bb - bv * ab) / determinant, (bv * aa - av * ab) / determinant];
  return [aa > 0 ? av / aa : 0, 0];
}
