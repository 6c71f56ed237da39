import { expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { adagrad } from '../../src/optim/adagrad.ts';
import { adam } from '../../src/optim/adam.ts';
import { clipByGlobalNorm, clipByValue } from '../../src/optim/clip.ts';
import { lazyAdam } from '../../src/optim/lazy-adam.ts';
import { cosineDecay } from '../../src/optim/schedules/cosine-decay.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain } from '../../src/optim/transform.ts';
import { stepper } from '../golden/express/optimizers.ts';
import { openSession } from '../golden/session.ts';

const learningRate = cosineDecay({ learningRate: 0.1, steps: 8 });

it.each([
  ['clipped adam', chain(clipByGlobalNorm(1), adam({ learningRate }))],
  [
    'sgd behind sgd',
    chain(
      sgd({ learningRate: 0.5, momentum: 0.9 }),
      clipByValue(0.4),
      sgd({ learningRate, momentum: 0.5, nesterov: true }),
    ),
  ],
  ['adagrad', adagrad({ learningRate, initialAccumulator: 0.1, weightDecay: 0.1 })],
  ['lazyAdam without rows', lazyAdam({ learningRate })],
  ['plain sgd with decay', sgd({ learningRate, weightDecay: 0.1 })],
])('%s takes the steps of the reference on WebAssembly', async (_, transform) => {
  const paths = await Promise.all(
    (['wasm', 'reference'] as const).map(async (device) => {
      const start = tensor(Float64Array.from({ length: 40 }, (_v, i) => Math.fround(((i * 0.7548777) % 2) - 1)));
      const run = stepper(await openSession(device), transform, start, (parameters, { factor }) => ({
        gradient: mul(parameters, factor as Tensor),
      }));
      for (let i = 0; i < 10; i++) await run.step({ factor: tensor(2) });
      return Array.from(run.parameters.data);
    }),
  );
  const [device, reference] = paths as [number[], number[]];
  reference.forEach((expected, i) => {
    expect(Math.abs((device[i] as number) - expected)).toBeLessThan(2e-6);
  });
});
