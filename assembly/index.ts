/**
 * @file The machine's exports. The host calls `execute` and `abi`; memory is imported as `env.memory`.
 *
 * The rest is exported so that asc does not inline it into its only caller: with the kernels inside, the loop over
 * instructions is one huge function, and whole steps were measured 6 % slower. The names are short: a page downloads them.
 */
import { Constant } from '../src/plan/opcodes';

/** The version of the instruction set that this build understands. */
export function abi(): i32 { return Constant.abiVersion; }

export { execute } from './plan';
export { binary as k0, select_ as k1, unary as k2 } from './elementwise';
export { convertBytes as k3, gather as k4, oneHot as k5, scatterAdd as k6 } from './gather';
export { gemm_f32_4x8_columns as k7, gemm_f32_4x8_rows as k8, matmul as k9, packRows as k10, packTransposed as k11 } from './matmul';
export { cast as k12, copy as k13, fill as k14, stepLoad as k15, stepStore as k16 } from './movement';
export { adam as k17, guard as k18, l2Norm as k19, sgd as k20 } from './optimizer';
export { dropoutMask as k21, randomNormal as k22, randomUniform as k23 } from './random';
export { reduce as k24, sumColumns16 as k25, sumColumns4 as k26 } from './reduce';
export { argmax as k27, crossEntropy as k28, crossEntropyGradient as k29, softmax as k30 } from './softmax';
