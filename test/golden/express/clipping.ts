/** @file clipping.json: the clipping transforms on one flat block. */
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { abs } from '../../../src/ops/elementwise.ts';
import { pack, segment } from '../../../src/ops/group.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { l2Norm, max, sum } from '../../../src/ops/reduce.ts';
import { adaptiveGradientClip } from '../../../src/optim/adaptive-clip.ts';
import { clipByGlobalNorm, clipByValue } from '../../../src/optim/clip.ts';
import type { Transform } from '../../../src/optim/transform.ts';
import { type Check, type GoldenTensor, hostTensorOf } from '../format.ts';
import { type Adapter, type TensorFunction, type Tensors, tensorCheck } from '../session.ts';

/** The leaves' places in a block without gaps. */
export function placesOf(leaves: readonly Tensor[]): { offsets: number[]; size: number } {
  const sizes = leaves.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  return { offsets, size: sizes.reduce((a, b) => a + b, 0) };
}

/** What is clipped, and the norm before; leaves are transposed on the way in and out if theirs are (out, in). */
function clipped(transform: Transform, count: number, weights: readonly Tensor[]): TensorFunction {
  const turned = (t: Tensor): Tensor => (weights.length > 0 ? transpose(t) : t);
  return (inputs) => {
    const leaves = Array.from({ length: count }, (_, i) => turned(inputs[i] as Tensor));
    const { offsets, size } = placesOf(leaves);
    const gradient = pack(leaves, offsets, size);
    const parameters = weights.length > 0 ? pack(weights.map(turned), offsets, size) : gradient;
    const segments = leaves.map(({ shape }, i) => ({ path: String(i), shape, offset: offsets[i] as number }));
    const known = { slots: {}, scalars: tensor([0]), gradientNorm: undefined };
    const { update } = transform.update({ gradient, parameters, segments, ...known });
    const results: Tensors = { norm: l2Norm(gradient), norm1: sum(abs(gradient)), normInfinity: max(abs(gradient)) };
    segments.forEach(({ shape, offset }, i) => {
      results[i] = turned(segment(update, offset, shape));
    });
    return results;
  };
}

type Options = { max_norm: number; norm_type?: number | 'inf' };

/** The transform, and the name of the norm that the case gives. */
function transformOf(name: string, options: Options | undefined): { transform: Transform; norm: string } {
  const value = /^value_(.+)$/.exec(name)?.[1];
  if (value !== undefined) return { transform: clipByValue(Number(value)), norm: '' };
  const adaptive = /^agc_(.+)$/.exec(name)?.[1];
  if (adaptive !== undefined) return { transform: adaptiveGradientClip({ limit: Number(adaptive) }), norm: '' };
  const { max_norm, norm_type = 2 } = options as Options;
  const names = { 1: 'norm1', 2: 'norm', inf: 'normInfinity' } as Record<string, string>;
  const norm = (norm_type === 'inf' ? Number.POSITIVE_INFINITY : norm_type) as 1 | 2;
  return { transform: clipByGlobalNorm(max_norm, { norm }), norm: names[norm_type] as string };
}

export const clipping: Adapter = (name, data) => {
  const known = transformOf(name, data.options as Options | undefined);
  const gradients = data.grads as GoldenTensor[];
  const inputs: Tensors = Object.fromEntries(gradients.map((gradient, i) => [i, hostTensorOf(gradient)]));
  const weights = ((data.weights ?? []) as GoldenTensor[]).map((weight) => hostTensorOf(weight));
  return async (session) => {
    const results = await session.prepare(clipped(known.transform, gradients.length, weights))(inputs);
    const checks: Check[] = (data.clipped as GoldenTensor[]).map((expected, i) =>
      tensorCheck(`clipped ${i}`, results[i], expected),
    );
    return data.total_norm === undefined
      ? checks
      : [...checks, tensorCheck('total_norm', results[known.norm], data.total_norm)];
  };
};
