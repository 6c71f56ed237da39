/** scan and repeat: values, gradients of both orders, closures, nesting, and bad input, eager and compiled. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { hvp } from '../../src/autodiff/hvp.ts';
import { compile } from '../../src/engine/compile.ts';
import { tap } from '../../src/graph/tap.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { add, mul, square, tanh } from '../../src/ops/elementwise.ts';
import { repeat, scan } from '../../src/ops/loops.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { sum } from '../../src/ops/reduce.ts';

const BOTH = ['reference', 'wasm'] as const;

interface Point {
  readonly w: Tensor;
  readonly xs: Tensor;
}

function expectNear(actual: Tensor | undefined, expected: Tensor, digits = 5): void {
  expect(actual?.shape).toEqual(expected.shape);
  for (const [i, x] of expected.data.entries()) expect(actual?.data[i]).toBeCloseTo(x, digits);
}

/** A recurrent net that uses weights from around the loop, also in an expression that does not change from turn to turn. */
function recurrent({ w, xs }: Point): Tensor {
  const [last, squares] = scan(
    (h: Tensor, x: Tensor) => {
      const next = tanh(add(matmul(h, w), mul(x, sum(w))));
      return [next, square(next)] as const;
    },
    tensor([[0.1, 0.2]]),
    xs,
  );
  return add(sum(last), sum(squares));
}

const at = (): Point => ({
  w: tensor([
    [0.3, -0.2],
    [0.5, 0.1],
  ]),
  xs: tensor([[[1, 2]], [[-1, 0.5]], [[0.2, 0.3]]]),
});

describe('scan', () => {
  test('threads the carry through the rows and stacks the results', () => {
    const [total, sums] = scan(
      (carry: Tensor, x: Tensor) => [add(carry, x), add(carry, x)] as const,
      tensor(0),
      [1, 2, 3],
    );
    expect(total.item()).toBe(6);
    expect(sums.toArray()).toEqual([1, 3, 6]);
  });

  test('in reverse begins at the last row and leaves results in their rows', () => {
    const step = (carry: Tensor, x: Tensor) => [add(carry, x), add(carry, x)] as const;
    const [, sums] = scan(step, tensor(0), [1, 2, 3], { reverse: true });
    expect(sums.toArray()).toEqual([6, 5, 3]);
  });

  test('takes and gives trees', () => {
    const [carry, ys] = scan(
      (c: { a: Tensor; b: Tensor }, x: { u: Tensor }) =>
        [{ a: c.b, b: add(c.a, x.u) }, { both: add(c.a, c.b) }] as const,
      { a: tensor(0), b: tensor(1) },
      { u: [1, 1, 1, 1] },
    );
    expect([carry.a.item(), carry.b.item()]).toEqual([2, 3]);
    expect(ys.both.toArray()).toEqual([1, 2, 3, 4]);
  });

  test('has gradients of first and second order, also with respect to what it closes over', () => {
    const check = checkGradient<Point>(recurrent, at());
    expect(check.ok, String(check)).toBe(true);
    const ofGradient = checkGradient<Point>((p) => {
      const g = grad<Point>(recurrent, p as Point);
      return add(sum(square(g.w)), sum(g.xs));
    }, at());
    expect(ofGradient.ok, String(ofGradient)).toBe(true);
  });

  test.each(BOTH)('compiled on %s gives the eager gradients and Hessian-vector products', async (device) => {
    const point = at();
    const run = compile((p: Point) => ({ g: grad<Point>(recurrent, p), h: hvp(recurrent, p, p) }), {
      device,
      verify: true,
    });
    const { g, h } = await run(point);
    const expected = { g: grad<Point>(recurrent, point), h: hvp(recurrent, point, point) };
    for (const name of ['w', 'xs'] as const) {
      expectNear(g[name], expected.g[name]);
      expectNear(h[name], expected.h[name]);
    }
  });

  test.each(BOTH)('nests, three deep, on %s', async (device) => {
    const f = (x: Tensor): Tensor =>
      repeat(
        2,
        (a: Tensor) =>
          repeat(
            3,
            (b: Tensor) =>
              add(
                repeat(2, (c: Tensor) => mul(c, x), b),
                a,
              ),
            a,
          ),
        x,
      );
    const run = compile((x: Tensor) => [f(x), grad((y: Tensor) => sum(f(y)), x)], { device, verify: true });
    const [value, slope] = await run(tensor([0.5, -0.25]));
    expectNear(value, f(tensor([0.5, -0.25])), 6);
    expectNear(slope, grad((y: Tensor) => sum(f(y)), tensor([0.5, -0.25])) as Tensor);
  });

  test('a fourth loop within the third is refused on wasm, with the cure', async () => {
    const deep = (n: number, x: Tensor): Tensor => (n === 0 ? mul(x, 2) : repeat(2, (y: Tensor) => deep(n - 1, y), x));
    await expect(compile((x: Tensor) => deep(4, x), { device: 'wasm' })(1)).rejects.toThrow('at most 3 can be nested');
  });

  test('grad inside the body may differentiate with respect to tensors from around it', async () => {
    const f = (x: Tensor): Tensor =>
      repeat(2, (c: Tensor) => add(c, grad((y: Tensor) => sum(mul(square(y), c)), x) as Tensor), tensor([1, 1]));
    // c ← c + 2xc, twice: (1 + 2x)².
    for (const device of BOTH) {
      const y = await compile(f, { device })(tensor([0.5, 1]));
      expect(y.toArray()).toEqual([4, 9]);
    }
  });

  test.each(BOTH)('shows what its body taps for all turns, on %s', async (device) => {
    const seen: unknown[] = [];
    const f = (x: Tensor): Tensor => repeat(3, (c: Tensor) => tap(mul(c, 2), 'doubled'), x);
    const onTap = (name: string, value: Tensor): void => void seen.push([name, value.toArray()]);
    expect((await compile(f, { device, onTap, verify: true })(1)).item()).toBe(8);
    expect(seen).toEqual([['doubled', [2, 4, 8]]]);
  });

  test('counts a reversed loop of one turn', () => {
    expect(scan((c: Tensor, x: Tensor) => [c, x] as const, tensor(7), [3], { reverse: true })[1].toArray()).toEqual([
      3,
    ]);
  });
});

