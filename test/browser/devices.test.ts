/** Real Chromium with its renderer in software: what `auto` makes of it, what is told of it, and contexts that are lost. */
import { engine } from '@tensorflow/tfjs-core';
import {
  adam,
  backendReport,
  type Callback,
  crossEntropy,
  type DeviceEvent,
  dense,
  fit,
  type Run,
  sequential,
  tensor,
} from 'saddlepoint';
import { describe, expect, it, vi } from 'vitest';
import { timeProduct } from '../../src/backends/wasm/product.ts';
import { probeWebgl } from '../../src/backends/webgl/probe.ts';
import { shadingOf } from '../../src/backends/webgl/shading.ts';
import { clouds } from '../train/examples.ts';

const loss = crossEntropy();

/** Large enough that a GPU is thought of: 5 ms a step and more. */
function digits(rows = 256) {
  const x = Float32Array.from({ length: rows * 784 }, (_, i) => ((i * 7919) % 256) / 256);
  return { x: tensor(x, [rows, 784]), y: Int32Array.from({ length: rows }, (_, i) => (i * 31) % 10) };
}
const wide = () => sequential([dense(256, { activation: 'relu' }), dense(10)]);

describe('a browser whose renderer is software', () => {
  it('trains on WebAssembly, and says why', async () => {
    const { device } = await fit(wide(), digits(), { loss, optimizer: adam(), epochs: 1, batchSize: 256, seed: 1 });
    expect(device.name).toBe('wasm');
    expect(device.reason).toMatch(/^WebAssembly SIMD is available; webgl: a software renderer: .*SwiftShader/);
  });

  it('B3: reports it, with the name of the renderer', async () => {
    const report = await backendReport({ measure: false });
    expect(report.chosen).toBe('wasm');
    expect(report.renderer).toMatch(/SwiftShader/);
    const [, webgl, webgpu] = report.candidates;
    expect(webgl).toMatchObject({
      name: 'webgl',
      verdict: 'refused',
      reason: expect.stringMatching(/^a software renderer/),
    });
    expect(webgpu).toMatchObject({ name: 'webgpu', verdict: 'refused' });
  });

  it('has right squares and products in its shaders, but slow ones: the time alone refuses it where names are masked', async () => {
    const context = () => {
      const gl = document.createElement('canvas').getContext('webgl2') as WebGL2RenderingContext;
      vi.spyOn(gl, 'getParameter').mockReturnValue('Apple GPU');
      return gl;
    };
    const verdict = await probeWebgl({ hasCanvas: true, context, shading: shadingOf, product: timeProduct });
    expect(verdict).toMatchObject({ isFit: false, renderer: 'Apple GPU' });
    expect(verdict.reason).toMatch(/^a software renderer, or as slow as one: a product of 512 × 512 matrices takes/);
  });

  it('B2: is refused without float32 results, whatever its name', async () => {
    const context = () => {
      const gl = new OffscreenCanvas(1, 1).getContext('webgl2') as WebGL2RenderingContext;
      const { getExtension } = gl;
      vi.spyOn(gl, 'getParameter').mockReturnValue('A phone');
      gl.getExtension = ((name: string) =>
        name === 'EXT_color_buffer_float' ? null : getExtension.call(gl, name)) as never;
      return gl;
    };
    const verdict = await probeWebgl({ hasCanvas: true, context, shading: shadingOf, product: timeProduct });
    expect(verdict.reason).toBe('no float32 results (EXT_color_buffer_float), as on many phones');
  });
});

describe('case 31: B1: a context that is lost during fit', () => {
  const options = { loss, optimizer: adam({ learningRate: 0.02 }), batchSize: 16, epochs: 4, seed: 1 } as const;
  const model = () => sequential([dense(16, { activation: 'relu' }), dense(3)]);
  const data = clouds(120);

  /** The context that training has now. */
  const live = (): WebGL2RenderingContext =>
    (engine().findBackend('webgl') as unknown as { gpgpu: { gl: WebGL2RenderingContext } }).gpgpu.gl;

  const holdsNumbers = ({ parameters }: Pick<Run, 'parameters'>) =>
    [...parameters.values()].every(({ data }) => [...data].every(Number.isFinite));

  let undisturbed: Promise<Run<never>> | undefined;

  it.each([
    ['for good', [12], false, 'webgl', 'asked for; its context was lost once, it went on on webgl'],
    ['and given back', [12], true, 'webgl', 'asked for; its context was lost once, it went on on webgl'],
    ['twice', [12, 20], false, 'wasm', 'asked for; the context of the GPU was lost twice'],
  ] as const)(
    '%s: the run goes on, and ends where an undisturbed one does',
    async (_, steps, restores, device, reason) => {
      undisturbed ??= fit(model(), data, { ...options, device: 'webgl' });
      const expected = await undisturbed;
      const events: DeviceEvent[] = [];
      const lose: Callback = {
        every: 1,
        async onStep({ step }) {
          if (!(steps as readonly number[]).includes(step)) return;
          const gl = live();
          const extension = gl.getExtension('WEBGL_lose_context');
          extension?.loseContext();
          if (!restores) return;
          await new Promise((resolve) => gl.canvas.addEventListener('webglcontextlost', resolve, { once: true }));
          // In a turn of its own: a context cannot be given back while its loss is being told.
          await new Promise((resolve) => setTimeout(resolve, 0));
          const restored = new Promise((resolve) =>
            gl.canvas.addEventListener('webglcontextrestored', resolve, { once: true }),
          );
          extension?.restoreContext();
          await restored;
          expect(gl.isContextLost()).toBe(false);
        },
      };
      const onDevice = (event: DeviceEvent) => events.push(event);
      const run = await fit(model(), data, { ...options, device: 'webgl', onDevice, callbacks: [lose] });
      expect(events.map(({ kind }) => kind)).toEqual(steps.flatMap(() => ['lost', 'resumed']));
      expect([events.at(-1)?.device, run.device.name, run.device.reason]).toEqual([device, device, reason]);
      expect(run.steps).toBe(expected.steps);
      expect(holdsNumbers(run)).toBe(true);
      const [given, wanted] = [run, expected].map(({ history }) => history.at(-1)?.loss as number) as [number, number];
      expect(Math.abs(given / wanted - 1)).toBeLessThan(0.05);
    },
    // The first also trains undisturbed; both compile their shaders in software, half a minute each on a busy machine.
    180_000,
  );
});
