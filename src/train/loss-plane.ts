/** @file The losses at many points of a line or a plane of parameters: one plan, points as rows of its table, a session for each call. */
import { type DeviceOptions, openSession } from '../backends/select.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { FlatFunction } from '../engine/objective.ts';
import { PLANE, planeProgram } from '../engine/plane.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Tensor } from '../graph/tensor.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

/** Points origin + Σ place[k] · direction[k]. */
export interface Plane {
  /** A vector of parameters, as `surface.start` is. */
  readonly origin: ArrayLike<number>;
  /** One or more vectors of the same length. */
  readonly directions: readonly ArrayLike<number>[];
  /** A number for each direction. */
  readonly places: readonly (readonly number[])[];
  /** Ends between two calls into the device, with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The most points of one call: of a small model some thousand fit into a frame. */
const MOST = 1024;

/** @throws SaddlepointError `shape` for vectors and places that do not fit, `aborted` by the signal. */
export async function lossesOnPlane(
  lossOf: (leaves: Readonly<Record<string, Tensor>>, batch: Readonly<Record<string, Tensor>>) => Tensor,
  flat: Pick<FlatFunction, 'size' | 'leaves'>,
  batch: Readonly<Record<string, Tensor>>,
  { origin, directions, places, signal }: Plane,
  device: DeviceOptions['device'],
): Promise<Float64Array> {
  const vectors = new Map([
    [PLANE.origin, origin],
    ...directions.map((direction, k) => [PLANE.direction(k), direction] as const),
  ]);
  for (const [name, { length }] of vectors)
    if (length !== flat.size)
      throw new SaddlepointError('shape', `along: ${name} has ${length} numbers, expected ${flat.size}`);
  const odd = places.find((place) => place.length !== directions.length);
  if (directions.length === 0 || odd !== undefined)
    throw new SaddlepointError(
      'shape',
      `along: expected one direction or more and as many numbers a place, got ${directions.length} and [${odd ?? ''}]`,
    );
  const sources = Object.fromEntries(
    Object.entries(batch).map(([name, { shape, dtype }]) => [name, { spec: { shape, dtype } }]),
  );
  const program = planeProgram(lossOf, flat, sources, directions.length);
  const capacity = Math.max(1, Math.min(MOST, places.length));
  const { session } = await openSession([program], { ...(device && { device }), capacity });
  try {
    for (const [name, vector] of vectors) session.write(name, vector);
    for (const [name, { data }] of Object.entries(batch)) session.write(name, data);
    const values = new Float64Array(places.length);
    // As many a call as a frame has time for, by how long the last ones took.
    let count = 1;
    for (let at = 0; at < places.length; ) {
      const rows = places.slice(at, at + count);
      session.writeRows(PLANE.program, PLANE.place, rows.flat());
      const began = performance.now();
      const { stop } = await session.run(PLANE.program, rows.length);
      if (stop !== undefined) throw stopError(stop);
      values.set(await session.readRows(PLANE.program, PLANE.value, rows.length), at);
      at += rows.length;
      const each = (performance.now() - began) / rows.length;
      count = Math.max(1, Math.min(capacity, 2 * count, Math.floor(SLICE_MS / each)));
      await nextTurn();
      if (signal?.aborted)
        throw new SaddlepointError('aborted', `along: aborted after ${at} of ${places.length} points`);
    }
    return values;
  } finally {
    session.dispose();
  }
}
