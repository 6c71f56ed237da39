/**
 * @file Whether a backend computes right here, by a program that is small and exact. It is asked of a GPU before it is trusted with
 * a run: the libraries on the way to it may be told to compute in halves.
 */
import { ProgramBuilder } from '../graph/program.ts';
import { square } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import type { Backend } from './backend.ts';
import { faultOfSquares, NUMBERS } from './squares.ts';

/** What is wrong, in words; undefined if nothing is. Throws what the backend throws. */
export async function faultOf(backend: Backend): Promise<string | undefined> {
  const builder = new ProgramBuilder();
  const x = builder.block('x', { shape: [2, 2], dtype: 'f32' });
  builder.commit('x', square(x));
  builder.emit('product', matmul(x, x));
  using session = await backend.open([builder.finish('test')]);
  session.write('x', NUMBERS);
  await session.run('test', 1);
  const fault = faultOfSquares(await session.read('x'));
  if (fault !== undefined) return fault;
  // The first: 3.3² + 1e-5 · 1e10.
  const first = (await session.readRows('test', 'product', 1))[0] as number;
  return Math.abs(first - 100010.89) <= 0.02 ? undefined : `it multiplies matrices wrong: ${first} for 100010.89`;
}
