import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { binaryCrossEntropy } from '../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { ctc } from '../../src/nn/losses/ctc.ts';
import { klDivergence } from '../../src/nn/losses/divergence.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { cosineEmbedding, marginRanking, tripletMargin } from '../../src/nn/losses/similarity.ts';
import { ignoring, maskedMean, withClassWeights } from '../../src/nn/losses/weighted.ts';
import { mean, sum } from '../../src/ops/reduce.ts';

const i32 = (data: readonly number[], shape?: readonly number[]) => tensor([...data], shape, 'i32');
const logits = tensor([
  [1, 2, 0.5],
  [0, -1, 3],
  [2, 2, 2],
]);

describe('withClassWeights', () => {
  it('T12: counts a row of weight 2 as two rows, in every form of label', () => {
    const loss = withClassWeights(crossEntropy(), [1, 2, 1]);
    const twice = tensor([
      [1, 2, 0.5],
      [1, 2, 0.5],
      [0, -1, 3],
      [2, 2, 2],
    ]);
    const plain = mean(crossEntropy().call(twice, i32([1, 1, 2, 0]))).item();
    for (const labels of [i32([1, 2, 0]), i32([1, 2, 0], [3, 1]), tensor(Uint8Array.of(1, 2, 0))]) {
      const weights = loss.weights?.(labels) as Tensor;
      expect(weights.toArray()).toEqual([2, 1, 1]);
      const weighted = (sum(loss.call(logits, labels)).item() as number) / (sum(weights).item() as number);
      expect(weighted).toBeCloseTo(plain, 14);
    }
  });

  it('refuses weights that are none, losses without classes, and distributions', () => {
    expect(() => withClassWeights(crossEntropy(), [1, -1])).toThrow(/withClassWeights\[1\]: expected .* ≥ 0, got -1/);
    expect(() => withClassWeights(crossEntropy(), [])).toThrow(/a weight for each class/);
    expect(() => withClassWeights(meanSquaredError(), [1])).toThrow(/takes no class numbers, but value targets/);
    expect(() => withClassWeights(binaryCrossEntropy(), [1])).toThrow(/positiveWeight/);
    expect(() => withClassWeights(crossEntropy(), [1, 1, 1]).call(logits, logits)).toThrow(/integers \[n\]/);
  });
});

describe('ignoring', () => {
  it('gives rows of that class no loss, no gradient and no weight, NaN predictions included', () => {
    const loss = ignoring(crossEntropy(), 0);
    const broken = tensor([[1, 2, 0.5], [0, -1, 3], new Array(3).fill(Number.NaN)]);
    const labels = i32([1, 2, 0]);
    expect(loss.weights?.(labels).toArray()).toEqual([1, 1, 0]);
    expect(loss.call(broken, labels).data[2]).toBe(0);
    expect(loss.call(broken, labels).data.slice(0, 2)).toEqual(crossEntropy().call(logits, labels).data.slice(0, 2));
    const gradient = grad((x: Tensor) => sum(loss.call(x, labels)), logits) as Tensor;
    expect(Array.from(gradient.data.slice(6), Math.abs)).toEqual([0, 0, 0]);
  });
});

describe('maskedMean', () => {
  it('case 21: M6: padded steps count neither above nor below the line, whatever stands in them', () => {
    const squares = [
      [1, 4, 9],
      [16, Number.NaN, 77],
    ];
    const mask = [
      [1, 1, 1],
      [1, 0, 0],
    ];
    expect(maskedMean(squares, mask).item()).toBe(7.5);
    expect(maskedMean(squares, [[0], [0]]).item()).toBe(0);
    expect(maskedMean([2, 4], [0.25, 0.75]).item()).toBe(3.5);
    expect(() => maskedMean([1, 2], [[1], [1], [1]])).toThrow(/a mask of shape \[3,1\] does not fit/);
  });
});

describe('klDivergence', () => {
  it('is 0 for the distribution itself, also where a share is 0, and has the gradient of cross-entropy', () => {
    const shares = tensor([
      [0.25, 0.75, 0],
      [1 / 3, 1 / 3, 1 / 3],
    ]);
    const exact = tensor([
      [Math.log(0.25), Math.log(0.75), -1e4],
      [5, 5, 5],
    ]);
    for (const loss of klDivergence().call(exact, shares).data) expect(Math.abs(loss)).toBeLessThan(1e-15);
    const x = tensor([
      [1, 2, 0.5],
      [0, -1, 3],
    ]);
    const gradientOf = (loss: { call(x: Tensor, t: Tensor): Tensor }) =>
      (grad((at: Tensor) => sum(loss.call(at, shares)), x) as Tensor).data;
    gradientOf(klDivergence()).forEach((g: number, i: number) => {
      expect(g).toBeCloseTo(gradientOf(crossEntropy())[i] as number, 14);
    });
  });
});

