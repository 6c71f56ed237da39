/** @file How convolutions, pooling and normalizations become ONNX nodes. Images have their channels first there. */
import { sizeOf } from '../../core/shape.ts';
import type { ConvGeometry, ConvInputAttributes } from '../../ops/conv.ts';
import type { AveragePoolAttributes } from '../../ops/pool.ts';
import type { StandardizeAttributes } from '../../ops/standardize.ts';
import { cellsOf, type WindowAttributes } from '../../ops/window.ts';
import { ELEMENT } from '../schema.ts';
import { axisIn, type Exporter, inputOf, outputOf, readyVersion } from './elementwise.ts';
import type { AttributeValue, Emitter } from './emitter.ts';
import { activated } from './structured.ts';

const padsOf = ([[top, bottom], [left, right]]: ConvGeometry['padding']): readonly number[] => [
  top,
  left,
  bottom,
  right,
];

const geometryOf = ({ strides, padding, dilations, groups }: ConvGeometry): Record<string, AttributeValue> => ({
  strides,
  pads: padsOf(padding),
  dilations,
  group: groups,
});

/** `conv2d`, and `convLinear` with its bias and activation. */
export const conv: Exporter = (of, out) => {
  const [x, filter, bias] = of.node.inputs;
  const names = [out.get(x as never, 'first'), out.get(filter as never, 'filter')];
  if (bias !== undefined) names.push(out.get(bias));
  const made = out.one('Conv', names, geometryOf(of.attributes as ConvGeometry));
  out.set(outputOf(of), activated(out, made, of.attributes.activation), 'first');
};

/** The gradient of a convolution for its images is what a transposed convolution computes. */
export const convTranspose: Exporter = (of, out) => {
  const geometry = of.attributes as ConvInputAttributes;
  const [filter, y] = [inputOf(of), inputOf(of, 1)];
  // What the strides skipped at the end of the images.
  const rest = [0, 1].map((axis) => {
    const [before, after] = geometry.padding[axis] as readonly [number, number];
    const reach = (geometry.dilations[axis] as number) * ((filter.shape[axis] as number) - 1) + 1;
    const covered = (geometry.strides[axis] as number) * ((y.shape[axis + 1] as number) - 1) + reach - before - after;
    return (geometry.inputSize[axis] as number) - covered;
  });
  const attributes = { ...geometryOf(geometry), output_padding: rest };
  out.set(
    outputOf(of),
    out.one('ConvTranspose', [out.get(y, 'first'), out.get(filter, 'filter')], attributes),
    'first',
  );
};

/** The padding that the windows really reach into: at the end also what a last window hangs over. */
function reachedPads(shape: readonly number[], of: WindowAttributes): number[] {
  const ends = [0, 1].map((axis) => {
    const reach = ((of.window[axis] as number) - 1) * (of.dilations[axis] as number) + 1;
    const last = ((of.output[axis] as number) - 1) * (of.strides[axis] as number) + reach;
    return Math.max(0, last - (shape[axis + 1] as number) - (of.before[axis] as number));
  });
  return [...of.before, ...ends];
}

export const maxPool: Exporter = (of, out) => {
  const attributes = of.attributes as WindowAttributes;
  const x = inputOf(of);
  const wantsPlaces = out.used.has(outputOf(of, 1));
  const how = {
    kernel_shape: attributes.window,
    strides: attributes.strides,
    dilations: attributes.dilations,
    pads: reachedPads(x.shape, attributes),
  };
  const [values, places] = out.node('MaxPool', [out.get(x, 'first')], how, wantsPlaces ? 2 : 1);
  out.set(outputOf(of), values as string, 'first');
  if (!wantsPlaces) return;
  // ONNX counts through all images and channels, ours within one.
  const cells = out.constant([(x.shape[1] as number) * (x.shape[2] as number)], ELEMENT.int64, []);
  const own = out.one('Mod', [places as string, cells]);
  out.set(outputOf(of, 1), out.one('Cast', [own], { to: ELEMENT.int32 }), 'first');
};

export const averagePool: Exporter = (of, out) => {
  const attributes = of.attributes as AveragePoolAttributes;
  const x = inputOf(of);
  const { window, strides, dilations, includePadding, after } = attributes;
  const pads = reachedPads(x.shape, attributes);
  const hangsOver = (pads[2] as number) > after[0] || (pads[3] as number) > after[1];
  const image = out.get(x, 'first');
  if (dilations.every((d) => d === 1) && !(includePadding && hangsOver)) {
    const how = { kernel_shape: window, strides, pads, count_include_pad: Number(includePadding) };
    out.set(outputOf(of), out.one('AveragePool', [image], how), 'first');
    return;
  }
  // Sums by a filter of ones for each channel, divided by how many cells each window has.
  const channels = x.shape[3] as number;
  const ones = out.weight('ones', {
    ...{ shape: [channels, 1, ...window], dtype: 'f32' },
    data: new Float32Array(channels * window[0] * window[1]).fill(1),
  });
  const sums = out.one('Conv', [image, ones], { strides, dilations, pads, group: channels });
  out.set(outputOf(of), out.one('Div', [sums, counts(out, x.shape, attributes)]), 'first');
};

function counts(out: Emitter, [, height, width]: readonly number[], of: AveragePoolAttributes): string {
  const cells = (axis: 0 | 1, size: number): number[] =>
    Array.from({ length: of.output[axis] }, (_, i) => cellsOf(of, axis, size, i, of.includePadding).length);
  const columns = cells(1, width as number);
  const data = cells(0, height as number).flatMap((rows) => columns.map((own) => rows * own));
  return out.weight('counts', { shape: [1, 1, ...of.output], dtype: 'f32', data: Float32Array.from(data) });
}

/** Layer normalization where ONNX has it (over the last axes, and only the result is read), else its parts. */
export const standardize: Exporter = (of, out) => {
  const { axes, epsilon, center } = of.attributes as StandardizeAttributes;
  const x = inputOf(of);
  const hasStatistics = of.node.outputs.slice(1).some((output) => out.used.has(output));
  const last = axes.at(-1) === x.shape.length - 1;
  if (center && last && !hasStatistics) {
    const shape = axes.map((axis) => x.shape[axis] as number);
    const ones = out.weight('ones', { shape, dtype: 'f32', data: new Float32Array(sizeOf(shape)).fill(1) });
    const how = { axis: axes[0] as number, epsilon: { float: epsilon } };
    out.set(outputOf(of), out.one('LayerNormalization', [out.get(x), ones], how));
    return;
  }
  const version = readyVersion(out, x);
  const own = axes.map((axis) => axisIn(version, axis)).sort((a, b) => a - b);
  const name = out.get(x, version);
  const mean = (of: string): string => out.one('ReduceMean', [of], { axes: own, keepdims: 1 });
  const middle = center ? mean(name) : undefined;
  const deviation = middle === undefined ? name : out.one('Sub', [name, middle]);
  const variance = mean(out.one('Mul', [deviation, deviation]));
  const root = out.one('Sqrt', [out.one('Add', [variance, out.scalar(epsilon)])]);
  out.set(outputOf(of), out.one('Div', [deviation, root]), version);
  out.set(outputOf(of, 1), variance, version);
  if (middle !== undefined) out.set(outputOf(of, 2), middle, version);
};
