import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { activation } from '../../src/nn/activations.ts';
import { dense } from '../../src/nn/dense.ts';
import { applyModel, initialize, layer } from '../../src/nn/layer.ts';
import { binaryCrossEntropy } from '../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { huber, meanAbsoluteError, meanSquaredError } from '../../src/nn/losses/regression.ts';
import { accuracy } from '../../src/nn/metrics.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { mean, sum } from '../../src/ops/reduce.ts';

const i32 = (data: readonly number[], shape?: readonly number[]) => tensor([...data], shape, 'i32');
const rows = (n: number, k: number, offset = 0) =>
  tensor(
    Float64Array.from({ length: n * k }, (_, i) => (((i + offset) * 0.7548777) % 4) - 2),
    [n, k],
  );

describe('every loss', () => {
  const labels = i32([2, 0, 1]);
  const soft = tensor([
    [0.2, 0.3, 0.5],
    [1, 0, 0],
    [0, 0.6, 0.4],
  ]);
  it.each([
    ['crossEntropy', crossEntropy(), labels],
    ['crossEntropy, smoothed', crossEntropy({ labelSmoothing: 0.1 }), labels],
    ['crossEntropy of distributions', crossEntropy({ labelSmoothing: 0.1 }), soft],
    ['binaryCrossEntropy', binaryCrossEntropy(), soft],
    ['meanSquaredError', meanSquaredError(), soft],
    ['meanAbsoluteError', meanAbsoluteError(), soft],
    ['huber', huber({ delta: 0.5 }), soft],
  ])('%s gives one number a row, with the right gradient', (_, loss, target) => {
    expect(loss.call(rows(3, 3), target).shape).toEqual([3]);
    const check = checkGradient(({ x }) => loss.call(x as Tensor, target), { x: rows(3, 3) });
    expect(check.ok, String(check)).toBe(true);
    expect(JSON.parse(JSON.stringify(loss.options))).toEqual(loss.options);
  });

  it('case 14: rows of losses 4,4,4,4,1 stay rows, so that their mean is 3.4 however they are batched', () => {
    const losses = meanSquaredError().call(tensor([[2], [2], [-2], [2], [1]]), tensor([0, 0, 0, 0, 0]));
    expect(losses.toArray()).toEqual([4, 4, 4, 4, 1]);
    expect(mean(losses).item()).toBeCloseTo(3.4, 12);
  });
});

describe('crossEntropy', () => {
  it('case 07: D6: every form of a label gives ln 3, and column and one-hot the same bits', () => {
    const zero = tensor(new Float64Array(9), [3, 3]);
    const forms = [
      i32([2, 0, 1]),
      i32([2, 0, 1], [3, 1]),
      tensor(Uint8Array.of(2, 0, 1)),
      tensor([
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ]),
    ];
    for (const target of forms) {
      for (const loss of crossEntropy().call(zero, target).data) expect(loss).toBeCloseTo(1.0986123, 7);
      expect(crossEntropy().call(rows(3, 3), target).data).toEqual(
        crossEntropy().call(rows(3, 3), forms[0] as Tensor).data,
      );
    }
    const letters = i32(Array.from({ length: 26 }, (_, i) => i));
    expect(mean(crossEntropy().call(tensor(new Float64Array(26 * 26), [26, 26]), letters)).item()).toBeCloseTo(
      3.2580965,
      7,
    );
  });

  it.each([
    [
      'class numbers in floating point',
      [3, 3],
      tensor([2, 0, 1]),
      /class numbers in floating point: convert them with cast\(target, 'i32'\)/,
    ],
    ['a floating column', [3, 3], tensor([[2], [0], [1]]), /class numbers in floating point/],
    [
      'a last layer of one unit',
      [3, 1],
      i32([2, 0, 1]),
      /look like class numbers, but the last layer has 1 unit: for k classes end with dense\(k\)/,
    ],
    [
      'too few units',
      [3, 2],
      tensor([
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ]),
      /the targets have 3 columns, but the last layer has 2 units: end with dense\(3\)/,
    ],
    ['one-hot integers', [3, 3], i32([0, 0, 1, 1, 0, 0, 0, 1, 0], [3, 3]), /one-hot rows of integers/],
    ['another number of rows', [3, 3], i32([2, 0]), /3 predictions and 2 targets/],
    ['images as predictions', [3, 2, 2], i32([1, 0, 1]), /put flatten\(\) before its last dense layer/],
  ])('E3: names the likely mistake for %s', (_, shape, target, message) => {
    const prediction = tensor(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape);
    expect(() => crossEntropy().call(prediction, target)).toThrow(message);
  });

  it('D7: refuses a label outside the range by position and value', () => {
    expect(() => crossEntropy().call(rows(3, 3), i32([0, 3, 1]))).toThrow(/index 3 at position 1 is outside 0 … 2/);
  });

  it('M9: refuses a model that ends with softmax, since it takes logits', () => {
    const model = (end: 'softmax' | 'sigmoid', loss: { call(x: Tensor, t: Tensor): Tensor }, target: Tensor) => {
      const whole = layer('whole', {}, (x, context) =>
        loss.call(context.child(sequential([dense(3), activation(end)]), 0, x), target),
      );
      return () => initialize(whole, { shape: [1, 2], dtype: 'f32' }, 1);
    };
    expect(model('softmax', crossEntropy(), i32([1]))).toThrow(
      /expected logits, but the model ends with softmax.*\n.*leave softmax out/,
    );
    expect(model('sigmoid', binaryCrossEntropy(), tensor([[1, 0, 1]]))).toThrow(/ends with sigmoid/);
    expect(model('sigmoid', binaryCrossEntropy({ fromProbabilities: true }), tensor([[1, 0, 1]]))).not.toThrow();
  });

  it('refuses smoothing outside [0, 1) and unknown options', () => {
    expect(() => crossEntropy({ labelSmoothing: 1 })).toThrow(
      /crossEntropy.labelSmoothing: expected a finite number ≥ 0 and < 1, got 1/,
    );
    expect(() => crossEntropy({ labelSmothing: 0.1 } as never)).toThrow(/did you mean 'labelSmoothing'/);
  });
});