describe('binaryCrossEntropy with positiveWeight', () => {
  it('M9: is exact for logits of any size', () => {
    const loss = binaryCrossEntropy({ positiveWeight: 3 });
    expect(loss.call(tensor([40, -40, 100, 0]), tensor([0, 1, 0, 1])).toArray()).toEqual([40, 120, 100, 3 * Math.LN2]);
    expect(() => binaryCrossEntropy({ positiveWeight: [1, 2] }).call(logits, logits)).toThrow(/one for each column/);
    expect(() => binaryCrossEntropy({ positiveWeight: 0 })).toThrow(/positiveWeight: expected a finite number > 0/);
  });
});

describe('losses of pairs', () => {
  it('name the shapes that differ', () => {
    const [a, b] = [tensor([[1, 2]]), tensor([[1, 2, 3]])];
    expect(() => tripletMargin(a, a, b)).toThrow(
      /tripletMargin: expected vectors of one shape \[n, k\], got .*\[1,3\]/,
    );
    expect(() => cosineEmbedding(a, a, tensor([1, 1]))).toThrow(/cosineEmbedding: expected numbers of one shape/);
    expect(() => marginRanking(tensor([1]), tensor([1]), tensor([[1]]))).toThrow(/marginRanking/);
    expect(() => tripletMargin(a, a, a, { margin: -1 })).toThrow(/tripletMargin.margin: expected .* ≥ 0, got -1/);
  });
});

describe('ctc', () => {
  /** Merges repetitions, then drops blanks. */
  const spell = (path: readonly number[]): string =>
    path
      .filter((c, i) => c !== path[i - 1])
      .filter((c) => c !== 0)
      .join();

  /** −log of the sum over every path that spells the labels. */
  function exhaustive(rows: readonly (readonly number[])[], labels: readonly number[]): number {
    const classes = rows[0]?.length ?? 0;
    const shares = rows.map((row) => {
      const total = row.reduce((s, x) => s + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / total);
    });
    let probability = 0;
    for (let code = 0; code < classes ** rows.length; code++) {
      const path = rows.map((_, t) => Math.floor(code / classes ** t) % classes);
      if (spell(path) === labels.join()) probability += path.reduce((p, c, t) => p * (shares[t]?.[c] as number), 1);
    }
    return -Math.log(probability);
  }

  it('is minus the logarithm of the sum over all paths, for any lengths', () => {
    const row = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
    const example = fc.record({
      rows: fc.array(row, { minLength: 5, maxLength: 5 }),
      labels: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
      steps: fc.integer({ min: 1, max: 5 }),
      length: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(example, { minLength: 2, maxLength: 2 }), (examples) => {
        const data = Array.from({ length: 5 }, (_, t) => examples.flatMap(({ rows }) => rows[t] as number[])).flat();
        const losses = ctc(
          tensor(Float64Array.from(data), [5, 2, 3]),
          i32(
            examples.flatMap(({ labels }) => labels),
            [2, 3],
          ),
          i32(examples.map(({ steps }) => steps)),
          i32(examples.map(({ length }) => length)),
        );
        examples.forEach(({ rows, labels, steps, length }, i) => {
          const expected = exhaustive(rows.slice(0, steps), labels.slice(0, length));
          if (expected === Number.POSITIVE_INFINITY) expect(losses.data[i]).toBe(expected);
          else expect(losses.data[i]).toBeCloseTo(expected, 10);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('names shapes that do not fit', () => {
    const x = tensor(new Float64Array(12), [2, 2, 3]);
    expect(() => ctc(x, i32([1], [1, 1]), i32([2, 2]), i32([1, 1]))).toThrow(
      /ctc: expected logits \[steps, n, classes\]/,
    );
    expect(() => ctc(x, i32([1, 1], [2, 1]), i32([2, 2]), i32([1, 1]), { blank: 3 })).toThrow(
      /ctc.blank: expected .* ≤ 2/,
    );
  });
});
