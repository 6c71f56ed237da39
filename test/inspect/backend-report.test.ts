import { backendReport } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { SaddlepointError } from '../../src/core/errors.ts';
import { type ReportSource, reportOf } from '../../src/inspect/backend-report.ts';
import { fakeGpu } from '../backends/fakes.ts';

const gpu: Backend = { device: 'webgl', open: (programs, options) => fakeGpu(programs, { ...options }) };

/** A page with a good GPU behind WebGL, which trains in 1 ms. */
function source(given: Partial<ReportSource['choices']> = {}, times = { wasm: 2, webgl: 1 }): ReportSource {
  return {
    choices: {
      hasSimd: true,
      probe: async () => ({ isFit: true, reason: 'passed', renderer: 'ANGLE (A real GPU)' }),
      gpu: async () => gpu,
      ...given,
    },
    probeWebgpu: async () => ({ isFit: false, reason: 'the browser gives no adapter' }),
    time: async (device) => times[device],
  };
}

const lines = ({ candidates }: Awaited<ReturnType<typeof reportOf>>) =>
  candidates.map(({ name, verdict, reason }) => `${name} ${verdict}: ${reason}`);

describe('backendReport', () => {
  it('B3: says in Node what there is, and why not more', async () => {
    const report = await backendReport();
    expect(report.chosen).toBe('wasm');
    expect(lines(report)).toEqual([
      'wasm chosen: WebAssembly SIMD is available',
      'webgl refused: there is nothing to draw on: no OffscreenCanvas, and no document',
      expect.stringMatching(/^webgpu refused: there is no WebGPU here$/),
      'reference possible: plain JavaScript in double precision, some hundred times slower',
    ]);
    expect(report.candidates[0]?.stepMilliseconds).toBeGreaterThan(0);
    expect(report.candidates.slice(1).every(({ stepMilliseconds }) => stepMilliseconds === undefined)).toBe(true);
    expect(report.threads.count).toBeGreaterThanOrEqual(1);
    expect(report.threads.reason).toMatch(/cores/);
    expect(report.builds.map(({ name }) => name)).toEqual(['simd', 'relaxed']);
    expect(report.builds[0]).toEqual({ name: 'simd', available: true, reason: 'WebAssembly SIMD is available' });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('measures nothing where it is told so', async () => {
    const report = await backendReport({ measure: false });
    expect(report.chosen).toBe('wasm');
    expect(report.candidates.every((candidate) => !('stepMilliseconds' in candidate))).toBe(true);
  });

  it('chooses a GPU that is faster, and shows both times', async () => {
    const report = await reportOf(source(), true);
    expect(report).toMatchObject({ chosen: 'webgl', renderer: 'ANGLE (A real GPU)' });
    expect(report.candidates.slice(0, 2)).toEqual([
      { name: 'wasm', verdict: 'possible', reason: 'WebAssembly SIMD is available', stepMilliseconds: 2 },
      { name: 'webgl', verdict: 'chosen', reason: 'passed', stepMilliseconds: 1 },
    ]);
  });

  it('chooses WebAssembly where the GPU is slower, or fails when it is timed', async () => {
    const slow = await reportOf(source({}, { wasm: 1, webgl: 3 }), true);
    expect([slow.chosen, slow.candidates[1]?.verdict]).toEqual(['wasm', 'possible']);
    const time: ReportSource['time'] = async (device) => {
      if (device === 'webgl') throw new Error('Unable to create WebGLTexture');
      return 1;
    };
    const failing = await reportOf({ ...source(), time }, true);
    expect(failing.chosen).toBe('wasm');
    expect(lines(failing)[1]).toBe('webgl refused: Unable to create WebGLTexture');
  });

  it('B3: refuses a GPU whose packages are not installed, and says what to install', async () => {
    const missing = new SaddlepointError('option', 'it cannot be loaded', 'npm install the-kernels');
    const report = await reportOf(source({ gpu: () => Promise.reject(missing) }), true);
    expect(report.chosen).toBe('wasm');
    expect(lines(report)[1]).toBe('webgl refused: it cannot be loaded; help: npm install the-kernels');
  });

  it('B2: refuses a GPU whose kernels compute in halves, though it has float32', async () => {
    const half = (data: ArrayLike<number>) => Float32Array.from(data, (x) => Math.round(x * 64) / 64);
    const open: Backend['open'] = (programs, options) => fakeGpu(programs, { ...options, spoil: half });
    const report = await reportOf(source({ gpu: async () => ({ device: 'webgl', open }) }), true);
    expect(lines(report)[1]).toBe('webgl refused: it computes in less than float32: the square of 3.3 is 10.8906');
  });

  it('falls back to plain JavaScript without WebAssembly SIMD', async () => {
    const report = await reportOf(source({ hasSimd: false }), true);
    expect(report.chosen).toBe('reference');
    expect(lines(report)[0]).toBe('wasm refused: no WebAssembly SIMD');
  });

  it('takes no option that it does not know', async () => {
    await expect(backendReport({ mesure: false } as never)).rejects.toThrow("did you mean 'measure'?");
  });
});
