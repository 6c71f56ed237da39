import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { customGradient } from '../../src/autodiff/custom-gradient.ts';
import { grad, valueAndGrad } from '../../src/autodiff/grad.ts';
import { hvp } from '../../src/autodiff/hvp.ts';
import { planSession } from '../../src/backends/wasm/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { tap } from '../../src/graph/tap.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { add, exp, mul, relu, square } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { reshape } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';

const DEVICES = ['wasm', 'reference'] as const;
const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.push(line);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A listener, and what it heard. */
function listener(): { heard: string[]; onTap: (name: string, value: Tensor, step: number) => void } {
  const heard: string[] = [];
  const onTap = (name: string, value: Tensor, step: number): void => {
    heard.push(`${step} ${name} ${value.dtype} ${JSON.stringify(value.toArray())}`);
  };
  return { heard, onTap };
}

describe('tap', () => {
  test('outside a trace prints at once, and gives back what it got', () => {
    const x = tensor([1, 2]);
    expect(tap(x, 'x')).toBe(x);
    expect(tap(3, 'three').item()).toBe(3);
    expect(printed).toEqual(['x: Tensor f32[2] [1, 2]', 'three: Tensor f32[] [3]']);
  });

  test('in gradients is the identity, and is shown once whatever is derived from it', () => {
    const f = (x: Tensor): Tensor => sum(square(tap(mul(x, 2), 'double')));
    expect(grad(f, tensor([1, 3])).toArray()).toEqual([8, 24]);
    expect(hvp(f, tensor([1, 3]), tensor([1, 0])).toArray()).toEqual([8, 0]);
    expect(valueAndGrad((x: Tensor) => sum(square(tap(grad(f, x), 'gradient'))), tensor([1]))[0].item()).toBe(64);
    expect(printed).toEqual([
      'double: Tensor f32[2] [2, 6]',
      'double: Tensor f32[2] [2, 6]',
      'double: Tensor f32[1] [2]',
      'gradient: Tensor f32[1] [8]',
    ]);
  });

  test.each(DEVICES)('is delivered after each call of a compiled function, in order, on %s', async (device) => {
    const { heard, onTap } = listener();
    const f = (x: Tensor, w: Tensor) => {
      const hidden = tap(matmul(tap(x, 'x'), w), 'hidden');
      return { loss: tap(sum(square(hidden)), 'loss'), hidden };
    };
    const step = compile((x: Tensor, w: Tensor) => valueAndGrad((v: Tensor) => f(x, v).loss, w), {
      device,
      onTap,
      verify: true,
    });
    const [loss, gradient] = await step([[1, 2]], [[1], [1]]);
    expect([loss.item(), gradient.toArray()]).toEqual([9, [[6], [12]]]);
    await step([[0, 1]], [[1], [1]]);
    expect(heard).toEqual([
      '0 x f32 [[1,2]]',
      '0 hidden f32 [[3]]',
      '0 loss f32 9',
      '1 x f32 [[0,1]]',
      '1 hidden f32 [[1]]',
      '1 loss f32 1',
    ]);
    expect(printed).toEqual([]);
  });

  test.each(DEVICES)('is printed where nobody listens on %s', async (device) => {
    expect((await compile((x: Tensor) => tap(square(x), 'y'), { device })([2])).toArray()).toEqual([4]);
    expect(printed).toEqual(['y: Tensor f32[1] [4]']);
  });

  test.each(DEVICES)(
    'shows what no result depends on, arguments, results, one value twice, any type on %s',
    async (device) => {
      const { heard, onTap } = listener();
      const f = compile(
        (x: Tensor, i: Tensor, bytes: Tensor) => {
          tap(mul(x, 5), 'dead');
          tap(tap(x, 'argument'), 'again');
          tap(i, 'integers');
          tap(bytes, 'bytes');
          tap(reshape(x, [2, 1]), 'view');
          return tap(add(x, 1), 'result');
        },
        { device, onTap, verify: true },
      );
      const result = await f([1, 2], Int32Array.of(-7), Uint8Array.of(1, 2, 255));
      expect(result.toArray()).toEqual([2, 3]);
      expect(heard).toEqual([
        '0 dead f32 [5,10]',
        '0 argument f32 [1,2]',
        '0 again f32 [1,2]',
        '0 integers i32 [-7]',
        '0 bytes u8 [1,2,255]',
        '0 view f32 [[1],[2]]',
        '0 result f32 [2,3]',
      ]);
    },
  );

  test.each(DEVICES)(
    'inside a function with its own gradient, and inside that gradient, is shown once on %s',
    async (device) => {
      const f = customGradient(
        (x: Tensor) => tap(exp(tap(x, 'in')), 'out'),
        (cotangent, _, output) => [tap(mul(tap(cotangent, 'cotangent'), output), 'gradient')],
      );
      expect(f([0]).toArray()).toEqual([1]);
      expect(printed.map((line) => line.split(':')[0])).toEqual(['in', 'out']);
      grad((x: Tensor) => sum(f(x)), tensor([0]));
      expect(printed.slice(2).map((line) => line.split(':')[0])).toEqual(['in', 'out', 'cotangent', 'gradient']);

      const { heard, onTap } = listener();
      const compiled = compile((x: Tensor) => [f(x), grad((v: Tensor) => sum(mul(f(v), 3)), x)], {
        device,
        onTap,
        verify: true,
      });
      await compiled([0]);
      expect(heard).toEqual([
        ...['0 in f32 [0]', '0 out f32 [1]'],
        ...['0 in f32 [0]', '0 out f32 [1]', '0 cotangent f32 [3]', '0 gradient f32 [3]'],
      ]);
    },
  );

  test('is shown once where the gradient is taken at a constant point and meets an outer trace', async () => {
    const { heard, onTap } = listener();
    const f = compile(
      (x: Tensor) => {
        tap(x, 'before');
        return grad((w: Tensor) => sum(mul(tap(mul(x, 2), 'outer'), tap(square(tap(w, 'w')), 'inner'))), tensor([3]));
      },
      { onTap },
    );
    expect((await f([1])).toArray()).toEqual([12]);
    expect(heard).toEqual(['0 before f32 [1]', '0 outer f32 [2]', '0 w f32 [3]', '0 inner f32 [9]']);
  });

  test('of a value that depends on no argument is printed while tracing, once', async () => {
    const { heard, onTap } = listener();
    const f = compile((x: Tensor) => add(x, tap(square(3), 'nine')), { onTap });
    expect([(await f([1])).toArray(), (await f([2])).toArray()]).toEqual([[10], [11]]);
    expect([heard, printed]).toEqual([[], ['nine: Tensor f32[] [9]']]);
  });

  test('blocks no fusion but that of the value it shows', async () => {
    const opsWith = async (name: string): Promise<string> => {
      const builder = new ProgramBuilder();
      const [x, w, b] = [[2, 3], [3, 4], [4]].map((shape, i) => builder.block(`${i}`, { shape, dtype: 'f32' })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const watch = (value: Tensor, as: string): Tensor => (as === name ? tap(value, as) : value);
      builder.emit('y', watch(relu(watch(add(watch(matmul(x, w), 'product'), b), 'sum')), 'y'));
      const program = builder.finish('tapped', [], builder.trace.taps);
      return ((await planSession([program])).programs.get('tapped')?.graph.nodes ?? []).map(({ op }) => op.name).join();
    };
    expect(await Promise.all(['none', 'y', 'sum', 'product'].map(opsWith))).toEqual([
      'linear',
      'linear',
      'linear,relu',
      'matmul,add,relu',
    ]);
  });

  test('costs nothing in a trace whose taps nobody wants', () => {
    expect(trace([{ shape: [2], dtype: 'f32' }], ([x]) => [tap(x as Tensor, 'x')]).outputs.length).toBe(1);
  });

  test('says what is wrong with a name, a tensor or a listener', async () => {
    expect(() => tap(1, '')).toThrow("tap: expected a name, got ''");
    expect(() => tap(1, 2 as unknown as string)).toThrow('tap: expected a name, got 2');
    let kept: Tensor | undefined;
    await compile((x: Tensor) => {
      kept = x;
      return square(x);
    })([1]);
    expect(() => tap(kept as Tensor, 'late')).toThrow(
      'tap: a tensor was used after the function that it was traced in had returned',
    );
    const wrong = compile((x: Tensor) => square(x), { onTap: 'print' as unknown as () => void });
    await expect(wrong([1])).rejects.toThrow("onTap: expected a function, got 'print'");
  });

  test('lets what its listener throws through', async () => {
    const f = compile((x: Tensor) => tap(square(x), 'y'), {
      onTap: (_, value) => {
        if (value.item() > 10) throw new Error('too large');
      },
    });
    expect((await f(2)).item()).toBe(4);
    await expect(f(4)).rejects.toThrow('too large');
  });
});
