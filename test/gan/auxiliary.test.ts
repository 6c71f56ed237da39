/** AC-GAN: losses by hand, and a generator that makes what it was told. */
import {
  adam,
  dense,
  fit,
  ganLosses,
  normal,
  players,
  projection,
  sequential,
  type Tensor,
  tensor,
  withLabels,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';

const { auxiliaryClassifier, nonSaturating, relativistic, wasserstein } = ganLosses;
const softplus = (x: number) => Math.log1p(Math.exp(x));
const classes = (...values: number[]) => tensor(Int32Array.from(values), [values.length], 'i32');

/** −log of the class's share. */
const crossEntropyOf = (logits: readonly number[], y: number): number =>
  Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (logits[y] as number);

describe('auxiliaryClassifier', () => {
  // Two rows of a score and the logits of three classes.
  const real = [
    [1.5, 2, 0, -1],
    [-0.5, 0, 1, 0.5],
  ] as const;
  const fake = [
    [0.25, -1, 1, 0],
    [-2, 0.5, 0.5, 3],
  ] as const;
  const y = [0, 2] as const;
  const classed = (rows: readonly (readonly number[])[]): number =>
    rows.reduce((sum, [, ...logits], i) => sum + crossEntropyOf(logits, y[i] as number), 0) / rows.length;
  const rows = (given: readonly (readonly number[])[]) => tensor(given.map((row) => [...row]));

  it('adds the cross-entropy of the class, of data and samples for the critic, of samples for the generator', () => {
    const loss = auxiliaryClassifier(nonSaturating(), 3);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const scores = mean(real.map(([s]) => softplus(-s))) + mean(fake.map(([s]) => softplus(s)));
    expect(loss.critic(rows(real), rows(fake), classes(...y)).item()).toBeCloseTo(
      scores + classed(real) + classed(fake),
      5,
    );
    expect(loss.generator(rows(fake), classes(...y)).item()).toBeCloseTo(
      mean(fake.map(([s]) => softplus(-s))) + classed(fake),
      5,
    );
  });

  it('hands the scores of data on to a game that compares', () => {
    const loss = auxiliaryClassifier(relativistic(), 3);
    const wanted = (softplus(1.5 - 0.25) + softplus(-0.5 + 2)) / 2 + classed(fake);
    expect(loss.generator(rows(fake), classes(...y), rows(real)).item()).toBeCloseTo(wanted, 5);
    expect(() => loss.generator(rows(fake), classes(...y))).toThrow('expected the scores of data, too');
  });

  it('has the gradients of differences, of score and logits', () => {
    const loss = auxiliaryClassifier(nonSaturating(), 3);
    const [a, b] = [real, fake].map((given) => tensor(Float64Array.from(given.flat()), [2, 4])) as [Tensor, Tensor];
    const check = checkGradient(({ data, samples }) => loss.critic(data as Tensor, samples as Tensor, classes(...y)), {
      data: a,
      samples: b,
    });
    expect(check.ok, String(check)).toBe(true);
  });

  it('refuses outputs of another width, and classes out of range', () => {
    const loss = auxiliaryClassifier(wasserstein(), 2);
    expect(() => loss.generator(rows(fake), classes(...y))).toThrow(
      'auxiliaryClassifier: expected outputs [n, 3] of the critic, got [2,4]',
    );
    expect(() => loss.generator(rows(fake), classes(...y))).toThrow('let it end with dense(3)');
    expect(() => auxiliaryClassifier(wasserstein(), 0)).toThrow('auxiliaryClassifier.classes: expected an integer ≥ 1');
  });
});

describe('a generator that is told a class makes that one', () => {
  // Three clouds far apart, in turn; their deviation is a twentieth of their distance.
  const centers = [
    [2, 0],
    [-1, 1.7],
    [-1, -1.7],
  ] as const;
  const count = 384;
  const noise = (i: number): number => 0.17 * Math.sin(12.9898 * i + 78.233 * (i % 7));
  const x = Array.from({ length: count }, (_, i) => [
    (centers[i % 3]?.[0] as number) + noise(2 * i),
    (centers[i % 3]?.[1] as number) + noise(2 * i + 1),
  ]);
  const y = Int32Array.from(x, (_, i) => i % 3);
  const body = (outputs: number) =>
    sequential([dense(32, { activation: 'relu' }), dense(32, { activation: 'relu' }), dense(outputs)]);
  const optimizer = adam({ learningRate: 2e-3, beta1: 0.5 });

  /** The share of samples whose nearest center is the one that was asked for. */
  async function obedience(game: ReturnType<typeof players<'critic' | 'generator'>>): Promise<number> {
    const options = { inputs: { z: normal([2]) }, batchSize: 48, epochs: 75, seed: 3, progress: false } as const;
    using run = await fit(game, { x, y }, options);
    const told = Array.from({ length: 150 }, (_, i) => i % 3);
    const rows = told.map((k, i) => [Math.sin(i), Math.cos(2.3 * i), ...[0, 1, 2].map((c) => Number(c === k))]);
    const samples = (await run.models.generator.predict(rows)) as number[][];
    const nearest = samples.map(([a = 0, b = 0]) => {
      const distances = centers.map(([p, q]) => Math.hypot(a - p, b - q));
      return distances.indexOf(Math.min(...distances));
    });
    return nearest.filter((k, i) => k === told[i]).length / told.length;
  }

  // By chance a third would be right; nine in ten leave room for samples on their way between clouds.
  it('by an auxiliary classifier', async () => {
    const loss = auxiliaryClassifier(nonSaturating(), 3);
    const game = players(
      { critic: body(4), generator: body(2) },
      {
        critic: {
          optimizer,
          loss: (m, { x, y, z }) => loss.critic(m.critic(x), m.critic(m.generator(withLabels(z, y, 3))), y),
        },
        generator: { optimizer, loss: (m, { y, z }) => loss.generator(m.critic(m.generator(withLabels(z, y, 3))), y) },
      },
    );
    expect(await obedience(game)).toBeGreaterThan(0.9);
  });

  it('by a projection', async () => {
    const loss = nonSaturating();
    const game = players(
      {
        critic: projection(3, sequential([dense(32, { activation: 'relu' }), dense(32, { activation: 'relu' })])),
        generator: body(2),
      },
      {
        critic: {
          optimizer,
          loss: (m, { x, y, z }) =>
            loss.critic(m.critic(withLabels(x, y, 3)), m.critic(withLabels(m.generator(withLabels(z, y, 3)), y, 3))),
        },
        generator: {
          optimizer,
          loss: (m, { y, z }) => loss.generator(m.critic(withLabels(m.generator(withLabels(z, y, 3)), y, 3))),
        },
      },
    );
    expect(await obedience(game)).toBeGreaterThan(0.9);
  });
});