describe('bad input', () => {
  const step = (c: Tensor, x: Tensor) => [c, x] as const;
  test('sequences of different lengths', () => {
    const f = () =>
      scan((c: Tensor, x: Tensor[]) => [c, x[0] as Tensor] as const, tensor(0), [tensor([1, 2]), tensor([1])]);
    expect(f).toThrow('scan: the sequences are [2] and [1], the length is not given');
  });
  test.each([0, -1, 1.5, Number.NaN])('a length of %s', (length) => {
    expect(() => repeat(length, (x: Tensor) => x, tensor(1))).toThrow(`the length is ${length}`);
  });
  test('neither sequences nor a length', () => {
    expect(() => scan((c: Tensor) => [c, c] as const, tensor(1), undefined)).toThrow('the sequences are none');
  });
  test('a carry that changes its shape', () => {
    const f = () => scan((c: Tensor, x: Tensor) => [add(c, [1, 2]), x] as const, tensor(0), [1, 2]);
    expect(f).toThrow('scan: carry 0 begins a turn as f32[] and ends it as f32[2]');
  });
  test('a carry with fewer tensors', () => {
    const f = () => scan((_: Tensor[], x: Tensor) => [[] as Tensor[], x] as const, [tensor(0)], [1, 2]);
    expect(f).toThrow('scan: the carry has 1 tensors, f returned 0');
  });
  test('a tensor of the body that is used after the loop', () => {
    let leaked: Tensor | undefined;
    repeat(
      2,
      (x: Tensor) => {
        leaked = x;
        return step(x, x)[0];
      },
      tensor(1),
    );
    expect(() => add(leaked as Tensor, 1)).toThrow('after the function that it was traced in had returned');
  });
});

describe.each(BOTH)('the carry (%s)', (device) => {
  test('is matched by names, whatever order they come back in', async () => {
    const f = (a: Tensor, b: Tensor) => {
      const [last] = scan(
        ({ x, y }: { x: Tensor; y: Tensor }) => [{ y: add(y, x), x: mul(x, 2) }, undefined] as const,
        { x: a, y: b },
        undefined,
        { length: 3 },
      );
      return [last.x, last.y] as const;
    };
    // x: 1, 2, 4, 8; y: 10, 11, 13, 17.
    const [x, y] = await compile(f, { device })(tensor(1), tensor(10));
    expect([x.item(), y.item()]).toEqual([8, 17]);
  });
});

test('a carry that comes back under another name is refused, both named', () => {
  const f = (a: Tensor) => repeat(2, ({ x }: { x: Tensor }) => ({ z: x }) as never, { x: a });
  expect(() => f(tensor(1))).toThrow(/the carry has 'x', f returned 'z'/);
});
