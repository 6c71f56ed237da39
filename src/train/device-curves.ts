/** @file Time to accuracy on several devices: one run on each, the same but for where it runs, as curves over seconds. */

import type { DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Layer } from '../nn/layer.ts';
import { timelineBy } from './callbacks/timeline.ts';
import type { CurveFigure } from './curve-figure.ts';
import { fit } from './fit.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';

/** Where a run is to be: a name, such as 'wasm' or 'webgl', or with threads. */
export type CurveDevice = NonNullable<DeviceOptions['device']> | Pick<DeviceOptions, 'device' | 'threads'>;

export interface DeviceCurvesOptions extends Omit<FitOptions, 'device' | 'threads'> {
  /** Where to run, one after the other: ['wasm', { device: 'wasm', threads: 2 }]. */
  readonly devices: readonly CurveDevice[];
  /** 'loss' of training, or 'validation.' and what is measured there; default 'validation.accuracy'. */
  readonly measure?: string;
  /** Steps between two looks: a whole number ≥ 1, default 10. */
  readonly every?: number;
}

/** A device's run. */
export interface DeviceCurve {
  /** As asked for: 'wasm', 'wasm, 2 threads'. */
  readonly name: string;
  /** [seconds of the steps so far, measure]; empty where the device is not there. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
  /** How many threads shared the steps in the end, and why fewer than asked for; or why there is no run. */
  readonly threads: number;
  readonly reason: string;
}

/**
 * Trains a model once on each device and records its loss or accuracy over the seconds that the steps took: looks and validation, which
 * every device has alike, are left out. Seed and order of rows are the same, so curves differ in their time alone (numbers of threads
 * are equal bit for bit; other devices round otherwise). The first device warms caches up for the others; on a machine with other work
 * run it twice.
 *
 * A device that is not there (WebGL in Node) has an empty curve and a reason; all else that `fit` throws is thrown.
 *
 * @param data as for `fit`.
 * @param options those that `fit` will get, and `devices`, `measure` ('validation.accuracy'), `every` (10 steps).
 * @throws SaddlepointError `option` for no device, for options out of range, and for a measure that the run does not have.
 * @example
 * const found = await deviceCurves(model, data, {
 *   loss: crossEntropy(), metrics: [accuracy()], validation: 0.1, devices: ['wasm', { device: 'wasm', threads: 2 }],
 * });
 * found.secondsTo(0.94); // [{ name: 'wasm', seconds: 0.21 }, …]
 * await writeFile('devices.svg', pointsFigure(...found.toFigure()));
 */
export function deviceCurves(
  model: Layer | TrainedModel,
  data: Data,
  options: DeviceCurvesOptions,
): Promise<DeviceCurves> {
  return deviceCurvesBy(model, data, options, () => performance.now());
}

/** `deviceCurves` by any clock, in milliseconds. */
export async function deviceCurvesBy(
  model: Layer | TrainedModel,
  data: Data,
  options: DeviceCurvesOptions,
  clock: () => number,
): Promise<DeviceCurves> {
  const { devices, measure = 'validation.accuracy', every = 10, ...rest } = options;
  if (!Array.isArray(devices) || devices.length === 0)
    throw new SaddlepointError(
      'option',
      `deviceCurves.devices: expected a list of devices, got ${show(devices)}`,
      "['wasm', { device: 'wasm', threads: 2 }]",
    );
  checkNumber('deviceCurves.every', every, { min: 1, integer: true });
  const curves: DeviceCurve[] = [];
  for (const device of devices) {
    const place = typeof device === 'string' ? { device } : device;
    checkKnownOptions('deviceCurves.devices', place, ['device', 'threads']);
    curves.push(await curveOf(model, data, { ...rest, ...place }, { measure, every, clock }));
  }
  return new DeviceCurves(curves, measure);
}

async function curveOf(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
  { measure, every, clock }: { readonly measure: string; readonly every: number; readonly clock: () => number },
): Promise<DeviceCurve> {
  const { device = 'auto', threads = 1 } = options;
  const name = threads === 1 ? device : `${device}, ${threads} threads`;
  const line = timelineBy({ every, validate: measure.startsWith('validation.') }, clock);
  try {
    const run = await fit(model, data, {
      ...options,
      progress: false,
      callbacks: [line, ...(options.callbacks ?? [])],
    });
    const { reason } = run.device;
    return { name, points: line.points('seconds', measure), threads: run.device.threads, reason };
  } catch (error) {
    // Nothing was trained: the device is not there, and the error says why.
    if (!(error instanceof SaddlepointError) || !error.message.startsWith(`device '${device}'`)) throw error;
    return { name, points: [], threads: 0, reason: error.message };
  }
}

/** Curves as data; `String(…)` has the last value and the seconds of each. */
export class DeviceCurves {
  readonly curves: readonly DeviceCurve[];
  readonly measure: string;

  /** @internal Use `deviceCurves`. */
  constructor(curves: readonly DeviceCurve[], measure: string) {
    this.curves = Object.freeze(curves.map((curve) => Object.freeze(curve)));
    this.measure = measure;
  }

  /**
   * When each device was first seen at a value or beyond it: above, or of losses and errors (by their name) below.
   *
   * @returns seconds; undefined where it was never seen.
   */
  secondsTo(value: number): readonly { readonly name: string; readonly seconds: number | undefined }[] {
    checkNumber('secondsTo', value, {});
    const isLess = /(loss|error)$/i.test(this.measure);
    return this.curves.map(({ name, points }) => ({
      name,
      seconds: points.find(([, seen]) => (isLess ? seen <= value : seen >= value))?.[0],
    }));
  }

  toString(): string {
    const width = Math.max(...this.curves.map(({ name }) => name.length));
    const lines = this.curves.map(({ name, points, reason, threads }) => {
      const [seconds, value] = points.at(-1) ?? [];
      const text =
        seconds === undefined || value === undefined
          ? reason.split('\n')[0]
          : `${this.measure} ${Number(value.toPrecision(4))} after ${Number(seconds.toPrecision(3))} s, ${threads} thread${threads === 1 ? '' : 's'}`;
      return `${name.padEnd(width)}  ${text}`;
    });
    return lines.join('\n');
  }

  /** All fields. */
  toJSON(): { readonly [key: string]: Json } {
    const curves = this.curves.map(({ points, ...rest }) => ({ ...rest, points: points.map((point) => [...point]) }));
    return { measure: this.measure, curves };
  }

  /**
   * What `pointsFigure` of `saddlepoint/plot` draws: a line a device, the measure over seconds.
   *
   * @example await writeFile('devices.svg', pointsFigure(...found.toFigure()));
   */
  toFigure(): CurveFigure<'x'> {
    return [
      this.curves.filter(({ points }) => points.length > 0).map(({ name, points }) => ({ name, points })),
      { title: 'Time to accuracy', x: 'seconds', y: this.measure, line: true, log: 'x' },
    ];
  }
}
