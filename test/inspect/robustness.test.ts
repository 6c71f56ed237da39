import { attacks, crossEntropy, dense, fit, layer, mul, robustness, sequential, sub, tanh, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';

const [ROWS, WIDTH] = [100, 8];
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);
const y = Int32Array.from({ length: ROWS }, (_, i) => Number((x[WIDTH * i] as number) > (x[WIDTH * i + 1] as number)));
const test = { x: tensor(x, [ROWS, WIDTH]), y };
const training = { loss: crossEntropy(), batchSize: 10, seed: 1, standardize: false, progress: false } as const;
const options = {
  attacks: [
    attacks.fgsm({ epsilon: 1 }),
    attacks.pgd({ epsilon: 1, steps: 5 }),
    attacks.pgd({ epsilon: 1, steps: 20 }),
  ],
  ...{ epsilons: [0, 0.05, 0.3], trainedAt: 0.3 },
};
const passedBy = ({ checks }: { readonly checks: readonly { readonly name: string; readonly passed: unknown }[] }) =>
  Object.fromEntries(checks.map(({ name, passed }) => [name, passed]));

describe('robustness', () => {
  it('runs the five checks of Athalye et al. and two more, and a plain network passes them', async () => {
    const body = () => sequential([dense(16, { activation: 'relu' }), dense(2)]);
    const model = await fit(body(), test, { ...training, epochs: 30 });
    const surrogate = await fit(body(), test, { ...training, seed: 2, epochs: 30 });
    const found = await robustness(model, test, { ...options, surrogate });
    expect(passedBy(found)).toEqual({
      ...{ unbounded: true, iterations: true, steps: true, transfer: true, random: true, monotone: true, gap: true },
    });
    expect(found.isMasked).toBe(false);
    expect(String(found)).toMatch(/^ok random: .* under the worst of 10 random changes, at ε 0\.3$/m);
  });

  it('finds a network whose slope is flat while random changes fool it', async () => {
    // A staircase in front of the network: between the steps of tanh its slope is 0 in f32, as a quantizer's is.
    const stairs = layer('stairs', {}, (rows) => tanh(mul(sub(rows, 0.503), 1e4)));
    const model = await fit(sequential([stairs, dense(16, { activation: 'relu' }), dense(2)]), test, {
      ...training,
      epochs: 30,
    });
    const found = await robustness(model, test, {
      ...options,
      attacks: [attacks.fgsm({ epsilon: 1 }), attacks.bim({ epsilon: 1 })],
    });
    expect(passedBy(found)).toMatchObject({ random: false, unbounded: false });
    expect(found.isMasked).toBe(true);
    expect(String(found)).toMatch(/FAILED random[\s\S]*The gradient is masked/);
  });

  it('says which checks need more than they were given', async () => {
    const model = await fit(sequential([dense(2)]), test, { ...training, epochs: 1 });
    const found = await robustness(model, test, { attacks: [attacks.pgd({ epsilon: 1 })], epsilons: [0.1] });
    const { unbounded, random, monotone, ...rest } = passedBy(found);
    expect([unbounded, random, monotone].every((one) => typeof one === 'boolean')).toBe(true);
    expect(rest).toEqual({ iterations: undefined, steps: undefined, transfer: undefined, gap: undefined });
  });
});
