/** What a critic with `diffAugment` sees: data and samples changed by the same law, with gradients that reach the generator. */
import { diffAugment, type Layer, sequential, type Tensor, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { applyModel } from '../../src/nn/layer.ts';
import { sum } from '../../src/ops/reduce.ts';

const key = (step: number) => tensor([7, step, 0], [3], 'i32');
const SIDE = 8;
const call = (model: Layer, x: Tensor, step = 1, mode: 'train' | 'predict' = 'train'): Tensor =>
  applyModel(model, new Map(), x, mode === 'train' ? { mode, key: key(step) } : { mode });
const pictures = (rows: number, channels = 1): Tensor =>
  tensor(
    Float32Array.from({ length: rows * SIDE * SIDE * channels }, (_, i) => 0.1 + ((i * 0.7548777) % 0.8)),
    [rows, SIDE, SIDE, channels],
  );

describe('diffAugment', () => {
  it('changes data and samples alike: the same rows and the same draws give the same bits', () => {
    const layer = diffAugment({ side: SIDE });
    const data = pictures(4, 3);
    const samples = tensor(data.data.slice(), data.shape);
    expect(call(layer, samples).data).toEqual(call(layer, data).data);
    expect(call(layer, samples, 2).data).not.toEqual(call(layer, data, 1).data);
  });

  it('draws for every picture: equal rows of one batch become different', () => {
    const [first] = [pictures(1).data];
    const x = tensor(
      Float32Array.from({ length: 6 * SIDE * SIDE }, (_, i) => first[i % (SIDE * SIDE)] as number),
      [...[6, SIDE, SIDE, 1]],
    );
    const y = call(diffAugment({ side: SIDE }), x).data;
    const rows = Array.from({ length: 6 }, (_, r) =>
      Array.from(y.slice(r * SIDE * SIDE, (r + 1) * SIDE * SIDE)).join(),
    );
    expect(new Set(rows).size).toBe(6);
  });

  it('moves by no more than an eighth of the side, and cuts a square of half the side', () => {
    const x = tensor(new Float32Array(64 * SIDE * SIDE).fill(1), [64, SIDE, SIDE, 1]);
    const moved = call(diffAugment({ side: SIDE, cutout: 0, color: 0 }), x).data;
    const cut = call(diffAugment({ side: SIDE, translation: 0, color: 0 }), x).data;
    const zeros = (values: ArrayLike<number>, row: number): number =>
      Array.from({ length: SIDE * SIDE }, (_, i) => values[row * SIDE * SIDE + i]).filter((v) => v === 0).length;
    for (let row = 0; row < 64; row++) {
      // A move by one pixel in each direction brings in a row and a column of zeros.
      expect([0, SIDE, 2 * SIDE - 1]).toContain(zeros(moved, row));
      expect(zeros(cut, row)).toBeGreaterThan(0);
      expect(zeros(cut, row)).toBeLessThanOrEqual((SIDE / 2) ** 2);
    }
  });

  it('lets gradients pass: of a picture that is moved and cut they are 1 where its pixels are still seen, and 0 elsewhere', () => {
    const layer = diffAugment({ side: SIDE, color: 0 });
    const x = tensor(new Float32Array(4 * SIDE * SIDE).fill(1), [4, SIDE, SIDE, 1]);
    const slope = grad((rows: Tensor) => sum(call(layer, rows)), x) as Tensor;
    const seen = call(layer, x);
    for (let row = 0; row < 4; row++) {
      const part = ({ data }: Tensor) => Array.from(data.slice(row * SIDE * SIDE, (row + 1) * SIDE * SIDE));
      expect(new Set(part(slope))).toEqual(new Set([0, 1]));
      const count = (values: number[]) => values.reduce((a, b) => a + b, 0);
      expect(count(part(slope))).toBe(count(part(seen)));
    }
  });

  it('has the gradients of differences, with colors too', () => {
    const layer = diffAugment({ side: 4 });
    const x = tensor(
      Float64Array.from({ length: 2 * 4 * 4 * 3 }, (_, i) => 0.1 + ((i * 0.7548777) % 0.8)),
      [2, 4, 4, 3],
    );
    const check = checkGradient(({ x: rows }) => call(layer, rows as Tensor), { x });
    expect(check.ok, String(check)).toBe(true);
  });

  it('is absent where a model predicts, and each part of it where its strength is 0', () => {
    const x = pictures(3);
    expect(call(sequential([diffAugment({ side: SIDE })]), x, 1, 'predict').data).toEqual(x.data);
    // A layer of color alone leaves no zeros, and one without color leaves the values that there were.
    const known = new Set([...Array.from(x.data), 0]);
    const placed = call(diffAugment({ side: SIDE, color: 0 }), x).data;
    expect(Array.from(placed).every((value) => known.has(value))).toBe(true);
    const colored = call(diffAugment({ side: SIDE, translation: 0, cutout: 0 }), x).data;
    expect(Array.from(colored).some((value) => known.has(value))).toBe(false);
  });

  it('refuses what is out of range, and nothing to do', () => {
    expect(() => diffAugment({ side: 0 })).toThrow('diffAugment.side: expected an integer ≥ 1, got 0');
    expect(() => diffAugment({ side: 8, cutout: 1 })).toThrow(
      /diffAugment.cutout: expected a finite number ≥ 0 and < 1/,
    );
    expect(() => diffAugment({ side: 8, translation: 0, cutout: 0, color: 0 })).toThrow('nothing to do');
    expect(() => diffAugment({ side: 8, colour: 1 } as never)).toThrow("did you mean 'color'?");
  });
});
