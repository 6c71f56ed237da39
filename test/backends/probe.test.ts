/** Whether a GPU is good for training, by stand-ins for every browser that it is not good in. */
import { describe, expect, test, vi } from 'vitest';
import { timeProduct } from '../../src/backends/wasm/product.ts';
import { type ProbeSource, probeWebgl } from '../../src/backends/webgl/probe.ts';
import { probeWebgpu } from '../../src/backends/webgl/webgpu-probe.ts';

const UNMASKED = 37446;

/** A context that knows what is asked of it before anything is drawn. */
function context({ renderer = 'ANGLE (A real GPU)', hasFloats = true, isMasked = false } = {}) {
  const lost = { count: 0 };
  const gl = {
    RENDERER: 7937,
    getParameter: (name: number) => (name === UNMASKED ? renderer : isMasked ? renderer : 'WebKit WebGL'),
    getExtension(name: string) {
      if (name === 'WEBGL_debug_renderer_info') return isMasked ? null : { UNMASKED_RENDERER_WEBGL: UNMASKED };
      if (name === 'EXT_color_buffer_float') return hasFloats ? {} : null;
      return name === 'WEBGL_lose_context' ? { loseContext: () => lost.count++ } : null;
    },
  } as unknown as WebGL2RenderingContext;
  return { gl, lost };
}

const product = async (a: Float32Array, b: Float32Array, size: number) => ({
  result: a.map((x, i) => x + (b[i] as number) + size),
  time: 8,
});

function source(
  given: Partial<ProbeSource> & { time?: number; squares?: (x: number) => number; off?: number } = {},
): ProbeSource {
  const { time = 2, squares = (x) => x * x, off = 0, ...rest } = given;
  return {
    hasCanvas: true,
    context: () => context().gl,
    shading: () => ({
      squares: (numbers) => numbers.map(squares),
      product: (a, b, size) => ({ result: a.map((x, i) => x + (b[i] as number) + size + (i === 99 ? off : 0)), time }),
    }),
    product,
    ...rest,
  } as ProbeSource;
}

/** To eleven bits of mantissa, and nothing below 2⁻²⁴. */
const half = (x: number): number => {
  const unit = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(x))) - 10);
  const rounded = Math.round(x / unit) * unit;
  return rounded > 65504 ? Number.POSITIVE_INFINITY : rounded;
};

