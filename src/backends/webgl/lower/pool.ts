/**
 * @file Pooling: a shader for each op, which walks the cells of a window, or the windows of a cell; where there are no shaders, tap
 * by tap. Places are y · width + x, the first of equals; NaN is larger than all numbers.
 */
import { must } from '../../../core/errors.ts';
import type { Shape } from '../../../core/shape.ts';
import type { AveragePoolAttributes, PoolGradientAttributes } from '../../../ops/pool.ts';
import { cellsOf, type WindowAttributes } from '../../../ops/window.ts';
import type { Tensor } from '../tfjs.ts';
import { type LoweringCall, lowering } from './lowering.ts';
import { cropped, padded, spread, sumOfTaps, tapOf, tapsOf } from './taps.ts';

type Images = readonly [n: number, height: number, width: number, channels: number];

/** The uniforms of all shaders here. */
const uniformsOf = (of: WindowAttributes, [, height, width]: Images): Record<string, number> => ({
  ...{ height, width, rows: of.output[0], columns: of.output[1], windowY: of.window[0], windowX: of.window[1] },
  ...{ strideY: of.strides[0], strideX: of.strides[1], dilationY: of.dilations[0], dilationX: of.dilations[1] },
  ...{ top: of.before[0], left: of.before[1], bottom: of.after[0], right: of.after[1] },
});

/** Runs `body` for each cell (y, x) that the window at `at` has in the image. */
const overCells = (before: string, body: string, after: string): string => `void main() {
  ivec4 at = getOutputCoords();
  int firstY = at.y * strideY - top, firstX = at.z * strideX - left;
  ${before}
  for (int p = 0; p < windowY; p++) {
    int y = firstY + p * dilationY;
    if (y < 0 || y >= height) continue;
    for (int q = 0; q < windowX; q++) {
      int x = firstX + q * dilationX;
      if (x < 0 || x >= width) continue;
      ${body}
    }
  }
  ${after}
}`;

/** Runs `body` for each window (i, j) that has the cell at `at`. */
const overWindows = (body: string): string => `void main() {
  ivec4 at = getOutputCoords();
  float sum = 0.0;
  for (int p = 0; p < windowY; p++) {
    int y = at.y + top - p * dilationY, i = y / strideY;
    if (y < 0 || i * strideY != y || i >= rows) continue;
    for (int q = 0; q < windowX; q++) {
      int x = at.z + left - q * dilationX, j = x / strideX;
      if (x < 0 || j * strideX != x || j >= columns) continue;
      ${body}
    }
  }
  setOutput(sum);
}`;

const SHADERS = {
  place: overCells(
    'float best = 0.0; int place = -1;',
    `float value = getA(at.x, y, x, at.w);
      if (place < 0 || value > best || (isnan(value) && !isnan(best))) { best = value; place = y * width + x; }`,
    'setOutput(float(place));',
  ),
  pick: `void main() {
  ivec4 at = getOutputCoords();
  int place = int(getB(at.x, at.y, at.z, at.w));
  setOutput(getA(at.x, place / width, place - place / width * width, at.w));
}`,
  scatter: overWindows('if (int(getB(at.x, i, j, at.w)) == at.y * width + at.z) sum += getA(at.x, i, j, at.w);'),
  sum: overCells('float sum = 0.0;', 'sum += getA(at.x, y, x, at.w);', 'setOutput(sum);'),
  spread: overWindows('sum += getA(at.x, i, j, at.w);'),
};

function shade(
  { tfjs }: LoweringCall,
  name: keyof typeof SHADERS,
  of: WindowAttributes,
  images: Images,
  inputs: Tensor[],
  shape: Shape,
) {
  const code = SHADERS[name];
  const all = uniformsOf(of, images);
  // One that the shader does not name is an error to WebGL.
  const uniforms = Object.fromEntries(Object.entries(all).filter(([key]) => new RegExp(`\\b${key}\\b`).test(code)));
  return tfjs.shader(code, inputs, shape, uniforms);
}

const shapeOf = ({ inputs }: LoweringCall, i: number): Images => must(inputs[i], 'an input').spec.shape as Images;
const outputOf = ({ outputs }: LoweringCall): Shape => must(outputs[0], 'an output').shape;

/** For each window of [rows, columns] a number, on the device: [1, rows, columns, 1]. */
function perWindow(
  { core }: LoweringCall,
  { output: [rows, columns] }: WindowAttributes,
  f: (i: number, j: number) => number,
) {
  const values = Float32Array.from({ length: rows * columns }, (_, at) => f(Math.floor(at / columns), at % columns));
  return core.tensor(values, [1, rows, columns, 1]);
}

/** The place of tap (p, q) of each window, also where it lies in the padding. */
const placesAt = (call: LoweringCall, of: WindowAttributes, width: number, [p, q]: readonly [number, number]): Tensor =>
  perWindow(
    call,
    of,
    (i, j) =>
      (i * of.strides[0] - of.before[0] + p * of.dilations[0]) * width +
      (j * of.strides[1] - of.before[1] + q * of.dilations[1]),
  );

/** Whether tap (p, q) of each window lies in the image. */
const insideAt = (
  call: LoweringCall,
  of: WindowAttributes,
  [, height, width]: Images,
  [p, q]: readonly [number, number],
) =>
  perWindow(call, of, (i, j) => {
    const y = i * of.strides[0] - of.before[0] + p * of.dilations[0];
    const x = j * of.strides[1] - of.before[1] + q * of.dilations[1];
    return Number(y >= 0 && y < height && x >= 0 && x < width);
  });

