/** @file How long WebAssembly takes for a product of matrices: what others are measured against. */
import { ProgramBuilder } from '../../graph/program.ts';
import { matmul } from '../../ops/matmul.ts';
import { wasmBackend } from './index.ts';

/** Calls before those that count, and those; engines compile better code meanwhile. */
const WARM = 2;
const TIMED = 3;

/** The product of two matrices [size, size], row by row, on one thread, and the least that it took, in milliseconds. */
export async function timeProduct(
  a: Float32Array,
  b: Float32Array,
  size: number,
): Promise<{ readonly result: Float32Array; readonly time: number }> {
  const builder = new ProgramBuilder();
  const spec = { shape: [size, size], dtype: 'f32' } as const;
  builder.commit('c', matmul(builder.block('a', spec), builder.block('b', spec)));
  using session = await wasmBackend.open([builder.finish('product')], { deterministic: false });
  session.write('a', a);
  session.write('b', b);
  let time = Number.POSITIVE_INFINITY;
  for (let call = 0; call < WARM + TIMED; call++) {
    const from = performance.now();
    session.run('product', 1);
    if (call >= WARM) time = Math.min(time, performance.now() - from);
  }
  return { result: session.read('c') as Float32Array, time };
}
