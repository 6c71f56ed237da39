/** compile: programs as users type them (api.md, section 3), its cache, its types, its errors. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { grad, valueAndGrad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { cast } from '../../src/ops/cast.ts';
import { add, mul, relu, square, sub } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { BACKENDS } from '../conformance/harness.ts';

describe.each(BACKENDS)('on %s', (device) => {
  test('the program of api.md works as it is typed there', async () => {
    const step = compile(
      (p: { w: Tensor }, x: Tensor, y: Tensor) => valueAndGrad((q) => mean(square(sub(matmul(x, q.w), y))), p),
      { device },
    );
    const w = tensor([[1], [2]]);
    const [x, y] = [
      [
        [3, 4],
        [5, 6],
      ],
      [[10], [20]],
    ];
    const [loss, gradients] = await step({ w }, x, y);
    expectTypeOf(loss).toEqualTypeOf<Tensor>();
    expectTypeOf(gradients.w).toEqualTypeOf<Tensor>();
    expect(loss.item()).toBe(5);
    expect(gradients.w.toArray()).toEqual([[-12], [-14]]);
  });

  test('the example of its documentation works', async () => {
    const step = compile((w: Tensor, x: Tensor) => grad((v: Tensor) => sum(square(matmul(x, v))), w), { device });
    expect((await step([[1], [2]], [[3, 4]])).toArray()).toEqual([[66], [88]]);
  });

  test('arguments and results are trees: lists of tensors, records, numbers, typed arrays', async () => {
    const f = compile(
      (p: { a: Tensor[]; n: Tensor }) => ({ sums: p.a.map((t) => sum(t)), both: [p.n, mul(p.n, 2)] as const }),
      { device },
    );
    const result = await f({ a: [tensor([1, 2]), tensor([[3]])], n: 4 });
    expect(result.sums.map((t) => t.item())).toEqual([3, 3]);
    expect(result.both.map((t) => t.item())).toEqual([4, 8]);
  });

  test('arguments keep their types', async () => {
    const f = compile((bytes: Tensor, ints: Tensor) => [bytes, ints, cast(bytes, 'f32')], { device });
    const [bytes, ints, floats] = await f(Uint8Array.of(0, 255), Int32Array.of(-5, 2 ** 30));
    expect([bytes?.dtype, ints?.dtype, floats?.dtype]).toEqual(['u8', 'i32', 'f32']);
    expect([bytes?.toArray(), ints?.toArray(), floats?.toArray()]).toEqual([
      [0, 255],
      [-5, 2 ** 30],
      [0, 255],
    ]);
  });

  test('a function may return its argument, a constant, or one tensor twice, and take nothing', async () => {
    const f = compile((x: Tensor) => [x, tensor([7]), x, 3 as unknown as Tensor], { device });
    expect((await f([1, 2])).map((t) => t.toArray())).toEqual([[1, 2], [7], [1, 2], 3]);
    expect((await compile(() => add(1, 2), { device })()).item()).toBe(3);
  });

  test('results are the caller’s own: a later call does not change them', async () => {
    const f = compile((x: Tensor) => mul(x, 2), { device });
    const first = await f([1, 2]);
    await f([3, 4]);
    expect(first.toArray()).toEqual([2, 4]);
  });

  test('calls at once do not mix', async () => {
    const f = compile((x: Tensor) => mul(x, x), { device });
    const results = await Promise.all([1, 2, 3, 4].map((n) => f([n])));
    expect(results.map((t) => t.data[0])).toEqual([1, 4, 9, 16]);
  });
});

describe('the cache', () => {
  const counted = () => {
    let traces = 0;
    const f = compile((x: Tensor) => {
      traces++;
      return sum(x);
    });
    return { f, traces: () => traces };
  };

  test('traces once for each shape and type', async () => {
    const { f, traces } = counted();
    for (const x of [[1], [2], [1, 2], [3, 4], [[1, 2]]]) await f(x);
    expect(traces()).toBe(3);
    await f(Int32Array.of(1));
    expect(traces()).toBe(4);
  });

  test('traces once for calls at once', async () => {
    const { f, traces } = counted();
    await Promise.all([f([1]), f([2]), f([3])]);
    expect(traces()).toBe(1);
  });

  test('holds 16 shapes, and drops the one longest unused', async () => {
    const { f, traces } = counted();
    const call = (n: number) => f(new Float32Array(n));
    for (let n = 1; n <= 16; n++) await call(n);
    await call(1);
    await call(17);
    expect(traces()).toBe(17);
    await call(1);
    expect(traces(), '1 was used, so it stays').toBe(17);
    await call(2);
    expect(traces(), '2 was dropped').toBe(18);
  });

  test('tells arguments apart by name, not by order', async () => {
    const f = compile((p: { a: Tensor; b: Tensor }) => sub(p.a, p.b));
    expect((await f({ a: 5, b: 3 })).item()).toBe(2);
    expect((await f({ b: 3, a: 5 })).item()).toBe(2);
  });

  test('forgets a failed trace', async () => {
    let fail = true;
    const f = compile((x: Tensor) => {
      if (fail) throw new Error('once');
      return x;
    });
    await expect(f([1])).rejects.toThrow('once');
    fail = false;
    expect((await f([1])).toArray()).toEqual([1]);
  });
});

describe('errors', () => {
  test('name the op, the shapes and what to do', async () => {
    const f = compile((x: Tensor, w: Tensor) => relu(matmul(x, w)));
    await expect(
      f(
        [[1, 2, 3]],
        [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
        ],
      ),
    ).rejects.toThrow('matmul: expected lhs.shape[1] = rhs.shape[0], got [1,3] × [4,2]');
    await expect(compile((x: Tensor, y: Tensor) => add(x, y))([1, 2], [1, 2, 3])).rejects.toThrow(
      'add: shapes [2] and [3] do not broadcast: 2 against 3 at axis -1\n  help: dimensions must be equal or 1, counted from the last axis; reshape one of them',
    );
  });

  test('refuse unknown options, devices and passes', async () => {
    expect(() => compile((x: Tensor) => x, { devise: 'wasm' } as never)).toThrow(
      "compile: unknown option 'devise'\n  help: did you mean 'device'?",
    );
    await expect(compile((x: Tensor) => x, { device: 'gpu' as never })([1])).rejects.toThrow(
      "device: unknown value 'gpu'",
    );
    await expect(compile((x: Tensor) => x, { without: ['cse2'] })([1])).rejects.toThrow("did you mean 'cse'?");
  });

  test('refuse what needs more memory than allowed', async () => {
    const f = compile((x: Tensor) => mul(x, 2), { device: 'wasm', memoryLimit: 2 ** 20 });
    await expect(f(new Float32Array(2 ** 18))).rejects.toThrow(
      /the run needs .* MiB, the limit is 1\.0 MiB; the largest users: .*argument 0 1\.0 MiB/,
    );
  });

  test('refuse arguments and results that are no tensors', async () => {
    await expect(compile((x: Tensor) => x)('1' as never)).rejects.toThrow("tensor: cannot take '1'");
    await expect(compile(() => undefined as never)()).rejects.toThrow('tensor: cannot take undefined');
  });
});

describe('at a console', () => {
  test('ops compute at once, in double precision', () => {
    expect(add([1, 2], 0.1).toArray()).toEqual([1.1, 2.1]);
    expect(mean(square(sub([1, 2, 3], 2))).item()).toBe(2 / 3);
    expect(String(matmul([[1, 2]], [[3], [4]]))).toBe('Tensor f32[1,1] [11]');
    expect(grad((x: Tensor) => sum(square(x)), tensor([1, 2])).toArray()).toEqual([2, 4]);
  });
});
