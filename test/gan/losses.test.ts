/** The losses of adversarial networks: what golden cases leave out, and what they refuse. */
import { ganLosses, slice, square, type Tensor, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';

const { minimax, nonSaturating, leastSquares, hinge, relativistic, wasserstein, r1, r2, gradientPenalty } = ganLosses;
const scores = (...values: number[]) => tensor(values, [values.length, 1]);
const softplus = (x: number) => Math.log1p(Math.exp(x));

describe('one-sided smoothing', () => {
  it('asks for 0.9 of data, and for 0 of samples still', () => {
    const [r, f] = [1.5, -0.5];
    const wanted = 0.9 * softplus(-r) + 0.1 * softplus(r) + softplus(f);
    for (const loss of [minimax({ smoothing: 0.1 }), nonSaturating({ smoothing: 0.1 })])
      expect(loss.critic(scores(r), scores(f)).item()).toBeCloseTo(wanted, 6);
    expect(leastSquares({ smoothing: 0.1 }).critic(scores(r), scores(f)).item()).toBeCloseTo(
      ((r - 0.9) ** 2 + f ** 2) / 2,
      6,
    );
  });

  it('is refused from a half on', () => {
    expect(() => nonSaturating({ smoothing: 0.5 })).toThrow(
      'nonSaturating.smoothing: expected a finite number ≥ 0 and < 0.5, got 0.5',
    );
    expect(() => minimax({ smoothin: 0.1 } as never)).toThrow("did you mean 'smoothing'?");
  });
});

describe('the relativistic loss', () => {
  it('with averages compares each row with the mean of the others', () => {
    const [real, fake] = [
      [1, 3],
      [0, -2],
    ] as const;
    const [mr, mf] = [2, -1];
    const ahead = real.map((r) => softplus(-(r - mf))).reduce((a, b) => a + b) / 2;
    const behind = fake.map((f) => softplus(f - mr)).reduce((a, b) => a + b) / 2;
    const loss = relativistic({ average: true });
    expect(loss.critic(scores(...real), scores(...fake)).item()).toBeCloseTo(ahead + behind, 6);
    // The generator's is the same with the roles exchanged.
    expect(loss.generator(scores(...fake), scores(...real)).item()).toBeCloseTo(
      loss.critic(scores(...fake), scores(...real)).item(),
      6,
    );
  });

  it('needs the scores of data for the generator, too', () => {
    expect(() => relativistic().generator(scores(1))).toThrow(
      'relativistic.generator: expected the scores of data, too, got none',
    );
  });
});

it('every loss refuses scores of two shapes, which would pair every row with every other', () => {
  for (const loss of [minimax(), nonSaturating(), leastSquares(), wasserstein(), hinge(), relativistic()])
    expect(() => loss.critic(scores(1, 2), tensor([1, 2]))).toThrow(
      `${loss.name}: scores of data are [2,1], of what was made [2]`,
    );
});

describe('penalties', () => {
  // D(x) = x₀² has the slope 2 x₀.
  const rows = tensor([
    [3, 1],
    [1, 5],
  ]);
  const critic = (x: Tensor) => square(slice(x, [0, 0], [x.shape[0] as number, 1]));

  it('are those of the slope by hand', () => {
    expect(r1(critic, rows, { gamma: 1 }).item()).toBeCloseTo((36 + 4) / 2 / 2, 6);
    expect(r2(critic, rows, { gamma: 2 }).item()).toBeCloseTo((36 + 4) / 2, 6);
    expect(gradientPenalty(critic, rows, { weight: 10 }).item()).toBeCloseTo((10 * (25 + 1)) / 2, 4);
    expect(gradientPenalty(critic, rows, { weight: 1, target: 0 }).item()).toBeCloseTo((36 + 4) / 2, 4);
  });

  it('refuse weights below 0 and places that no loss gave a key for', () => {
    expect(() => r1(critic, rows, { gamma: -1 })).toThrow('r1.gamma: expected a finite number ≥ 0, got -1');
    expect(() => gradientPenalty(critic, rows, { weight: -1 })).toThrow('gradientPenalty.weight');
    expect(() => ganLosses.between({}, rows, rows)).toThrow('between: expected the models that a loss gets');
    expect(() => ganLosses.between({}, rows, scores(1))).toThrow('between: the generator gives [1,1], x is [2,2]');
  });
});
