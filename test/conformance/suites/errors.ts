/** @file What is refused, is refused in the same words on every backend. */
import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { cast } from '../../../src/ops/cast.ts';
import { add, log } from '../../../src/ops/elementwise.ts';
import { gatherDot, gatherSum } from '../../../src/ops/gather-product.ts';
import { gather, gatherRows, oneHot, scatterAdd } from '../../../src/ops/indexing.ts';
import { reshape, slice } from '../../../src/ops/movement.ts';
import { l2Norm, sum } from '../../../src/ops/reduce.ts';
import { rowOrder } from '../../../src/ops/rows.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from '../../../src/ops/softmax.ts';
import { guard } from '../../../src/ops/update.ts';
import { type BackendName, optionsFor } from '../harness.ts';

export const TABLE = tensor([
  [0, 1],
  [2, 3],
  [4, 5],
  [6, 7],
]);

/** Ops that take indices, each with 4 legal ones. */
const INDEXED: Readonly<Record<string, (index: Tensor) => Tensor>> = {
  gather: (index) => gather(TABLE, index),
  gatherRows: (index) => gatherRows(TABLE, index, 0, 1),
  scatterAdd: (index) => scatterAdd(index, cast(index, 'f32'), 4),
  oneHot: (index) => oneHot(index, 4),
  rowOrder: (index) => rowOrder(index, 4),
  gatherDot: (index) => gatherDot(TABLE, reshape(index, [-1, 1]), new Array(3).fill([1, 2])),
  gatherSum: (index) => gatherSum(TABLE, reshape(index, [1, -1]), [[1, 2, 3]]),
  softmaxCrossEntropy: (index) => softmaxCrossEntropy(tensor(new Float32Array(12), [3, 4]), index),
  softmaxCrossEntropyGradient: (index) =>
    softmaxCrossEntropyGradient(tensor(new Float32Array(12), [3, 4]), index, tensor(1)),
};

export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return 'nothing was thrown';
}

export function errorsOn(device: BackendName): void {
  test.each(Object.keys(INDEXED))(
    'case 05: %s refuses an index outside, naming position, value and range',
    async (name) => {
      const f = compile(INDEXED[name] as (index: Tensor) => Tensor, optionsFor(device));
      const refusal = (...index: number[]) => messageOf(() => f(Int32Array.from(index)));
      expect(await refusal(0, 3, 4)).toBe(`data: ${name}: index 4 at position 2 is outside 0 … 3`);
      expect(await refusal(-1, 0, 0)).toBe(`data: ${name}: index -1 at position 0 is outside 0 … 3`);
      expect(await refusal(0, 2 ** 31 - 1, -1)).toBe(`data: ${name}: index 2147483647 at position 1 is outside 0 … 3`);
      expect(await refusal(0, 3, 1), 'and works again after it').toBe('nothing was thrown');
    },
  );

  test('case 05: indices that are no integers are refused by type', async () => {
    const f = compile((index: Tensor) => gather(TABLE, index), optionsFor(device));
    for (const bad of [1.5, Number.NaN, 1]) {
      expect(await messageOf(() => f([bad]))).toBe(
        "dtype: gather: expected i32 indices, got f32[1]\n  help: convert with cast(x, 'i32')",
      );
    }
  });

  test('empty shapes are refused', async () => {
    const empty =
      'shape: tensor: every dimension must be an integer ≥ 1, got shape [0]\n  help: empty tensors are not allowed; leave out the call when there is no data';
    expect(await messageOf(() => compile((x: Tensor) => sum(x), optionsFor(device))(new Float32Array(0)))).toBe(empty);
    const shaped = (f: (x: Tensor) => Tensor) => messageOf(() => compile(f, optionsFor(device))([1, 2]));
    expect(await shaped((x) => reshape(x, [2, 0]))).toContain(
      'reshape: every dimension must be an integer ≥ 1, got shape [2,0]',
    );
    expect(await shaped((x) => slice(x, [1], [0]))).toContain('slice: every dimension must be an integer ≥ 1');
  });

  test('a guard stops at NaN and infinity, also at what overflows only f32', async () => {
    const f = compile((x: Tensor) => guard(x, [sum(x), l2Norm(x)]), optionsFor(device));
    expect((await f([3, 4])).toArray()).toEqual([3, 4]);
    const stopped = 'divergence: guard: a value is NaN or infinite';
    for (const x of [
      [1, Number.NaN],
      [1, Number.POSITIVE_INFINITY],
      [3e38, 3e38],
    ])
      expect(await messageOf(() => f(x))).toBe(stopped);
    expect((await f([1, 2])).toArray()).toEqual([1, 2]);
  });

  test('a stop inside a compiled function leaves nothing behind', async () => {
    const f = compile((x: Tensor, i: Tensor) => add(log(sum(x)), gather(x, i)), optionsFor(device));
    await expect(f([1, 2], Int32Array.of(5))).rejects.toThrow('gather: index 5 at position 0 is outside 0 … 1');
    expect((await f([1, 0], Int32Array.of(0))).item()).toBe(1);
  });
}
