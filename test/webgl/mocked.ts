/** @file tfjs' own backend for Node in place of WebGL: `vi.mock(WEBGL, onCpu)` makes it the device 'webgl' of a test file. */
import '@tensorflow/tfjs-backend-cpu';

type Backends = typeof import('../../src/backends/webgl/index.ts');

export async function onCpu(original: () => Promise<unknown>): Promise<Backends> {
  const real = (await original()) as Backends;
  return { ...real, backends: { ...real.backends, webgl: real.openWith('cpu') } };
}
