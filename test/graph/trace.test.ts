/** Tracing: what tensors of a trace may and may not be used for. */
import { describe, expect, test } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { print } from '../../src/graph/print.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { Trace, trace } from '../../src/graph/trace.ts';
import { add, greater, mul, where } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { sum } from '../../src/ops/reduce.ts';

const VECTOR = { shape: [3], dtype: 'f32' } as const;
const SCALAR = { shape: [], dtype: 'f32' } as const;

/** Traces f of one tensor. */
const traced = (f: (x: Tensor) => unknown, spec: typeof VECTOR | typeof SCALAR = VECTOR) =>
  trace([spec], ([x]) => {
    f(x as Tensor);
    return [];
  });

describe('a traced tensor', () => {
  test('has no numbers, and says what to do instead', () => {
    const message =
      'a traced tensor of shape [3] has no numbers yet: it stands for a value of the step being built\n  help: choose by value with where(condition, a, b); return the tensor from the compiled function to read it';
    expect(() => traced((x) => x.data)).toThrow(message);
    expect(() => traced((x) => x.toArray())).toThrow('has no numbers yet');
    expect(() => traced((x) => x.item(), SCALAR)).toThrow('has no numbers yet');
  });

  test.each([SCALAR, VECTOR])('throws when it is used as a number', (spec) => {
    const uses: ((x: never) => unknown)[] = [
      (x) => x > 0,
      (x) => +x,
      (x) => x + 1,
      (x) => Math.max(x, 0),
      (x) => x * 2,
      (x) => [1, 2, 3][x],
    ];
    for (const use of uses.slice(0, 5))
      expect(() => traced(use as (x: Tensor) => unknown, spec)).toThrow(/has no numbers yet|was used as a number/);
  });

  test('can be shown in a message', () => {
    traced((x) => expect(`${x}`).toBe('Tensor f32[3] (traced)'));
  });

  test('cannot be used after its function has returned', () => {
    let leaked: Tensor | undefined;
    traced((x) => {
      leaked = x;
    });
    expect(() => add(leaked as Tensor, 1)).toThrow(
      'add: a tensor was used after the function that it was traced in had returned\n  help: return the tensor from the function, and use the returned value',
    );
  });

  test('of one trace does not meet one of another', () => {
    expect(() => traced((x) => traced((y) => add(x, y)))).toThrow('tensors of two different traces meet in one op');
  });

  test('is no argument of a compiled function', async () => {
    const inner = compile((x: Tensor) => add(x, 1));
    let message = '';
    const outer = compile((x: Tensor) => {
      void inner(x).catch((error: Error) => {
        message = error.message;
      });
      return x;
    });
    await outer([1]);
    await Promise.resolve();
    expect(message).toContain('a compiled function was called with a traced tensor');
  });

  test('is chosen by value with where, on the device', async () => {
    const f = compile((x: Tensor) => where(greater(x, 0), x, mul(x, 0.1)), { device: 'reference' });
    expect((await f([1, -1])).toArray()).toEqual([1, -0.1]);
  });
});

describe('a trace', () => {
  test('records an op once for each use, and lifts a host tensor once', () => {
    const w = tensor([1, 2, 3]);
    const graph = trace([VECTOR], ([x]) => [add(mul(x as Tensor, w), w)]);
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(['constant', 'mul', 'add']);
  });

  test('computes at once what is known, and leaves it out', () => {
    const graph = trace([VECTOR], ([x]) => [add(x as Tensor, add(1, 2))]);
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(['constant', 'add']);
  });

  test('names the layer in what it records and in errors', () => {
    const recording = new Trace();
    const x = recording.input(VECTOR);
    recording.within('encoder/0', () => add(x, 1));
    expect(recording.nodes[recording.nodes.length - 1]?.path).toBe('encoder/0');
    expect(recording.path).toBe('');
    expect(() => recording.within('head', () => matmul(x, x))).toThrow(
      "matmul: expected two matrices, got [3] × [3] (in layer 'head')",
    );
    expect(recording.path).toBe('');
  });

  test('takes gradients of a constant point of a function that reaches traced tensors', async () => {
    const f = compile((x: Tensor) => grad((c: Tensor) => sum(mul(c, x)), tensor([1, 1])));
    expect((await f([3, 4])).toArray()).toEqual([3, 4]);
  });

  test('prints the same text every time', () => {
    const make = () =>
      print(trace([VECTOR, { shape: [2, 3], dtype: 'f32' }], ([x, y]) => [sum(mul(x as Tensor, y as Tensor), 1)]));
    expect(make()).toBe(make());
    expect(make()).toBe(
      [
        'inputs: %0: f32[3], %1: f32[2,3]',
        '%2: f32[2,3] = mul(%0, %1)',
        '%3: f32[2,1] = sum(%2) {axes: [1]}',
        '%4: f32[2] = reshape(%3) {shape: [2]}',
        'outputs: %4',
      ].join('\n'),
    );
  });

  test('prints constants by their first numbers, and layers behind #', () => {
    const graph = trace([VECTOR], ([x], recording) => [recording.within('a/b', () => add(x as Tensor, [1, 2, 3]))]);
    expect(print(graph)).toContain('%1: f32[3] = constant() {data: <1 2 3>, shape: [3], dtype: f32}  # a/b');
    expect(print(graph)).toContain('%2: f32[3] = add(%0, %1)  # a/b');
  });
});