describe('binaryCrossEntropy', () => {
  const pairs = [
    [40, 0],
    [-40, 1],
    [40, 1],
    [100, 0],
    [0, 1],
    [-3, 0],
  ] as const;
  const target = tensor(pairs.map(([, label]) => label));

  it('case 26: M9: is exact for logits of any size', () => {
    const logits = tensor(pairs.map(([logit]) => logit));
    const losses = Array.from(binaryCrossEntropy().call(logits, target).data);
    [40, 40, 4.2483543e-18, 100, Math.LN2, 0.0485874].forEach((expected, i) => {
      expect(Math.abs((losses[i] as number) / expected - 1)).toBeLessThan(1e-6);
    });
    const gradient = grad((x: Tensor) => sum(binaryCrossEntropy().call(x, target)), logits) as Tensor;
    expect(gradient.data[0]).toBeCloseTo(1, 15);
    expect(Math.abs(gradient.data[2] as number)).toBeLessThan(1e-17);
    expect(gradient.data[4]).toBe(-0.5);
  });

  it('case 26: is finite for probabilities of exactly 0 and 1, as documented', () => {
    const loss = binaryCrossEntropy({ fromProbabilities: true });
    const p = tensor([0, 1, 0, 1, 0.25]);
    const t = tensor([1, 0, 0, 1, 1]);
    expect(Array.from(loss.call(p, t).data, Math.abs)).toEqual([100, 100, 0, 0, Math.log(4)]);
    const gradient = grad((x: Tensor) => sum(loss.call(x, t)), p) as Tensor;
    expect(Array.from(gradient.data, Math.abs)).toEqual([0, 0, 1, 1, 4]);
    expect(Array.from(loss.call(tensor([-0.1, 1.1]), tensor([1, 0])).data)).toEqual([Number.NaN, Number.NaN]);
  });

  it('takes [n] and [n, 1] for each other, whatever the type, and nothing else', () => {
    const column = tensor([[0.5], [-1]]);
    const expected = binaryCrossEntropy().call(column, tensor([[1], [0]])).data;
    for (const labels of [tensor([1, 0]), i32([1, 0]), tensor(Uint8Array.of(1, 0))])
      expect(binaryCrossEntropy().call(column, labels).data).toEqual(expected);
    expect(binaryCrossEntropy().call(tensor([0.5, -1]), tensor([[1], [0]])).data).toEqual(expected);
    expect(() => binaryCrossEntropy().call(rows(2, 10), i32([1, 0]))).toThrow(
      /last layer has 10 units: if the targets are class numbers, use crossEntropy\(\)/,
    );
    expect(() => meanSquaredError().call(rows(2, 1), rows(3, 1))).toThrow(/2 predictions and 3 targets/);
    expect(() => meanSquaredError().call(rows(2, 1), rows(2, 3))).toThrow(/end with dense\(3\)/);
  });
});

describe('huber', () => {
  it('is a square near the target and a line far from it', () => {
    expect(
      huber({ delta: 1.5 })
        .call(tensor([1, 2, -4]), tensor([0, 0, 0]))
        .toArray(),
    ).toEqual([0.5, 1.5 * (2 - 0.75), 1.5 * (4 - 0.75)]);
    expect(() => huber({ delta: 0 })).toThrow(/huber.delta: expected a finite number > 0, got 0/);
  });
});

describe('accuracy', () => {
  it('is 1 for each right row, in all forms of labels', () => {
    const prediction = tensor([
      [1, 3, 2],
      [5, 0, 1],
      [0, 0, 0],
    ]);
    for (const target of [
      i32([1, 2, 0]),
      i32([1, 2, 0], [3, 1]),
      tensor([
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ]),
    ]) {
      expect(accuracy().call(prediction, target).toArray()).toEqual([1, 0, 1]);
    }
    for (const target of [tensor([1, 0, 1]), i32([1, 0, 1]), tensor([[1], [0], [1]])]) {
      expect(
        accuracy()
          .call(tensor([[2], [0], [-1]]), target)
          .toArray(),
      ).toEqual([1, 1, 0]);
    }
    expect(() => accuracy().call(prediction, tensor([1, 2, 0]))).toThrow(/class numbers are whole/);
    expect(() => accuracy().call(prediction, tensor([[1, 2]]))).toThrow(/accuracy: expected/);
  });

  it('can be used beside any loss, since a loss is a metric too', () => {
    const model = sequential([dense(2)]);
    const parameters = new Map(
      initialize(model, { shape: [1, 2], dtype: 'f32' }, 1).parameters.map(({ path, shape, data }) => [
        path,
        tensor(data, shape),
      ]),
    );
    const metrics = [accuracy(), crossEntropy()];
    const logits = applyModel(model, parameters, rows(4, 2), { mode: 'predict' });
    for (const metric of metrics) expect(metric.call(logits, i32([0, 1, 0, 1])).shape).toEqual([4]);
  });
});
