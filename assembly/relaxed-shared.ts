/** @file The exports of the build with relaxed SIMD and shared memory. */
export * from './shared';
export { gemm_f32_6x8_columns as z0, gemm_f32_6x8_rows as z1 } from './matmul6x8';
