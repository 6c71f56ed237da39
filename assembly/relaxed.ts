/** @file The exports of the build with relaxed SIMD. As in index.ts, kernels are exported so that they are not inlined. */
export * from './extended';
export { gemm_f32_6x8_columns as z0, gemm_f32_6x8_rows as z1 } from './matmul6x8';
export { lines6x8 as z2, placed6x8 as z3 } from './conv-tiles';
