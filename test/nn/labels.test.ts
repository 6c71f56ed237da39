/** Classes as one-hot features, and a critic that weighs them by a projection. */
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { projection, withLabels } from '../../src/nn/labels.ts';
import { applyModel, initialize } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';

const classes = (...values: number[]) => tensor(Int32Array.from(values), [values.length], 'i32');

describe('withLabels', () => {
  it('appends the code of the class to features', () => {
    const y = withLabels(
      tensor([
        [5, 6],
        [7, 8],
      ]),
      classes(2, 0),
      3,
    );
    expect(y.toArray()).toEqual([
      [5, 6, 0, 0, 1],
      [7, 8, 1, 0, 0],
    ]);
  });

  it('gives pictures a plane for each class', () => {
    const y = withLabels(tensor([1, 2, 3, 4], [1, 2, 2, 1]), classes(1), 2);
    expect(y.shape).toEqual([1, 2, 2, 3]);
    expect(Array.from(y.data)).toEqual([1, 0, 1, 2, 0, 1, 3, 0, 1, 4, 0, 1]);
  });

  it('refuses classes that do not go with the rows', () => {
    expect(() => withLabels(tensor([[1], [2]]), classes(0), 2)).toThrow(
      'withLabels: expected rows [n, …] and classes [n], got [2,1] and [1]',
    );
    expect(() => withLabels(tensor([[1]]), classes(0), 0)).toThrow(
      'withLabels.classes: expected an integer ≥ 1, got 0',
    );
  });
});

describe('projection', () => {
  const leavesOf = (model: ReturnType<typeof projection>, ...shape: number[]) =>
    new Map(
      initialize(model, { shape: [1, ...shape], dtype: 'f32' }, 5).parameters.map((leaf) => [
        leaf.path,
        tensor(leaf.data, leaf.shape),
      ]),
    );

  it('scores w · φ + b + v of the class · φ, by hand', () => {
    const leaves = new Map<string, Tensor>([
      [
        'body/kernel',
        tensor([
          [1, 0],
          [0, 2],
        ]),
      ],
      ['body/bias', tensor([0.5, -1])],
      ['kernel', tensor([[3], [-1]])],
      ['bias', tensor([0.25])],
      [
        'classes',
        tensor([
          [1, 1],
          [0, 10],
        ]),
      ],
    ]);
    const x = withLabels(
      tensor([
        [2, 3],
        [2, 3],
      ]),
      classes(0, 1),
      2,
    );
    const { data } = applyModel(projection(2, dense(2)), leaves, x, { mode: 'predict' });
    // φ = (2.5, 5): w · φ + b = 2.75; the classes add 7.5 and 50.
    expect(Array.from(data)).toEqual([10.25, 52.75]);
  });

  it('hides the class from its body, and reads it from pictures as from rows', () => {
    const model = projection(3, sequential([flatten(), dense(4, { activation: 'tanh' })]));
    const leaves = leavesOf(model, 2, 2, 4);
    expect(leaves.get('body/1/kernel')?.shape).toEqual([4, 4]);
    const picture = tensor([0.1, -0.4, 0.7, 0.2], [1, 2, 2, 1]);
    const score = (k: number, without: readonly string[] = []): number => {
      const known = new Map(
        [...leaves].map(([path, leaf]) => [
          path,
          without.includes(path) ? tensor(new Float32Array(leaf.data.length), leaf.shape) : leaf,
        ]),
      );
      return applyModel(model, known, withLabels(picture, classes(k), 3), { mode: 'predict' }).data[0] as number;
    };
    expect(new Set([0, 1, 2].map((k) => score(k))).size).toBe(3);
    // Without the vectors of the classes, none of them changes the score.
    expect(new Set([0, 1, 2].map((k) => score(k, ['classes']))).size).toBe(1);
  });

  it('says where it got no class, and where its body gives no features', () => {
    expect(() => leavesOf(projection(3, dense(2)), 3)).toThrow(
      /projection: expected \[n, …, channels \+ 3\], got \[1,3\]/,
    );
    expect(() => leavesOf(projection(3, dense(2)), 3)).toThrow('give it withLabels(x, y, 3)');
    expect(() => leavesOf(projection(1, dense(2)), 4, 4, 2)).toThrow(
      /projection: expected features \[n, features\] of the body/,
    );
  });
});
