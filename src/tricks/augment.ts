/** @file Augmentation of images as ops: rows are moved, mirrored, turned, scaled and disturbed while training, by the step's key. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { type Context, type Layer, layer, layerError } from '../nn/layer.ts';
import { optionsToJson } from '../nn/options.ts';
import { cast } from '../ops/cast.ts';
import { add, clip, div, equal, float, floor, greaterEqual, less, mul, sub } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { reshape } from '../ops/movement.ts';
import { normalWithKey, uniformWithKey } from '../ops/random.ts';
import { cos, sin } from '../ops/trigonometric.ts';
import { type Pair, pairOf } from '../ops/window.ts';

export interface AugmentOptions {
  /** Moves by up to so many whole pixels either way, every distance alike: ≥ 0, one for both axes or [vertical, horizontal]. */
  readonly shift?: number | Pair;
  /** Mirrors every second image, by chance, along this axis: left to right, upside down, or each of both. */
  readonly flip?: 'horizontal' | 'vertical' | 'both';
  /** Turns about the center by up to so many degrees either way: 0 … 180. */
  readonly rotate?: number;
  /** Scales about the center by a factor between 1 − zoom and 1 + zoom: in [0, 1). */
  readonly zoom?: number;
  /** Adds normal deviates of this standard deviation, in units of the layer's input (bytes have become 0 … 1): ≥ 0. */
  readonly noise?: number;
  /** Sets a square of so many pixels a side to 0, its center anywhere in the image, so that a part may lie outside. */
  readonly cutout?: number;
  /** What lies beyond the edges: 'zero' (default), or the nearest pixel of the 'edge'. */
  readonly fill?: 'zero' | 'edge';
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

const KNOWN = ['shift', 'flip', 'rotate', 'zoom', 'noise', 'cutout', 'fill', 'name'];

/** f32 tells whole numbers apart up to here, and pixels are found by their number. */
const MOST_PIXELS = 2 ** 24;

/**
 * A layer that changes images while training, each row by draws of its own, and passes them on as they are when the model
 * predicts. It stands first in a model: inputs are then scaled already. Turning and scaling interpolate between four pixels;
 * moving and mirroring alone give every pixel its bits. In order: mirror, scale, turn, move, as one look-up; noise; cutout.
 *
 * @param options what is to be done; at least one.
 * @returns a layer of images [n, height, width, channels] or [n, height, width], which keeps their shape.
 * @throws SaddlepointError `option` for nothing to do, and values out of range; `shape`, when the model is built, for what is no
 *   image.
 * @see Simard, Steinkraus & Platt 2003 (affine distortions); DeVries & Taylor 2017 (cutout).
 * @example sequential([augment({ shift: 2, rotate: 10 }), conv2d(16, 3), flatten(), dense(10)])
 */
export function augment(options: AugmentOptions): Layer {
  const { shift, flip, rotate, zoom, noise, cutout } = checked(options);
  const isMoved = shift[0] > 0 || shift[1] > 0 || flip !== undefined || rotate > 0 || zoom > 0;
  return layer(
    'augment',
    optionsToJson(options),
    (x, context) => {
      const images = x.shape.length === 3 ? reshape(x, [...x.shape, 1]) : x;
      if (images.shape.length !== 4)
        throw layerError(
          'shape',
          context,
          `augment: expected images [n, height, width, channels] or [n, height, width], got ${showShape(x.shape)}`,
          'put reshapeTo([height, width, channels]) before it',
        );
      if (context.mode === 'predict') return x;
      if (isMoved && sizeOf(images.shape.slice(0, 3)) > MOST_PIXELS)
        throw layerError(
          'shape',
          context,
          `augment: more than ${MOST_PIXELS} pixels a step`,
          'take a smaller batchSize',
        );
      let y = isMoved ? moved(images, context, { shift, flip, rotate, zoom, fill: options.fill ?? 'zero' }) : images;
      if (noise > 0) {
        const { key, stream } = context.random();
        y = add(y, mul(normalWithKey(key, y.shape, stream), noise));
      }
      if (cutout > 0) y = mul(y, outside(y, context, cutout));
      return reshape(y, x.shape);
    },
    options.name,
  );
}

function checked(options: AugmentOptions) {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `augment: expected options, got ${show(options)}`, 'such as { shift: 2 }');
  checkKnownOptions('augment', options, KNOWN);
  const { flip, fill } = options;
  if (flip !== undefined) checkName('augment.flip', flip, ['horizontal', 'vertical', 'both']);
  if (fill !== undefined) checkName('augment.fill', fill, ['zero', 'edge']);
  const amounts = {
    shift: pairOf('augment.shift', options.shift ?? 0, 0),
    rotate: checkNumber('augment.rotate', options.rotate ?? 0, { min: 0, max: 180 }),
    zoom: checkNumber('augment.zoom', options.zoom ?? 0, { min: 0, max: 1, openMax: true }),
    noise: checkNumber('augment.noise', options.noise ?? 0, { min: 0 }),
    cutout: checkNumber('augment.cutout', options.cutout ?? 0, { min: 0, integer: true }),
  };
  const { shift, ...rest } = amounts;
  if (flip === undefined && [...shift, ...Object.values(rest)].every((amount) => amount === 0))
    throw new SaddlepointError(
      'option',
      'augment: nothing to do',
      'give it some of shift, flip, rotate, zoom, noise, cutout',
    );
  return { ...amounts, flip };
}

