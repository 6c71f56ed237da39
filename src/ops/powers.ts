/** @file Logarithms to other bases, and 1 / √x: compositions. */
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { div, log, reciprocal, sqrt } from './elementwise.ts';

/** Logarithm to base 2; −∞ at 0, NaN below. */
export const log2 = (x: TensorLike): Tensor => div(log(x), Math.LN2);
/** Logarithm to base 10; −∞ at 0, NaN below. */
export const log10 = (x: TensorLike): Tensor => div(log(x), Math.LN10);
/** 1 / √x; Infinity at 0, NaN below. */
export const rsqrt = (x: TensorLike): Tensor => reciprocal(sqrt(x));
