/**
 * A training on WebGPU, in Chromium's own adapter in software. The first step waits for some 40 shaders, which that adapter compiles
 * for a third of a second each; later steps take a tenth of a second.
 */
import { adam, crossEntropy, dense, fit, sequential } from 'saddlepoint';
import { expect, it } from 'vitest';

it('three steps of a dense network are those of WebAssembly', async () => {
  const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const y = x.map(([a = 0, b = 0]) => (a > b ? 1 : 0));
  const train = (device: 'wasm' | 'webgpu') =>
    fit(
      sequential([dense(4, { activation: 'relu' }), dense(2)]),
      { x, y },
      { loss: crossEntropy(), optimizer: adam(), epochs: 3, batchSize: 12, seed: 1, device },
    );
  const expected = await train('wasm');
  const run = await train('webgpu');
  expect(run.device).toMatchObject({ name: 'webgpu', reason: 'asked for' });
  expect(run.steps).toBe(3);
  // Sums of twelve rows in single precision, in another order.
  for (const [i, { loss }] of run.history.entries())
    expect(loss).toBeCloseTo(expected.history[i]?.loss ?? Number.NaN, 5);
  for (const [path, { data }] of run.parameters) {
    const same = expected.parameters.get(path)?.data ?? [];
    expect(data.length).toBe(same.length);
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(same[i] ?? Number.NaN, 5);
  }
});
