import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adam } from '../../src/optim/adam.ts';
import { asgd } from '../../src/optim/asgd.ts';
import { weightAverage, weightEma } from '../../src/optim/average.ts';
import { scheduleFreeSgd } from '../../src/optim/schedule-free.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain } from '../../src/optim/transform.ts';
import { distance, walk } from './walk.ts';

const start = [1, -2, 0.5];
const noisy = (w: readonly number[], step: number) => w.map((x, i) => 2 * x + Math.sin(7 * step + i));
const inner = () => sgd({ learningRate: 0.1, momentum: 0.9 });

describe('weightEma', () => {
  type Tensors = { s: number[]; d: number[] }[];
  const { cases } = JSON.parse(readFileSync(new URL('../golden/data/optimizers.json', import.meta.url), 'utf8')) as {
    cases: Record<string, { params: Tensors; grads: Tensors[]; from_init: Tensors; zero_init_bias_corrected: Tensors }>;
  };
  const { params, grads } = cases._problem as (typeof cases)[string];
  const fixture = cases._ema_of_sgd as (typeof cases)[string];

  it.each([
    ['from the first weights', false, fixture.from_init],
    ['with bias correction', true, fixture.zero_init_bias_corrected],
  ] as const)('agrees with the golden averages %s', (_, biasCorrection, expected) => {
    const transform = chain(sgd({ learningRate: 0.1 }), weightEma(0.9, { biasCorrection }));
    const path = walk(transform, params[0]?.d ?? [], expected.length, (_w, i) => grads[i]?.[0]?.d ?? []);
    // The file gives ten digits.
    for (const [i, { evaluated }] of path.entries())
      expect(distance(evaluated, expected[i]?.d ?? [])).toBeLessThan(1e-8);
  });

  it('changes no step of the optimizer that it stands behind', () => {
    const plain = walk(inner(), start, 9, noisy);
    const averaged = walk(chain(inner(), weightEma(0.99)), start, 9, noisy);
    expect(averaged.map(({ parameters }) => parameters)).toEqual(plain.map(({ parameters }) => parameters));
  });

  it('must stand last, since it counts the update that it sees as made', () => {
    expect(() => chain(weightEma(0.9), adam())).toThrow(/weightEma keeps weights for evaluation, but another/);
    expect(() => chain(scheduleFreeSgd(), weightEma(0.9))).toThrow(/scheduleFreeSgd keeps weights/);
    expect(() => weightEma(1)).toThrow(/weightEma: expected a finite number ≥ 0 and < 1, got 1/);
  });
});

describe('weightAverage', () => {
  it('is the plain mean of the weights that count, and the weights themselves before', () => {
    const path = walk(chain(inner(), weightAverage({ from: 2, every: 3 })), start, 12, noisy);
    const counted: (readonly number[])[] = [];
    for (const [step, { parameters, evaluated }] of path.entries()) {
      if (step >= 2 && (step - 2) % 3 === 0) counted.push(parameters);
      const mean = parameters.map((w, i) =>
        counted.length === 0 ? w : counted.reduce((sum, at) => sum + (at[i] as number), 0) / counted.length,
      );
      expect(distance(evaluated, mean), `step ${step}`).toBeLessThan(1e-14);
    }
    expect(counted).toHaveLength(4);
  });
});

describe('asgd', () => {
  it('reads the mean of all weights since the step that is given', () => {
    const path = walk(asgd({ learningRate: 0.1, averageFrom: 3 }), start, 10, noisy);
    for (const [step, { parameters, evaluated }] of path.entries()) {
      // PyTorch's average begins with the weights after step averageFrom + 1, the first whose share is 1.
      const counted = path.slice(Math.min(step, 4), step + 1).map((at) => at.parameters);
      const mean = parameters.map((_, i) => counted.reduce((sum, at) => sum + (at[i] as number), 0) / counted.length);
      expect(distance(evaluated, mean), `step ${step}`).toBeLessThan(1e-14);
    }
  });
});

describe('scheduleFreeSgd', () => {
  it('averages the steps of a warm-up by the squares of their rates', () => {
    const rates = [0, 0.1, 0.2, 0.2];
    const learningRate = Object.assign((step: number) => rates[step] as number, { options: {} });
    const path = walk(scheduleFreeSgd({ learningRate, beta: 0.5 }), [1], 4, ([y]) => [y as number]);
    let [x, y, z, sum] = [1, 1, 1, 0];
    for (const [step, { parameters, evaluated }] of path.entries()) {
      const rate = rates[step] as number;
      z -= rate * y;
      sum += rate ** 2;
      const share = sum === 0 ? 1 : rate ** 2 / sum;
      x = (1 - share) * x + share * z;
      y = 0.5 * z + 0.5 * x;
      expect(distance([parameters[0] as number, evaluated[0] as number], [y, x])).toBeLessThan(1e-14);
    }
  });
});
