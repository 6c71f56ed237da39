/**
 * @file Random numbers as ops: Philox, keyed by an i32 tensor [seed, step, iteration] and a stream that names the place of
 * use. Equal keys and streams give equal bits on every backend; the common subexpression pass never meets equal streams.
 */
import { SaddlepointError } from '../core/errors.ts';
import { randomNormal, randomUniform } from '../core/philox.ts';
import { checkShape, type Shape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';

export interface RandomAttributes {
  readonly [key: string]: unknown;
  readonly shape: Shape;
  /** Names the place of use, see `streamOf`. */
  readonly stream: number;
}

function randomInfer(name: string): (inputs: readonly Spec[], attributes: RandomAttributes) => Spec[] {
  return ([key], { shape }) => {
    const { dtype, shape: keyShape } = key as Spec;
    if (dtype !== 'i32' || keyShape.length !== 1 || keyShape[0] !== 3) {
      throw new SaddlepointError('shape', `${name}: expected a key i32[3] of seed, step and iteration`);
    }
    checkShape(name, shape);
    return [{ shape, dtype: 'f32' }];
  };
}

type Fill = (out: Float32Array, seed: number, stream: number, step: number, iteration: number) => void;

function draw([key]: readonly HostTensor[], { shape, stream }: RandomAttributes, fill: Fill): Float64Array {
  const [seed, step, iteration] = (key as HostTensor).data;
  // Filled as f32: a deviate is rounded to its f32 bits on every backend.
  const result = new Float32Array(sizeOf(shape));
  fill(result, (seed as number) >>> 0, stream, (step as number) >>> 0, (iteration as number) >>> 0);
  return Float64Array.from(result);
}

export const uniformOp: Op<RandomAttributes> & { name: 'randomUniform' } = {
  name: 'randomUniform',
  infer: randomInfer('randomUniform'),
  evaluate: (inputs, attributes) => [draw(inputs, attributes, randomUniform)],
  gradient: () => [undefined],
};

export const normalOp: Op<RandomAttributes> & { name: 'randomNormal' } = {
  name: 'randomNormal',
  infer: randomInfer('randomNormal'),
  evaluate: (inputs, attributes) => [draw(inputs, attributes, randomNormal)],
  gradient: () => [undefined],
};

export const dropoutMaskOp: Op<RandomAttributes & { rate: number }> & { name: 'dropoutMask' } = {
  name: 'dropoutMask',
  infer: randomInfer('dropoutMask'),
  evaluate(inputs, attributes) {
    const rate = Math.fround(attributes.rate);
    const scale = 1 / (1 - attributes.rate);
    return [draw(inputs, attributes, randomUniform).map((u) => (u < rate ? 0 : scale))];
  },
  gradient: () => [undefined],
};

/** Uniform deviates in [0, 1) with 24 bits; `key` is i32 [seed, step, iteration]. */
export const uniformWithKey = (key: Tensor, shape: Shape, stream: number): Tensor =>
  apply(uniformOp, [key], { shape, stream })[0] as Tensor;

/** Standard normal deviates; `key` is i32 [seed, step, iteration]. */
export const normalWithKey = (key: Tensor, shape: Shape, stream: number): Tensor =>
  apply(normalOp, [key], { shape, stream })[0] as Tensor;

/** 0 with probability `rate` (in [0, 1)), else 1 / (1 − rate): the factor of inverted dropout. */
export const dropoutMaskWithKey = (key: Tensor, shape: Shape, stream: number, rate: number): Tensor =>
  apply(dropoutMaskOp, [key], { shape, stream, rate })[0] as Tensor;