function maxPool(call: LoweringCall<WindowAttributes>): Tensor[] {
  const { tfjs, core, attributes: of, tensor } = call;
  const images = shapeOf(call, 0);
  if (tfjs.hasShaders) {
    const place = shade(call, 'place', of, images, [tensor(0)], outputOf(call));
    return [shade(call, 'pick', of, images, [tensor(0), place], outputOf(call)), place];
  }
  const whole = padded(tfjs, tensor(0), of);
  let best: Tensor | undefined;
  let place: Tensor = core.fill([...outputOf(call)], -1);
  for (const tap of tapsOf(of)) {
    const value = tapOf(tfjs, whole, of, tap);
    best ??= value;
    const isFirst = core.less(place, core.scalar(0));
    const isLarger = core.logicalOr(
      core.greater(value, best),
      core.logicalAnd(core.isNaN(value), core.logicalNot(core.isNaN(best))),
    );
    const isInside = core.greater(insideAt(call, of, images, tap), core.scalar(0));
    const isBetter = core.logicalAnd(core.broadcastTo(isInside, value.shape), core.logicalOr(isFirst, isLarger));
    best = core.where(isBetter, value, best);
    place = core.where(isBetter, core.broadcastTo(placesAt(call, of, images[2], tap), value.shape), place);
  }
  return [must(best, 'a window'), place];
}

/** 1 where the place of a window is that of its tap. */
function isAt(call: LoweringCall, of: WindowAttributes, images: Images, tap: readonly [number, number], place: Tensor) {
  const { core } = call;
  const inside = insideAt(call, of, images, tap);
  const hit = core.cast(core.equal(place, placesAt(call, of, images[2], tap)), 'float32');
  return core.greater(core.mul(hit, inside), core.scalar(0));
}

function maxPoolGradient(call: LoweringCall<PoolGradientAttributes>): Tensor {
  const { tfjs, core, attributes: of, tensor } = call;
  const images = of.inputShape as unknown as Images;
  if (tfjs.hasShaders) return shade(call, 'scatter', of, images, [tensor(0), tensor(1)], images);
  const whole = sumOfTaps(tfjs, of, (tap) => {
    const g = core.where(isAt(call, of, images, tap, tensor(1)), tensor(0), core.zerosLike(tensor(0)));
    return spread(tfjs, g, of, tap);
  });
  return cropped(tfjs, whole, of, [images[1], images[2]]);
}

function maxPoolGather(call: LoweringCall<WindowAttributes>): Tensor {
  const { tfjs, core, attributes: of, tensor } = call;
  const images = shapeOf(call, 0);
  if (tfjs.hasShaders) return shade(call, 'pick', of, images, [tensor(0), tensor(1)], outputOf(call));
  const whole = padded(tfjs, tensor(0), of);
  return sumOfTaps(tfjs, of, (tap) => {
    const value = tapOf(tfjs, whole, of, tap);
    return core.where(isAt(call, of, images, tap, tensor(1)), value, core.zerosLike(value));
  });
}

/** By how much the sum of each window is divided: one number if it is the same for all. */
function counts(call: LoweringCall, of: AveragePoolAttributes, [, height, width]: Images): Tensor {
  const along = (axis: 0 | 1, size: number, index: number): number =>
    cellsOf(of, axis, size, index, of.includePadding).length;
  const isPlain = [0, 1].every((axis) => of.before[axis] === 0 && (of.after[axis] as number) <= 0);
  if (
    isPlain &&
    of.output.every((last, axis) => along(axis as 0 | 1, [height, width][axis] as number, last - 1) === of.window[axis])
  )
    return call.core.fill([1, 1, 1, 1], of.window[0] * of.window[1]);
  return perWindow(call, of, (i, j) => along(0, height, i) * along(1, width, j));
}

/** Divides [n, rows, columns, channels] by the counts of windows. */
function divided({ core, map }: LoweringCall, x: Tensor, count: Tensor): Tensor {
  const [n, rows, columns, channels] = x.shape as [number, number, number, number];
  if (count.size === 1) return map('div', [x, count], x.shape);
  // Two broadcasts in one are more than elementwise functions know.
  const each = map('identity', [core.reshape(count, [rows * columns, 1])], [rows * columns, channels]);
  const shape = [n, rows * columns * channels];
  const quotient = map('div', [core.reshape(x, shape), core.reshape(each, [1, shape[1] as number])], shape);
  return core.reshape(quotient, x.shape);
}

function averagePool(call: LoweringCall<AveragePoolAttributes>): Tensor {
  const { tfjs, attributes: of, tensor } = call;
  const images = shapeOf(call, 0);
  let total: Tensor;
  if (tfjs.hasShaders) total = shade(call, 'sum', of, images, [tensor(0)], outputOf(call));
  else {
    const whole = padded(tfjs, tensor(0), of);
    total = sumOfTaps(tfjs, of, (tap) => tapOf(tfjs, whole, of, tap));
  }
  return divided(call, total, counts(call, of, images));
}

function averagePoolGradient(call: LoweringCall<AveragePoolAttributes & PoolGradientAttributes>): Tensor {
  const { tfjs, attributes: of, tensor } = call;
  const images = of.inputShape as unknown as Images;
  const g = divided(call, tensor(0), counts(call, of, images));
  if (tfjs.hasShaders) return shade(call, 'spread', of, images, [g], images);
  return cropped(
    tfjs,
    sumOfTaps(tfjs, of, (tap) => spread(tfjs, g, of, tap)),
    of,
    [images[1], images[2]],
  );
}

export const POOL = {
  maxPool: lowering(maxPool),
  maxPoolGradient: lowering(maxPoolGradient),
  maxPoolGather: lowering(maxPoolGather),
  averagePool: lowering(averagePool),
  averagePoolGradient: lowering(averagePoolGradient),
};
