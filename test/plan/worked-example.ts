/** @file The worked example of ARCHITECTURE.md: one dense layer with relu, trained by mean squared error and Adam. */
import type { StepTransform } from '../../src/engine/renew.ts';
import type { StepDescription } from '../../src/engine/step.ts';
import { layoutGroup } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { add, relu, square, sub } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { mean } from '../../src/ops/reduce.ts';
import { adamUpdate } from '../../src/ops/update.ts';

/** relu(x · kernel + bias) */
export const denseRelu = (x: Tensor, kernel: Tensor, bias: Tensor): Tensor => relu(add(matmul(x, kernel), bias));

/** 6 rows of 3 bytes, 2 targets each. */
export const description: StepDescription = {
  groups: {
    parameters: layoutGroup('parameters', [
      { path: '0/kernel', shape: [3, 2] },
      { path: '0/bias', shape: [2] },
    ]),
    rows: [],
    state: undefined,
  },
  sources: {
    x: {
      spec: { shape: [6, 3], dtype: 'u8' },
      scaling: { shift: Float32Array.of(0), scale: Float32Array.of(1 / 255) },
    },
    y: { spec: { shape: [6, 2], dtype: 'f32' } },
  },
  measure(leaves, { x, y }) {
    const leaf = (path: string) => leaves.get(path) as Tensor;
    const prediction = denseRelu(x as Tensor, leaf('0/kernel'), leaf('0/bias'));
    return { losses: mean(square(sub(prediction, y as Tensor)), 1), sums: [] };
  },
};

export const adam: StepTransform = {
  name: 'adam',
  slots: ['firstMoment', 'secondMoment'],
  scalarCount: 2,
  update({ gradient, slots, scalars }) {
    const moments = [slots.firstMoment, slots.secondMoment] as [Tensor, Tensor];
    const [update, firstMoment, secondMoment] = adamUpdate(gradient, ...moments, scalars, {
      beta1: 0.9,
      beta2: 0.999,
    }) as [Tensor, Tensor, Tensor];
    return { update, slots: { firstMoment, secondMoment } };
  },
};
