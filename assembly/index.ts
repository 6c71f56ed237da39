/**
 * @file The machine's exports. The host calls `execute` and `abi`; memory is imported as `env.memory`.
 *
 * The rest is exported so that asc does not inline it into its only caller: with the kernels inside, the loop over
 * instructions is one huge function, and whole steps were measured 6 % slower.
 */
import { ABI_VERSION } from '../src/plan/opcodes';

/** The version of the instruction set that this build understands. */
export function abi(): i32 { return ABI_VERSION; }

export { execute } from './plan';
export { binary, select_, unary } from './elementwise';
export { convertBytes, gather, oneHot, scatterAdd } from './gather';
export { gemm_f32_4x8_columns, gemm_f32_4x8_rows, matmul, packRows, packTransposed } from './matmul';
export { cast, copy, fill, stepLoad, stepStore } from './movement';
export { adam, guard, l2Norm, sgd } from './optimizer';
export { dropoutMask, randomNormal, randomUniform } from './random';
export { reduce, sumColumns16, sumColumns4 } from './reduce';
export { argmax, crossEntropy, crossEntropyGradient, softmax } from './softmax';
