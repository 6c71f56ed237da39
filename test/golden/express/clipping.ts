/** @file clipping.json: the clipping transforms on one flat block. */
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { pack, segment } from '../../../src/ops/group.ts';
import { l2Norm } from '../../../src/ops/reduce.ts';
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

function clipped(transform: Transform, count: number): TensorFunction {
  return (inputs) => {
    const leaves = Array.from({ length: count }, (_, i) => inputs[i] as Tensor);
    const { offsets, size } = placesOf(leaves);
    const gradient = pack(leaves, offsets, size);
    const known = { parameters: gradient, slots: {}, scalars: tensor([0]), gradientNorm: undefined };
    const { update } = transform.update({ gradient, ...known });
    const results: Tensors = { norm: l2Norm(gradient) };
    leaves.forEach(({ shape }, i) => {
      results[i] = segment(update, offsets[i] as number, shape);
    });
    return results;
  };
}

function transformOf(name: string, options: Record<string, unknown> | undefined): Transform | undefined {
  const value = /^value_(.+)$/.exec(name)?.[1];
  if (value !== undefined) return clipByValue(Number(value));
  const isL2 = /^norm2_/.test(name) && Object.keys(options ?? {}).join() === 'max_norm';
  return isL2 ? clipByGlobalNorm(options?.max_norm as number) : undefined;
}

export const clipping: Adapter = (name, data) => {
  const transform = transformOf(name, data.options as Record<string, unknown> | undefined);
  if (transform === undefined) return undefined;
  const gradients = data.grads as GoldenTensor[];
  const inputs: Tensors = Object.fromEntries(gradients.map((gradient, i) => [i, hostTensorOf(gradient)]));
  return async (session) => {
    const results = await session.prepare(clipped(transform, gradients.length))(inputs);
    const checks: Check[] = (data.clipped as GoldenTensor[]).map((expected, i) =>
      tensorCheck(`clipped ${i}`, results[i], expected),
    );
    return data.total_norm === undefined
      ? checks
      : [...checks, tensorCheck('total_norm', results.norm, data.total_norm)];
  };
};
