/** @file dense.json: the dense layer; embeddings and the like as compositions of ops. Linear weights are (out, in). */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { dense as denseLayer } from '../../../src/nn/dense.ts';
import { applyModel } from '../../../src/nn/layer.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { reshape, transpose } from '../../../src/ops/movement.ts';
import { max, mean, sum } from '../../../src/ops/reduce.ts';
import { type Adapter, functionCase, inputsOf, type Tensors } from '../session.ts';

type F = (inputs: Tensors) => Tensor;

const layer: F = ({ x, weight, bias }) => {
  const parameters = new Map([['kernel', transpose(weight as Tensor)]]);
  if (bias !== undefined) parameters.set('bias', bias);
  const model = denseLayer((weight as Tensor).shape[0] as number, { bias: bias !== undefined });
  return applyModel(model, parameters, x as Tensor, { mode: 'predict' });
};

const bilinear: F = ({ a, b, weight, bias }) => {
  const [o, i, j] = (weight as Tensor).shape as [number, number, number];
  const [n] = (a as Tensor).shape as [number];
  const left = matmul(a as Tensor, reshape(transpose(weight as Tensor, [1, 0, 2]), [i, o * j]));
  return e.add(sum(e.mul(reshape(left, [n, o, j]), reshape(b as Tensor, [n, 1, j])), 2), bias as Tensor);
};

const rows = ({ weight, idx }: Tensors): Tensor => gather(weight as Tensor, idx as Tensor);

/** y, with its gradient multiplied by a constant factor. */
const scaleGradient = (y: Tensor, factor: Tensor): Tensor =>
  e.add(e.mul(y, factor), e.stopGradient(e.mul(y, e.sub(1, factor))));

function scaledByFrequency(inputs: Tensors): Tensor {
  const { idx } = inputs as { idx: Tensor };
  const all = reshape(idx, [-1]);
  const counts = sum(e.equal(reshape(all, [-1, 1]), reshape(all, [1, -1])), 1);
  return scaleGradient(rows(inputs), reshape(e.reciprocal(counts), [...idx.shape, 1]));
}

const weightNorm: F = ({ x, v, gain, b }) => {
  const length = e.sqrt(sum(e.square(v as Tensor), 1, { keepDims: true }));
  return e.add(matmul(x as Tensor, transpose(e.div(e.mul(v as Tensor, gain as Tensor), length))), b as Tensor);
};

const compositions: Readonly<Record<string, readonly [readonly string[], F]>> = {
  embedding_plain: [['idx', 'weight'], rows],
  embedding_scale_grad_by_freq: [['idx', 'weight'], scaledByFrequency],
  embedding_bag_sum: [['idx', 'weight'], (inputs) => sum(rows(inputs), 1)],
  embedding_bag_mean: [['idx', 'weight'], (inputs) => mean(rows(inputs), 1)],
  embedding_bag_max: [['idx', 'weight'], (inputs) => max(rows(inputs), 1)],
  weight_norm: [['x', 'v', 'gain', 'b'], weightNorm],
};

export const dense: Adapter = (name, data) => {
  const ofLayer = ({ bias: layer, nobias: layer, '3d': layer, bilinear } as Record<string, F>)[name];
  if (ofLayer !== undefined) {
    const inputs = inputsOf(data, name === 'bilinear' ? ['a', 'b'] : ['x']);
    return functionCase(data, { ...inputs, ...inputsOf(data.params) }, ofLayer);
  }
  const padding = /^embedding_padding_idx(\d+)$/.exec(name)?.[1];
  if (padding !== undefined) {
    return functionCase(data, inputsOf(data, ['idx', 'weight']), (inputs) => {
      const isPadding = e.equal(reshape(inputs.idx as Tensor, [...(inputs.idx as Tensor).shape, 1]), Number(padding));
      return e.where(isPadding, e.stopGradient(rows(inputs)), rows(inputs));
    });
  }
  const [names, f] = compositions[name] ?? [];
  return names && f && functionCase(data, inputsOf(data, names), f);
};
