/**
 * @file The machine's exports. The host calls `execute` and `abi`; memory is imported as `env.memory`.
 *
 * The rest is exported so that asc does not inline it into its only caller: with the kernels inside, the loop over
 * instructions is one huge function, and whole steps were measured 6 % slower. The names are short: a page downloads them.
 */
import { Constant } from '../src/plan/opcodes';

/**
 * Which build this is, of which sources, and the version of the instruction set that it understands. `BUILD_ID` comes from
 * scripts/build-wasm.mjs; without it, as for a listing, it is a build that no host takes.
 */
export function abi(): i32 { return (isDefined(BUILD_ID) ? BUILD_ID : 0) + 8 * Constant.abiVersion; }

export { checksum } from './checksum';
export { execute, run as k27, runRows as k31 } from './plan';
export { binary as k0, mapBinary as k28, mapSelect as k29, mapUnary as k30, select_ as k1, unary as k2 } from './elementwise';
export { convertBytes as k3, gather as k4 } from './gather';
export { gemm_f32_4x8_columns as k5, gemm_f32_4x8_rows as k6, multiply as k7 } from './matmul';
export { packRowsTwice as k8 } from './pack';
export { cast as k10, copy as k11, fill as k12 } from './movement';
export { adam as k15, guard as k16, l2Norm as k17, sgd as k18, sumSquares as k32 } from './optimizer';
export { dropoutMask as k19 } from './random';
export { reduce as k20, sumColumns16 as k21, sumColumns4 as k22 } from './reduce';
export { argmax as k23, crossEntropy as k24, crossEntropyGradient as k25, softmax as k26 } from './softmax';
