import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tensor } from '../../src/graph/tensor.ts';
import { muon, orthogonalized } from '../../src/optim/muon.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { distance, walk } from './walk.ts';

const { cases } = JSON.parse(readFileSync(new URL('../golden/data/optimizers.json', import.meta.url), 'utf8')) as {
  cases: { _newton_schulz5: Record<string, { s: number[]; d: number[] }> };
};
const fixture = cases._newton_schulz5;

it.each([
  ['wide', fixture.x, fixture.y],
  ['tall', fixture.x_tall, fixture.y_tall],
] as const)('orthogonalizes a %s matrix as the golden values say', (_, x, y) => {
  const found = orthogonalized(tensor(Float64Array.from(x?.d ?? []), x?.s ?? []));
  expect(found.shape).toEqual(y?.s);
  // The file gives ten digits of numbers below 1, of an input with ten.
  expect(distance(Array.from(found.data), y?.d ?? [])).toBeLessThan(1e-8);
});

it('leaves a matrix of zeros as it is', () => {
  expect(Array.from(orthogonalized(tensor(new Float64Array(6), [2, 3])).data, Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
});

it('scales by the root of outputs / inputs where there are more outputs, and takes filters as matrices', () => {
  const gradient = Array.from({ length: 24 }, (_, i) => Math.sin(3 * i));
  const update = (shape: readonly number[]) =>
    walk(
      muon({ learningRate: 1, others: sgd() }),
      gradient.map(() => 0),
      1,
      () => gradient,
      [{ path: 'kernel', shape, offset: 0 }],
    )[0]?.parameters as readonly number[];
  const direction = (shape: readonly number[]) =>
    Array.from(
      orthogonalized(
        tensor(
          Float64Array.from(gradient, (g) => g * 0.0975),
          shape,
        ),
      ).data,
    );
  // The first step's look-ahead is (1 − β)(1 + β)g, of which ‖x‖ + 1e-7 shows the scale.
  expect(
    distance(
      update([4, 6]),
      direction([4, 6]).map((u) => -Math.sqrt(1.5) * u),
    ),
  ).toBeLessThan(1e-12);
  expect(
    distance(
      update([6, 4]),
      direction([6, 4]).map((u) => -u),
    ),
  ).toBeLessThan(1e-12);
  expect(update([3, 1, 2, 4])).toEqual(update([6, 4]));
});

it('refuses to orthogonalize a vector, by name', () => {
  const transform = muon({ match: /./ });
  expect(() => walk(transform, [1, 2], 1, (w) => w, [{ path: '0/bias', shape: [2], offset: 0 }])).toThrow(
    /muon: '0\/bias' is a vector/,
  );
});
