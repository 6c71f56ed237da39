/** Which gradients of single rows can be read off that of all, and what they cost; that they are right is shown in train/row-gradients. */
import {
  add,
  constant,
  conv2d,
  crossEntropy,
  dense,
  flatten,
  type Layer,
  matmul,
  mul,
  sequential,
  softmax,
  sum,
  tensor,
  transpose,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import { squaredRowNorms } from '../../src/autodiff/row-gradients.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { Trace } from '../../src/graph/trace.ts';
import { applyModel, initialize } from '../../src/nn/layer.ts';

const ROWS = 4;

/** The nodes of a step, and whether the norms were found; `change` acts between model and loss. */
function look(model: Layer, row: readonly number[], change: (y: Tensor) => Tensor = (y) => y) {
  const trace = new Trace();
  const { parameters } = initialize(model, { shape: [1, ...row], dtype: 'f32' }, 0);
  const leaves = new Map(parameters.map(({ path, shape }) => [path, trace.input({ shape, dtype: 'f32' })] as const));
  const x = trace.input({ shape: [ROWS, ...row], dtype: 'f32' });
  const y = trace.input({ shape: [ROWS], dtype: 'i32' });
  const losses = crossEntropy().call(change(applyModel(model, leaves, x, { mode: 'predict' })), y);
  const forward = trace.nodes.slice();
  const gradients = vjp(trace, [sum(losses)], [tensor(1)], [...leaves.values()]);
  const before = trace.nodes.length;
  const norms = squaredRowNorms({ trace, losses, rows: ROWS, batch: [x, y], leaves, gradients, forward });
  return { shape: norms?.shape, added: trace.nodes.slice(before).map(({ op }) => op.name) };
}
const perceptron = sequential([dense(5, { activation: 'tanh' }), dense(3)]);

describe('squaredRowNorms', () => {
  it('takes no further product, and nothing of the size of the weights, for dense layers', () => {
    const { shape, added } = look(perceptron, [7]);
    expect(shape).toEqual([ROWS]);
    // Of two kernels and two biases: squares, their sums along a row, one number a row added up.
    expect(new Set(added)).toEqual(new Set(['square', 'sum', 'reshape', 'mul', 'add']));
    expect(added).not.toContain('matmul');
  });

  it("takes the inner products of a row's own steps where it has several", () => {
    const { shape, added } = look(sequential([dense(5, { activation: 'tanh' }), flatten(), dense(3)]), [6, 2]);
    expect(shape).toEqual([ROWS]);
    expect(added.filter((name) => name === 'batchMatmul')).toHaveLength(2);
  });

  it('knows that rows are told apart by what stands between layers', () => {
    expect(look(perceptron, [7], (y) => mul(softmax(y), 2)).shape).toEqual([ROWS]);
    expect(look(perceptron, [7], (y) => add(y, sum(y, 1, { keepDims: true }))).shape).toEqual([ROWS]);
  });

  it.each([
    ['a sum over the rows', (y: Tensor) => add(y, sum(y, 0, { keepDims: true }))],
    ['a softmax over the rows', (y: Tensor) => transpose(softmax(transpose(y)))],
    ['products of rows', (y: Tensor) => matmul(matmul(y, transpose(y)), y)],
    ['a mean of all', (y: Tensor) => add(y, sum(y))],
  ])('says that it does not know where rows meet: %s', (_, change) => {
    expect(look(perceptron, [7], change).shape).toBeUndefined();
  });

  it('says that it does not know of other layers, and of leaves that are used twice', () => {
    expect(look(sequential([conv2d(2, 3), flatten(), dense(3)]), [5, 5, 1]).shape).toBeUndefined();
    const twice: Layer = {
      ...perceptron,
      call(x, context) {
        const kernel = context.parameter('kernel', [3, 3], constant(1));
        return matmul(matmul(x, kernel), kernel);
      },
    };
    expect(look(twice, [3]).shape).toBeUndefined();
  });
});
