/** Gradient caching over tfjs, on its backend for Node, with layers that draw: each part has a key of its own. */
import { crossEntropy, dense, dropout, type FitOptions, fit, gradientCache, sequential, sgd } from 'saddlepoint';
import { expect, it, vi } from 'vitest';

vi.mock('../../src/backends/webgl/index.ts', async (original) => (await import('./mocked.ts')).onCpu(original));

it('draws for the parts of a minibatch what the reference draws', async () => {
  const x = Array.from({ length: 11 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const data = { x, y: x.map(([first = 0]) => Number(first > 0)) };
  const lossOf = async (device: NonNullable<FitOptions['device']>, rows: number): Promise<number> => {
    const model = sequential([dense(8, { activation: 'tanh' }), dropout(0.4), dense(2)]);
    const run = await fit(model, data, {
      ...{ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.2 }), batchSize: 11, epochs: 6, progress: false },
      ...{ device, seed: 4, tricks: [gradientCache(rows)] },
    });
    return run.history.at(-1)?.loss as number;
  };
  const exact = await lossOf('reference', 4);
  // Six steps of f32; what other masks make of the loss is compared below.
  expect(await lossOf('webgl', 4)).toBeCloseTo(exact, 5);
  expect(await lossOf('wasm', 4)).toBeCloseTo(exact, 5);
  expect(Math.abs((await lossOf('reference', 11)) - exact)).toBeGreaterThan(0.005);
});
