/** The loss of a Wasserstein critic, where distance and penalty are known by hand. */
import {
  constant,
  dense,
  fit,
  type Layer,
  layer,
  mean,
  mul,
  normal,
  ones,
  players,
  reshape,
  sgd,
  square,
  sum,
  wassersteinCritic,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';

/** A step of the critic against a generator that makes zeros; the generator stands still. */
async function critic(model: Layer, x: number[][], gradientPenalty: number, learningRate = 0) {
  const zeros = dense(2, { bias: false, kernelInitializer: constant(0) });
  const game = players(
    { critic: model, generator: zeros },
    {
      critic: {
        optimizer: sgd({ learningRate }),
        loss: (m, inputs) => wassersteinCritic(m, inputs.x, inputs.z, { gradientPenalty }),
      },
      generator: { optimizer: sgd({ learningRate: 0 }), loss: (m, { z }) => mean(m.generator(z)) },
    },
  );
  const options = { inputs: { z: normal([3]) }, batchSize: x.length, epochs: 1, progress: false };
  const run = await fit(game, { x }, options);
  return { loss: run.history[0]?.losses.critic as number, parameters: run.models.critic.parameters };
}

/** D(x) = 3 x₀ + 4 x₁: the norm of its gradient is 5 everywhere. */
const linear = dense(1, { bias: false, kernelInitializer: { ...constant(0), draw: () => Float32Array.of(3, 4) } });

describe('wassersteinCritic', () => {
  const x = [
    [1, 2],
    [3, -1],
  ];

  it('is the distance of the means, and λ · (‖∇D‖ − 1)²', async () => {
    // The mean of D(x) is that of 11 and 5.
    expect((await critic(linear, x, 0)).loss).toBeCloseTo(-8, 5);
    expect((await critic(linear, x, 0.5)).loss).toBeCloseTo(-8 + 0.5 * 16, 5);
  });

  it('has the gradient of both, the penalty differentiated twice', async () => {
    const { parameters } = await critic(linear, x, 0.5, 0.01);
    // −mean x, and 2 λ (‖w‖ − 1) w / ‖w‖.
    const gradient = [-2 + 0.5 * 8 * 0.6, -0.5 + 0.5 * 8 * 0.8];
    const [first, second] = parameters.get('kernel')?.data ?? [];
    expect(first).toBeCloseTo(3 - 0.01 * (gradient[0] as number), 5);
    expect(second).toBeCloseTo(4 - 0.01 * (gradient[1] as number), 5);
  });

  it('takes the gradient at points between data and generated rows, of a share of its own for each', async () => {
    // D(x) = ‖x‖² / 2, so ∇D is the point itself: ε x, of norm ε, as x has norm 1. The mean of (ε − 1)² is 1/3.
    const bowl = layer('bowl', {}, (rows, context) => {
      const n = rows.shape[0] as number;
      const scale = context.parameter('scale', [1], ones());
      return mul(reshape(mul(0.5, sum(square(rows), 1)), [n, 1]), scale);
    });
    const rows = 4096;
    const circle = Array.from({ length: rows }, (_, i) => [Math.cos(i), Math.sin(i)]);
    const { loss } = await critic(bowl, circle, 1);
    const deviation = Math.sqrt((1 / 5 - 1 / 9) / rows);
    expect(Math.abs(loss - (-0.5 + 1 / 3))).toBeLessThan(5 * deviation);
  });
});
