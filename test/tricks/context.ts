/** @file What a trick is given, outside a run, on host tensors. */
import { tensor } from '../../src/graph/tensor.ts';
import type { TrickContext } from '../../src/train/trick.ts';

/** A context of so many rows; random numbers by this seed, a stream each. */
export function contextOf(rows: number, seed = 1): TrickContext {
  let stream = 0;
  const unused = (): never => {
    throw new Error('not in this test');
  };
  return {
    ...{ trace: undefined as never, rows, scalars: tensor([0]), read: unused, write: unused, reading: unused },
    random: () => ({ key: tensor(Int32Array.of(seed, 0, 0)), stream: 100 + stream++ }),
  };
}
