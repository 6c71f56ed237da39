/** @file L2 regularization as part of a gradient. */
import type { Tensor } from '../graph/tensor.ts';
import { add, mul } from '../ops/elementwise.ts';

/** gradient + weightDecay · parameters: the gradient of weightDecay / 2 · |parameters|² added. */
export const withL2 = (gradient: Tensor, parameters: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay));
