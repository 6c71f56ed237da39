/** @file dense.json: the dense layer; embeddings and the like as compositions of ops. Linear weights are (out, in). */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { dense as denseLayer } from '../../../src/nn/dense.ts';
import { applyModel } from '../../../src/nn/layer.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { embeddingBag } from '../../../src/ops/embedding-bag.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { reshape, transpose } from '../../../src/ops/movement.ts';
import { sum } from '../../../src/ops/reduce.ts';
import { spectralNormalize } from '../../../src/ops/spectral-normalize.ts';
import type { GoldenCase } from '../format.ts';
import { type Adapter, type Expression, functionCase, inputsOf, type Tensors, tensorCheck } from '../session.ts';

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

const bag =
  (mode: 'sum' | 'mean' | 'max'): F =>
  ({ weight, idx }) =>
    embeddingBag(weight as Tensor, idx as Tensor, { mode });

const compositions: Readonly<Record<string, readonly [readonly string[], F]>> = {
  embedding_plain: [['idx', 'weight'], rows],
  embedding_scale_grad_by_freq: [['idx', 'weight'], scaledByFrequency],
  embedding_bag_sum: [['idx', 'weight'], bag('sum')],
  embedding_bag_mean: [['idx', 'weight'], bag('mean')],
  embedding_bag_max: [['idx', 'weight'], bag('max')],
  weight_norm: [['x', 'v', 'gain', 'b'], weightNorm],
};

/** Theirs is (out, in), and keeps u for the outputs and v for the inputs, as ours does of the transposed matrix. */
const spectral = (data: GoldenCase): Expression => {
  const normalized = ({ weight, u0 }: Tensors) => spectralNormalize(transpose(weight as Tensor), u0 as Tensor);
  const inputs = inputsOf(data, ['x', 'weight', 'u0']);
  return async (session) => {
    const checks = await functionCase(data, inputs, (given) => matmul(given.x as Tensor, normalized(given).y))(session);
    const { u, v, exact } = await session.prepare((given) => {
      const { u, v } = normalized(given);
      const { sigma } = spectralNormalize(transpose(given.weight as Tensor), u, { iterations: 40 });
      return { u, v, exact: sigma };
    })(inputs);
    return [
      ...checks,
      tensorCheck('u1', u, data.u1),
      tensorCheck('v1', v, data.v1),
      tensorCheck('sigma_exact', exact, data.sigma_exact),
    ];
  };
};

export const dense: Adapter = (name, data) => {
  const ofLayer = ({ bias: layer, nobias: layer, '3d': layer, bilinear } as Record<string, F>)[name];
  if (ofLayer !== undefined) {
    const inputs = inputsOf(data, name === 'bilinear' ? ['a', 'b'] : ['x']);
    return functionCase(data, { ...inputs, ...inputsOf(data.params) }, ofLayer);
  }
  if (name === 'spectral_norm') return spectral(data);
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
