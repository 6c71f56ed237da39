/** Which device is chosen, and what is said of it: every way that `auto` can go, by stand-ins for what a browser has. */
import { describe, expect, test, vi } from 'vitest';
import type { Backend, Session } from '../../src/backends/backend.ts';
import { type Choices, openChosen } from '../../src/backends/choose.ts';
import type { DeviceEvent } from '../../src/backends/select.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { SaddlepointError } from '../../src/core/errors.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { sum } from '../../src/ops/reduce.ts';
import { fakeGpu } from './fakes.ts';

/** w ← w · x, where w is [n, n]: with n of 512 a step takes WebAssembly some 10 ms. */
function training(size: number): Program {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [size, size], dtype: 'f32' });
  const next = mul(matmul(w, w), builder.row('rate', { shape: [1, 1], dtype: 'f32' }));
  builder.commit('w', next);
  builder.emit('sum', sum(next));
  return builder.finish('step');
}

/** Only looks. */
function looking(size: number): Program {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [size, size], dtype: 'f32' });
  builder.emit('sum', sum(matmul(w, w)));
  return builder.finish('step');
}

const gpu: Backend = { device: 'webgl', open: (programs, options) => fakeGpu(programs, { ...options }) };

function choices(given: Partial<Choices> = {}) {
  return {
    hasSimd: true,
    probe: vi.fn(async () => ({ isFit: true, reason: 'passed' })),
    gpu: vi.fn(async () => gpu),
    ...given,
  };
}

const LARGE = [training(512)];
const SIMD = 'WebAssembly SIMD is available; webgl: ';

async function chosen(programs: readonly Program[], given: Choices, options = {}) {
  const opened = await openChosen(programs, { capacity: 2, ...options }, given);
  const { device, machine } = opened.session;
  opened.session.dispose();
  return { device, reason: opened.reason + machine.reason };
}

describe("device: 'auto'", () => {
  test('B3: is WebAssembly, with the reason, where the GPU is refused, and nothing is loaded for one', async () => {
    const given = choices({ probe: async () => ({ isFit: false, reason: 'a software renderer: SwiftShader' }) });
    expect(await chosen(LARGE, given)).toEqual({ device: 'wasm', reason: `${SIMD}a software renderer: SwiftShader` });
    expect(given.gpu).not.toHaveBeenCalled();
  });

  test.each([
    ['so small that launches dominate', [training(16)], {}, 'the steps are too short for a GPU'],
    ['none', [looking(512)], {}, 'nothing is trained'],
    [
      'for the same bits everywhere',
      LARGE,
      { deterministic: true },
      'its bits differ from machine to machine, and deterministic was asked for',
    ],
  ])('does not look for a GPU for steps that are %s', async (_, programs, options, reason) => {
    const given = choices();
    expect(await chosen(programs, given, options)).toEqual({ device: 'wasm', reason: SIMD + reason });
    expect(given.probe).not.toHaveBeenCalled();
  });

  test('B3: is WebAssembly where the packages are not installed, and says what to install', async () => {
    const missing = new SaddlepointError('option', "device 'webgl': it cannot be loaded", 'npm install the-kernels');
    const given = choices({ gpu: () => Promise.reject(missing) });
    const reason = `${SIMD}device 'webgl': it cannot be loaded; help: npm install the-kernels`;
    expect(await chosen(LARGE, given)).toEqual({ device: 'wasm', reason });
  });

  test('B2: is WebAssembly where the kernels compute in half precision', async () => {
    const half = (data: ArrayLike<number>) => Float32Array.from(data, (x) => Math.round(x * 64) / 64);
    const open: Backend['open'] = (programs, options) => fakeGpu(programs, { ...options, spoil: half });
    const given = choices({ gpu: async () => ({ device: 'webgl', open }) });
    const reason = `${SIMD}it computes in less than float32: the square of 3.3 is 10.8906`;
    expect(await chosen(LARGE, given)).toEqual({ device: 'wasm', reason });
  });

  test('is WebAssembly where the GPU cannot hold the run', async () => {
    const open: Backend['open'] = async (programs, options) => {
      if (programs[0]?.name === 'step') throw new Error('Unable to create WebGLTexture');
      return gpu.open(programs, options);
    };
    const given = choices({ gpu: async () => ({ device: 'webgl', open }) });
    expect(await chosen(LARGE, given)).toEqual({ device: 'wasm', reason: `${SIMD}Unable to create WebGLTexture` });
  });

  test('tries a GPU that is fit beside WebAssembly', async () => {
    expect(await chosen(LARGE, choices())).toEqual({ device: 'wasm', reason: 'webgl was being tried beside it' });
  });

  test('is the reference without SIMD', async () => {
    const reason = 'no WebAssembly SIMD; plain JavaScript is some hundred times slower';
    expect(await chosen([training(4)], choices({ hasSimd: false }))).toEqual({ device: 'reference', reason });
  });
});

describe('a device that is asked for', () => {
  test('is taken, whatever a probe would say, and outlives its context', async () => {
    const events: DeviceEvent[] = [];
    let sessions = 0;
    const open: Backend['open'] = (programs, options) => {
      const isFirst = sessions++ === 0;
      return fakeGpu(programs, { ...options, loses: (call) => isFirst && call === 1 });
    };
    const given = choices({ gpu: async () => ({ device: 'webgl', open }) });
    const options = { device: 'webgl', capacity: 2, onDevice: (event: DeviceEvent) => events.push(event) } as const;
    const { session, reason } = await openChosen([training(8)], options, given);
    const twin = await wasmBackend.open([training(8)], { capacity: 2 });
    const play = async (on: Session) => {
      on.write(
        'w',
        Float32Array.from({ length: 64 }, (_, i) => Math.cos(i) / 8),
      );
      on.writeRows('step', 'rate', [2, 3]);
      for (let call = 0; call < 3; call++) await on.run('step', 2);
      return on.read('w');
    };
    expect(await play(session)).toEqual(await play(twin));
    expect(events.map(({ kind, device }) => `${kind} ${device}`)).toEqual(['lost webgl', 'resumed webgl']);
    expect(reason + session.machine.reason).toBe('asked for; its context was lost once, it went on on webgl');
    expect(given.probe).not.toHaveBeenCalled();
    session.dispose();
    twin.dispose();
  });

  test('fails where it cannot be had', async () => {
    const given = choices({ gpu: () => Promise.reject(new Error('not here')) });
    await expect(openChosen(LARGE, { device: 'webgl' }, given)).rejects.toThrow('not here');
  });

  test('takes only a function as onDevice', async () => {
    const options = { device: 'webgl', onDevice: 'log' } as never;
    await expect(openChosen(LARGE, options, choices())).rejects.toThrow(
      "onDevice: expected a function of an event, got 'log'",
    );
  });
});