describe('a GPU', () => {
  test('is refused by what a worker says of it, before a context is made here', async () => {
    const make = vi.fn(() => context().gl);
    const inWorker = async () => ({ name: 'llvmpipe', refusal: 'a software renderer: llvmpipe' });
    expect(await probeWebgl(source({ context: make, inWorker }))).toEqual({
      isFit: false,
      reason: 'a software renderer: llvmpipe',
      renderer: 'llvmpipe',
    });
    expect(make).not.toHaveBeenCalled();
    const here = { context: () => context({ renderer: 'llvmpipe' }).gl };
    expect(await probeWebgl(source({ inWorker }))).toEqual(await probeWebgl(source(here)));
  });

  test.each([
    ['nobody answers', undefined],
    ['a worker says hardware', { name: 'ANGLE (A real GPU)', refusal: undefined }],
  ])('is judged here if %s', async (_, told) => {
    const make = vi.fn(() => context().gl);
    expect(await probeWebgl(source({ context: make, inWorker: async () => told }))).toEqual(await probeWebgl(source()));
    expect(make).toHaveBeenCalledTimes(1);
  });

  test('has no name where it made no context in time', async () => {
    const inWorker = async () => ({ name: '', refusal: 'a worker got no WebGL context within 10 s' });
    const verdict = await probeWebgl(source({ inWorker }));
    expect(verdict).toEqual({ isFit: false, reason: 'a worker got no WebGL context within 10 s', renderer: undefined });
  });

  test('counts if it is hardware, has float32 and is faster than WebAssembly', async () => {
    expect(await probeWebgl(source())).toEqual({
      isFit: true,
      reason: 'a product of 512 × 512 matrices takes 2.0 ms, 8.0 ms on WebAssembly',
      renderer: 'ANGLE (A real GPU)',
    });
  });

  test.each([
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'llvmpipe, or similar',
    'llvmpipe (LLVM 15.0.6, 256 bits)',
    'ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)',
    'softpipe',
  ])('does not count if it is called %s', async (renderer) => {
    const verdict = await probeWebgl(source({ context: () => context({ renderer }).gl }));
    expect(verdict).toEqual({ isFit: false, reason: `a software renderer: ${renderer}`, renderer });
  });

  test('does not count, whatever it is called, if it is slower than WebAssembly, as software behind a masked name', async () => {
    const masked = () => context({ renderer: 'Apple GPU', isMasked: true }).gl;
    expect(await probeWebgl(source({ context: masked, time: 30 }))).toMatchObject({
      isFit: false,
      renderer: 'Apple GPU',
      reason:
        'a software renderer, or as slow as one: a product of 512 × 512 matrices takes 30.0 ms, 8.0 ms on WebAssembly',
    });
  });

  test('B2: does not count without float32 results', async () => {
    const verdict = await probeWebgl(source({ context: () => context({ hasFloats: false }).gl }));
    expect(verdict.isFit).toBe(false);
    expect(verdict.reason).toBe('no float32 results (EXT_color_buffer_float), as on many phones');
  });

  test('B2: does not count if it computes in half precision, whatever it says: 3.3² is not 10.88, and 1e-5 not 0', async () => {
    expect(await probeWebgl(source({ squares: (x) => half(half(x) * half(x)) }))).toMatchObject({
      isFit: false,
      reason: 'it computes in less than float32: the square of 3.3 is 10.8984',
    });
    const flushed = source({ squares: (x) => (x < 1e-4 ? 0 : x * x) });
    expect((await probeWebgl(flushed)).reason).toBe('it computes in less than float32: the square of 0.00001 is 0');
  });

  test('does not count if one element of a product is wrong', async () => {
    expect(await probeWebgl(source({ off: 1 }))).toMatchObject({
      isFit: false,
      reason: 'it multiplies matrices wrong',
    });
  });

  test('B3: does not count where there is no canvas, no context, or drawing fails; nothing is thrown', async () => {
    const none = await probeWebgl(source({ hasCanvas: false }));
    expect(none.reason).toBe('there is nothing to draw on: no OffscreenCanvas, and no document');
    expect((await probeWebgl(source({ context: () => null }))).reason).toBe('the browser gives no WebGL 2 context');
    const blocked = () => {
      throw new Error('WebGL is disabled');
    };
    expect((await probeWebgl(source({ context: blocked }))).reason).toBe('WebGL is disabled');
    const shading = () => {
      throw new Error('it cannot draw into float32 textures');
    };
    expect((await probeWebgl(source({ shading }))).reason).toBe('it cannot draw into float32 textures');
  });

  test('gets its context back when it has been looked at, since browsers have few', async () => {
    const { gl, lost } = context();
    await probeWebgl(source({ context: () => gl }));
    expect(lost.count).toBe(1);
  });
});

test('the product to beat is right, and takes some time', async () => {
  const a = Float32Array.of(1, 2, 3, 4);
  const { result, time } = await timeProduct(a, Float32Array.of(5, 6, 7, 8), 2);
  expect([...result]).toEqual([19, 22, 43, 50]);
  expect(time).toBeGreaterThanOrEqual(0);
});

test('WebGPU: software, nothing and faults are told apart, and nothing is thrown', async () => {
  const adapter = (given: object | null) => ({ requestAdapter: async () => given as never });
  expect(await probeWebgpu(undefined)).toEqual({ isFit: false, reason: 'there is no WebGPU here' });
  expect((await probeWebgpu(adapter(null))).reason).toBe('the browser gives no adapter');
  const software = { info: { isFallbackAdapter: true, vendor: 'google', architecture: 'swiftshader' } };
  expect((await probeWebgpu(adapter(software))).reason).toBe('a software renderer: google swiftshader');
  expect((await probeWebgpu(adapter({ isFallbackAdapter: true }))).reason).toBe(
    'a software renderer: a fallback adapter',
  );
  const real = { info: { isFallbackAdapter: false, vendor: 'nvidia', architecture: 'lovelace' } };
  expect(await probeWebgpu(adapter(real))).toEqual({
    isFit: true,
    reason: 'a hardware adapter',
    renderer: 'nvidia lovelace',
  });
  const broken = { requestAdapter: () => Promise.reject(new Error('blocked')) };
  expect((await probeWebgpu(broken)).reason).toBe('blocked');
});
