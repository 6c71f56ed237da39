/** @file A transformer's block as a function of its weights, written with the public functions as a user would. */
import type { Tensor } from '../../src/graph/tensor.ts';
import { gelu } from '../../src/nn/activations.ts';
import { type AttentionParameters, type LinearParameters, multiHeadAttention } from '../../src/ops/attention.ts';
import { add } from '../../src/ops/elementwise.ts';
import { linear } from '../../src/ops/matmul.ts';
import { layerNorm } from '../../src/ops/normalize.ts';

export interface BlockParameters {
  readonly attention: AttentionParameters;
  /** Of the two normalizations: gamma and beta. */
  readonly first: { readonly gamma: Tensor; readonly beta: Tensor };
  readonly second: { readonly gamma: Tensor; readonly beta: Tensor };
  readonly expand: LinearParameters;
  readonly contract: LinearParameters;
}

export interface BlockOptions {
  readonly heads: number;
  readonly causal?: boolean;
  /** Before attention and dense layers (Xiong et al. 2020), or after their sums with x (Vaswani et al. 2017). */
  readonly normalizes?: 'before' | 'after';
}

/** x [batch, tokens, features] to the same shape. */
export function transformerBlock(x: Tensor, parameters: BlockParameters, options: BlockOptions): Tensor {
  const { attention, first, second, expand, contract } = parameters;
  const { normalizes = 'before', ...rest } = options;
  const attend = (t: Tensor): Tensor => multiHeadAttention(t, attention, rest).y;
  const transform = (t: Tensor): Tensor =>
    linear(gelu(linear(t, expand.kernel, expand.bias)), contract.kernel, contract.bias);
  if (normalizes === 'after') {
    const attended = layerNorm(add(x, attend(x)), first);
    return layerNorm(add(attended, transform(attended)), second);
  }
  const attended = add(x, attend(layerNorm(x, first)));
  return add(attended, transform(layerNorm(attended, second)));
}
