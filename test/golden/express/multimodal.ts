/** @file multimodal.json: losses of pairs in one space, with their gradients through the normalization. */

import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { infoNce, learned, pairwiseRanking, sigmoidContrastive } from '../../../src/nn/losses/contrastive.ts';
import type { Loss } from '../../../src/nn/losses/loss.ts';
import { concat } from '../../../src/ops/concat.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { broadcastTo, reshape, transpose } from '../../../src/ops/movement.ts';
import { l2Normalize } from '../../../src/ops/normalize.ts';
import { mean, sum } from '../../../src/ops/reduce.ts';
import { type GoldenCase, hostTensorOf } from '../format.ts';
import { type Adapter, functionCase, type Tensors, tensorCheck } from '../session.ts';

/** Each with whether the case is the sum of its rows, or their mean. */
const LOSSES: Readonly<Record<string, (data: GoldenCase) => readonly [Loss, 'sum' | 'mean']>> = {
  kiros_ranking: ({ margin }) => [pairwiseRanking({ margin: margin as number }), 'sum'],
  vsepp_max_violation: ({ margin }) => [pairwiseRanking({ margin: margin as number, negatives: 'hardest' }), 'sum'],
  clip_infonce: () => [infoNce({ temperature: learned(1) }), 'mean'],
  siglip: () => [sigmoidContrastive({ temperature: learned(1), bias: 0 }), 'mean'],
};

export const multimodal: Adapter = (name, data) => {
  const made = LOSSES[name]?.(data);
  if (made === undefined) return undefined;
  const [loss, reduction] = made;
  const names = ['image', 'text', 'log_scale', 'bias'].filter((key) => key in data);
  const inputs: Tensors = Object.fromEntries(names.map((key) => [key, hostTensorOf(data[key])]));
  const ids = tensor(Int32Array.from({ length: 4 }, (_, i) => i));
  const sides = ({ image, text }: Tensors) => [l2Normalize(image as Tensor), l2Normalize(text as Tensor)] as const;
  const column = (value: Tensor | undefined): Tensor =>
    value === undefined ? tensor(new Float64Array(4), [4, 1]) : broadcastTo(reshape(value, [1, 1]), [4, 1]);
  const whole = functionCase({ y: data.loss, g: data.g } as GoldenCase, inputs, (given) => {
    const rows = loss.call(concat([...sides(given), column(given.log_scale), column(given.bias)], 1), ids);
    return reduction === 'sum' ? sum(rows) : mean(rows);
  });
  if (data.scores === undefined) return whole;
  return async (session) => {
    const found = await session.prepare((given) => {
      const [image, text] = sides(given);
      return { scores: matmul(image, transpose(text)) };
    })(inputs);
    return [tensorCheck('scores', found.scores, data.scores), ...(await whole(session))];
  };
};
