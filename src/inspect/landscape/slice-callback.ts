/** @file The callback that keeps where a run has been, and looks at the loss in the plane of its way when it is over. */
import { DEVICES, type Device } from '../../backends/select.ts';
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { checkSeed } from '../../optim/drivers/lanczos.ts';
import type { Callback, Control } from '../../train/callback.ts';
import { type LossSurface, surfaceOf } from '../../train/loss-surface.ts';
import type { Prepared } from '../../train/prepare.ts';
import type { Parameter } from '../../train/state.ts';
import type { Landscape } from './landscape.ts';
import { checkGrid, planeOfPath, type Snapshot } from './slice.ts';

export interface SliceOptions {
  /**
   * 'principal' (default): the plane that holds most of the run's way. 'filterNormalized': a random one, to compare networks;
   * a way through thousands of dimensions hardly shows in it.
   */
  readonly directions?: 'principal' | 'filterNormalized';
  /** Points along each direction: a whole number ≥ 2, default 25. */
  readonly grid?: number;
  /** Steps between two places that are kept: a whole number ≥ 1; default: an epoch. */
  readonly every?: number;
  /** Places that are kept at most: a whole number ≥ 3, default 100. Once there are more, every second one is let go. */
  readonly snapshots?: number;
  /** Training rows, spread evenly over all, that the loss is taken over: a whole number ≥ 1, default 1,000, or all if fewer. */
  readonly rows?: number;
  /** Of random directions; default 0. */
  readonly seed?: number;
  /** Where the losses are computed; default 'auto'. */
  readonly device?: Device;
}

/** A callback that has a landscape when the run is over. */
export interface SliceCallback extends Callback {
  readonly name: string;
  /** Undefined until the run is over. */
  readonly result: Landscape | undefined;
}

/**
 * Watches a run and, when it is over, looks at the loss around the weights that the run holds: in the plane of its way's first two
 * principal components, whose explained variance `toString` prints, or in a random one. Nothing in the run changes. A place is
 * as many numbers as the model has parameters. Batch normalization takes the statistics of the rows at each point: running ones are
 * those of one place alone.
 *
 * @throws SaddlepointError `option` for options out of range, and, once the run begins, for models of which `lossSurface` has none.
 * @see Li et al. 2018 (arXiv 1712.09913), sections 4 and 7.2.
 * @example
 * const slice = landscape.slice({ grid: 51 });
 * await fit(model, data, { loss: crossEntropy(), callbacks: [slice] });
 * console.log(String(slice.result));
 */
export function sliceCallback(options: SliceOptions = {}): SliceCallback {
  const where = 'landscape.slice';
  checkKnownOptions(where, options, ['directions', 'grid', 'every', 'snapshots', 'rows', 'seed', 'device']);
  const directions = checkName(`${where}: directions`, options.directions ?? 'principal', [
    ...(['principal', 'filterNormalized'] as const),
  ]);
  const whole = (name: string, value: number, min: number): number =>
    checkNumber(`${where}: ${name}`, value, { min, integer: true });
  const count = checkGrid(where, options.grid, 2);
  const every = options.every === undefined ? undefined : whole('every', options.every, 1);
  const most = whole('snapshots', options.snapshots ?? 100, 3);
  const rows = whole('rows', options.rows ?? 1000, 1);
  const seed = checkSeed(`${where}: seed`, options.seed);
  const { device } = options;
  if (device !== undefined) checkName(`${where}: device`, device, DEVICES);

  let surface: LossSurface | undefined;
  let path: Snapshot[] = [];
  let result: Landscape | undefined;
  /** Of the places that come by one in so many is kept. */
  let stride = 1;
  let seen = 0;
  const keep = async (step: number, control: Control): Promise<void> => {
    if (surface === undefined || seen++ % stride !== 0) return;
    path.push({ step, point: surface.pointOf(await control.parameters()) });
    if (path.length < most) return;
    path = path.filter((_, i) => i % 2 === 0);
    stride *= 2;
  };
  return {
    name: 'landscape.slice',
    get result() {
      return result;
    },
    async onBegin(control) {
      surface = surfaceOf(someRows(control.prepared, rows), { device, statistics: 'batch' });
      [path, stride, seen, result] = [[], 1, 0, undefined];
      await keep(control.step, control);
    },
    ...(every === undefined
      ? { onEpoch: (_record, control) => keep(control.step, control) }
      : {
          every,
          async onStep({ step }, control) {
            if ((step + 1) % every === 0) await keep(step + 1, control);
          },
        }),
    async onEnd(run) {
      if (surface === undefined) return;
      const held = surface.pointOf(run.parameters as ReadonlyMap<string, Parameter>);
      result = await planeOfPath(surface, held, path, directions, { count, seed });
    },
  };
}

/** What is prepared, of some of the training rows alone. */
function someRows(prepared: Prepared, most: number): Pick<Prepared, 'state' | 'source' | 'targets'> {
  const { state, source, targets, trainRows } = prepared;
  if (state.named !== undefined)
    throw new SaddlepointError('option', 'landscape.slice: models of several inputs or outputs have no loss surface');
  const count = Math.min(most, trainRows.length);
  const rows = Array.from({ length: count }, (_, i) => trainRows[Math.floor((i * trainRows.length) / count)] as number);
  const pick = <T extends Float32Array | Int32Array | Uint8Array>(data: T): T => {
    const width = data.length / source.rows;
    const picked = new (data.constructor as new (length: number) => T)(count * width);
    rows.forEach((row, i) => {
      picked.set(data.subarray(row * width, (row + 1) * width), i * width);
    });
    return picked;
  };
  return {
    state,
    source: { ...source, rows: count, data: pick(source.data) },
    targets: { ...targets, data: pick(targets.data) },
  };
}