/** One uniform deviate in [0, 1) a row, [n, 1, 1]. */
function perRow(context: Context, rows: number): Tensor {
  const { key, stream } = context.random();
  return uniformWithKey(key, [rows, 1, 1], stream);
}

/** −1 or 1, by chance. */
const sign = (context: Context, rows: number): Tensor => sub(mul(float(less(perRow(context, rows), 0.5)), 2), 1);

/** A whole number from −most to most. */
const whole = (context: Context, rows: number, most: number): Tensor =>
  sub(floor(mul(perRow(context, rows), 2 * most + 1)), most);

/** A number in [−most, most). */
const within = (context: Context, rows: number, most: number): Tensor => mul(sub(perRow(context, rows), 0.5), 2 * most);

interface Move extends Pick<ReturnType<typeof checked>, 'shift' | 'flip' | 'rotate' | 'zoom'> {
  readonly fill: 'zero' | 'edge';
}

/** Each pixel from where it was: the inverse of the move, from the output's place to the input's. */
function moved(x: Tensor, context: Context, { shift, flip, rotate, zoom, fill }: Move): Tensor {
  const [rows, height, width] = x.shape as [number, number, number, number];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const line = (count: number, shape: readonly number[], middle: number): Tensor =>
    tensor(
      Float32Array.from({ length: count }, (_, i) => i - middle),
      shape,
    );
  let v: Tensor = line(height, [1, height, 1], middleY);
  let u: Tensor = line(width, [1, 1, width], middleX);
  if (shift[0] > 0) v = sub(v, whole(context, rows, shift[0]));
  if (shift[1] > 0) u = sub(u, whole(context, rows, shift[1]));
  if (rotate > 0) {
    const angle = within(context, rows, (rotate * Math.PI) / 180);
    const [c, s] = [cos(angle), sin(angle)];
    [v, u] = [add(mul(c, v), mul(s, u)), sub(mul(c, u), mul(s, v))];
  }
  if (zoom > 0) {
    const factor = add(within(context, rows, zoom), 1);
    [v, u] = [v, u].map((place) => div(place, factor)) as [Tensor, Tensor];
  }
  if (flip === 'vertical' || flip === 'both') v = mul(v, sign(context, rows));
  if (flip === 'horizontal' || flip === 'both') u = mul(u, sign(context, rows));
  // Places as [n, height, width], from 0.
  const all = tensor(new Float32Array(rows * height * width), [rows, height, width]);
  v = add(add(v, middleY), all);
  u = add(add(u, middleX), all);
  if (rotate === 0 && zoom === 0) return pixels(x, v, u, fill);
  const [top, left] = [floor(v), floor(u)];
  const [down, right] = [sub(v, top), sub(u, left)];
  const weighted = (below: 0 | 1, beside: 0 | 1): Tensor => {
    const weight = mul(below ? down : sub(1, down), beside ? right : sub(1, right));
    return mul(pixels(x, add(top, below), add(left, beside), fill), reshape(weight, [...weight.shape, 1]));
  };
  return add(add(weighted(0, 0), weighted(0, 1)), add(weighted(1, 0), weighted(1, 1)));
}

/** The pixels at whole places [n, height, width]. */
function pixels(x: Tensor, v: Tensor, u: Tensor, fill: 'zero' | 'edge'): Tensor {
  const [rows, height, width, channels] = x.shape as [number, number, number, number];
  const first = tensor(
    Float32Array.from({ length: rows }, (_, row) => row * height * width),
    [rows, 1, 1],
  );
  const [nearV, nearU] = [clip(v, 0, height - 1), clip(u, 0, width - 1)];
  const index = cast(add(add(mul(nearV, width), nearU), first), 'i32');
  const found = gather(reshape(x, [rows * height * width, channels]), index);
  if (fill === 'edge') return found;
  const inside = mul(float(equal(v, nearV)), float(equal(u, nearU)));
  return mul(found, reshape(inside, [...inside.shape, 1]));
}

/** 0 in a square of each image, 1 elsewhere: [n, height, width, 1]. */
function outside(x: Tensor, context: Context, size: number): Tensor {
  const [rows, height, width] = x.shape as [number, number, number, number];
  const range = (count: number, shape: readonly number[]): Tensor => {
    const first = sub(floor(mul(perRow(context, rows), count)), Math.floor(size / 2));
    const places = tensor(
      Float32Array.from({ length: count }, (_, i) => i),
      shape,
    );
    return mul(float(greaterEqual(places, first)), float(less(places, add(first, size))));
  };
  const inside = mul(range(height, [1, height, 1]), range(width, [1, 1, width]));
  return reshape(sub(1, inside), [rows, height, width, 1]);
}
