/** @file attention.json: scaled dot products, several heads, transformer blocks, positions. Their linear weights are (out, in). */
import type { Tensor } from '../../../src/graph/tensor.ts';
import * as attention from '../../../src/ops/attention.ts';
import { sub } from '../../../src/ops/elementwise.ts';
import { reshape, slice, transpose } from '../../../src/ops/movement.ts';
import { mean } from '../../../src/ops/reduce.ts';
import { transformerBlock } from '../../ops/transformer.ts';
import { hostTensorOf } from '../format.ts';
import { type Adapter, functionCase, inputsOf, type Tensors, tensorCheck } from '../session.ts';

const maps = { query: 0, key: 1, value: 2 } as const;

/** One of the three maps that they stack on the output axis. */
function stacked(weight: Tensor, bias: Tensor, which: keyof typeof maps): attention.LinearParameters {
  const [all, features] = weight.shape as [number, number];
  const at = (maps[which] * all) / 3;
  return { kernel: transpose(slice(weight, [at, 0], [all / 3, features])), bias: slice(bias, [at], [all / 3]) };
}

/** Our parameters of theirs, whose names begin with `prefix`. */
function parametersOf(inputs: Tensors, prefix = ''): attention.AttentionParameters {
  const named = (name: string): Tensor => inputs[`${prefix}${name}`] as Tensor;
  const [weight, bias] = [named('in_proj_weight'), named('in_proj_bias')];
  return {
    query: stacked(weight, bias, 'query'),
    key: stacked(weight, bias, 'key'),
    value: stacked(weight, bias, 'value'),
    output: { kernel: transpose(named('out_proj.weight')), bias: named('out_proj.bias') },
  };
}

const linearOf = (inputs: Tensors, name: string): attention.LinearParameters => ({
  kernel: transpose(inputs[`${name}.weight`] as Tensor),
  bias: inputs[`${name}.bias`] as Tensor,
});
const scaleOf = (inputs: Tensors, name: string) => ({
  gamma: inputs[`${name}.weight`] as Tensor,
  beta: inputs[`${name}.bias`] as Tensor,
});

const dotProducts: Adapter = (name, data) =>
  functionCase(data, inputsOf(data, ['q', 'k', 'v']), ({ q, k, v }) =>
    attention.scaledDotProductAttention(q as Tensor, k as Tensor, v as Tensor, { causal: name === 'sdpa_causal' }),
  );

const heads: Adapter = (name, data) => {
  const tensors = ['x', 'memory'].filter((key) => key in data);
  const inputs = { ...inputsOf(data, tensors), ...inputsOf(data.params) };
  // Theirs says which keys to leave out, ours which to see.
  const ignored = (data.key_padding_mask ?? null) === null ? undefined : hostTensorOf(data.key_padding_mask);
  const mask = ignored && sub(1, reshape(ignored, [ignored.shape[0] as number, 1, 1, ignored.shape[1] as number]));
  const options = { heads: data.heads as number, causal: name === 'mha_causal', mask };
  const f = ({ x, memory, ...rest }: Tensors) =>
    attention.multiHeadAttention(x as Tensor, parametersOf(rest), { ...options, memory });
  return async (session) => {
    const checks = await functionCase(data, inputs, (given) => f(given).y)(session);
    if (data.weights === undefined) return checks;
    const { weights } = await session.prepare((given) => ({ weights: mean(f(given).weights, 1) }))(inputs);
    return [...checks, tensorCheck('weights', weights, data.weights)];
  };
};

const blocks: Adapter = (name, data) => {
  const options = { heads: data.heads as number, normalizes: name === 'block_prenorm' ? 'before' : 'after' } as const;
  return functionCase(data, { ...inputsOf(data, ['x']), ...inputsOf(data.params) }, ({ x, ...rest }) =>
    transformerBlock(
      x as Tensor,
      {
        ...{
          attention: parametersOf(rest, 'self_attn.'),
          first: scaleOf(rest, 'norm1'),
          second: scaleOf(rest, 'norm2'),
        },
        ...{ expand: linearOf(rest, 'linear1'), contract: linearOf(rest, 'linear2') },
      },
      options,
    ),
  );
};

export const attentionCases: Adapter = (name, data, all) => {
  if (name.startsWith('sdpa')) return dotProducts(name, data, all);
  if (name.startsWith('mha')) return heads(name, data, all);
  if (name.startsWith('block')) return blocks(name, data, all);
  if (name !== 'sinusoidal_positions') return undefined;
  return functionCase(data, {}, () => attention.sinusoidalPositions(6, 8));
};
